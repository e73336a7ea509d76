//! What a reader asks the kernel for, counted by a tracer.

use e2e::stepping::Stepped;
use e2e::{Place, Program};
use layout::Stu;
use nix::libc;
use region::{Options, Writer};

/// Lines of output that are asked for.
const ROUNDS: usize = 20;

#[test]
fn state_age_and_wall_time_of_a_record_are_one_system_call_together() {
    for place in [Place::new(), Place::on_disk()] {
        let path = place.path("stu.region");
        let mut writer = Writer::<Stu>::open_with(&path, &Options::new()).expect("a region");
        writer.publish(&Stu::new(10, "xiaoming", 'm')).expect("a publish");

        let mut asker = Program::new("asker", env!("CARGO_BIN_EXE_asker")).command(&place);
        let mut calls = Stepped::start(asker.arg(&path).arg(ROUNDS.to_string())).system_calls();
        // The kernel answers in the process itself, except on machines that cannot.
        calls.retain(|&call| call != libc::SYS_clock_gettime);
        assert_eq!(calls, [libc::SYS_fcntl; ROUNDS], "each asks for the writer's lock");
    }
}
