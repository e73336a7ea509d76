//! A sandbox or an old kernel that refuses system calls: another way is taken, or the call is named.

use std::fs;

use e2e::{Daemon, Place, Reading, names_in, wait_until, where_refused};
use nix::errno::Errno;
use nix::libc::SYS_renameat2;

use crate::{consumer, producer};

const FAST: &str = "--region ./stu.region --tick 10ms";

/// What file systems, filters and emulators answer with that do not know a call or its flags.
const REFUSALS: [Errno; 4] = [Errno::ENOSYS, Errno::EPERM, Errno::EINVAL, Errno::EOPNOTSUPP];

fn read(place: &Place) -> Reading {
    let mut reader = consumer().start(place, "./stu.region --once --timeout 20s --format json");
    assert_eq!(reader.exit_code(), 0, "{:?}", reader.err());
    Reading::of(&reader.next_out())
}

#[test]
fn without_renameat2_a_region_gets_its_name_by_a_link_and_nothing_is_left_beside_it() {
    for errno in REFUSALS {
        where_refused(&[SYS_renameat2], errno, || {
            let place = Place::new();
            let mut writer = producer().start(&place, FAST);
            writer.says("(created, epoch 1)");
            fs::remove_file(place.path("stu.region")).expect("removed");
            writer.says("was deleted under this producer; made anew");
            assert_eq!(read(&place).epoch, 2, "{errno}");
            writer.stop();
            let mut next = producer().start(&place, FAST);
            next.says("(resumed, epoch 3");
            next.stop();
            assert_eq!(names_in(place.dir()), ["stu.region".to_owned()].into(), "{errno}");
        });
    }
}

#[test]
fn without_renameat2_of_many_writers_that_start_at_once_one_publishes() {
    where_refused(&[SYS_renameat2], Errno::ENOSYS, || {
        let place = Place::new();
        let mut rivals: Vec<_> = (0..6).map(|_| producer().start(&place, FAST)).collect();
        wait_until("five are refused", || {
            rivals.iter_mut().map(Daemon::is_running).filter(|running| !running).count() >= 5
        });
        let at = rivals.iter_mut().position(Daemon::is_running).expect("one goes on");
        let mut winner = rivals.swap_remove(at);
        winner.says("publishing");
        for mut rival in rivals {
            assert_eq!(rival.exit_code(), 1);
            rival.says("publishes here already");
        }
        winner.stop();
        assert_eq!(names_in(place.dir()), ["stu.region".to_owned()].into());
    });
}
