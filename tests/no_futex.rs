//! A sandbox that refuses futex: a program of its own, because the C library ends a process in which a
//! second thread waits for a lock, of its allocator for example, and may not.

use std::fs;
use std::time::Duration;

use e2e::{Place, where_refused};
use layout::Stu;
use nix::errno::Errno;
use nix::libc::SYS_futex;
use region::{Reader, Writer};

/// How often this thread has gone to sleep voluntarily.
fn sleeps() -> u64 {
    let status = fs::read_to_string("/proc/thread-self/status").expect("a status");
    let count = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    count.expect("a count").trim().parse().expect("a number")
}

#[test]
fn without_futex_a_waiting_reader_sleeps_and_gets_the_next_record() {
    for errno in [Errno::ENOSYS, Errno::EPERM] {
        where_refused(&[SYS_futex], errno, || {
            let place = Place::new();
            let path = place.path("stu.region");
            let mut writer = Writer::<Stu>::open(&path).expect("a writer");
            let mut reader = Reader::<Stu>::open(&path).expect("a reader");
            let before = sleeps();
            for _ in 0..8 {
                reader.wait(Duration::from_secs(1)).expect("a wait");
            }
            assert!(sleeps() >= before + 8, "{errno}: it spins");
            writer.publish(&Stu::new(10, "xiaoming", 'm')).expect("a publish");
            reader.wait(Duration::from_secs(1)).expect("a wait");
            assert_eq!(reader.latest().expect("a read").map(|sample| sample.id), Some(10));
        });
    }
}
