//! The system calls of a reader, counted by a tracer.

use e2e::stepping::{Stepped, Traced};
use e2e::{Place, Program};
use layout::Stu;
use nix::libc;
use region::{Options, Writer};

use crate::consumer;

/// Lines of output.
const ROUNDS: usize = 20;

#[test]
fn state_age_and_wall_time_of_a_record_are_one_system_call_together() {
    for place in [Place::new(), Place::on_disk()] {
        let path = place.path("stu.region");
        let mut writer = Writer::<Stu>::open_with(&path, &Options::new()).expect("a region");
        writer.publish(&Stu::new(10, "xiaoming", 'm')).expect("a publish");

        let mut asker = Program::new("asker", env!("CARGO_BIN_EXE_asker")).command(&place);
        let mut calls = Stepped::start(asker.arg(&path).arg(ROUNDS.to_string())).system_calls();
        // The vDSO reads the clock without a system call, except on some machines.
        calls.retain(|&call| call != libc::SYS_clock_gettime);
        assert_eq!(calls, [libc::SYS_fcntl; ROUNDS], "each asks for the writer's lock");
    }
}

#[test]
fn a_follower_makes_three_system_calls_for_each_line() {
    let place = Place::new();
    let path = place.path("x.region");
    let mut writer = Writer::<Stu>::open_with(&path, &Options::new()).expect("a region");
    let mut publish = || writer.publish(&Stu::new(10, "xiaoming", 'm')).expect("a publish");
    publish();
    let mut follower = consumer().start(&place, "./x.region --follow");
    follower.next_out();
    let mut traced = Traced::attach(follower.pid());
    let waits = [libc::SYS_futex, libc::SYS_restart_syscall];
    while !waits.contains(&traced.next_call()) {}
    for _ in 0..ROUNDS {
        publish();
        let mut calls: Vec<_> = std::iter::repeat_with(|| traced.next_call())
            .take_while(|call| !waits.contains(call))
            .collect();
        // It checks the writer's lock and the region's name four times a second, and a slow tracer
        // can make each line take that long.
        let looks =
            [libc::SYS_fcntl, libc::SYS_newfstatat, libc::SYS_statx, libc::SYS_clock_gettime];
        calls.retain(|call| !looks.contains(call));
        assert_eq!(calls, [libc::SYS_ppoll, libc::SYS_write]);
    }
}
