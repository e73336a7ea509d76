//! A sandbox or an old kernel refuses system calls: another call replaces them, or the error names
//! them.

use std::fs;

use e2e::{Daemon, Mount, Place, Reading, names_in, wait_until, where_refused, with_own_mounts};
use nix::errno::Errno;
use nix::libc::{SYS_fallocate, SYS_memfd_create, SYS_renameat2};

use crate::{consumer, producer};

const FAST: &str = "--region ./stu.region --tick 10ms";

/// The errors of file systems, filters and emulators that do not know a call or its flags.
const REFUSALS: [Errno; 4] = [Errno::ENOSYS, Errno::EPERM, Errno::EINVAL, Errno::EOPNOTSUPP];

fn read(place: &Place) -> Reading {
    let mut reader = consumer().start(place, "./stu.region --once --timeout 1m --format json");
    assert_eq!(reader.exit_code(), 0, "{:?}", reader.err());
    Reading::of(&reader.next_out())
}

#[test]
fn without_renameat2_a_region_is_named_by_a_link_without_leftovers() {
    for errno in REFUSALS {
        where_refused(&[SYS_renameat2], errno, || {
            let place = Place::new();
            let mut writer = producer().start(&place, FAST);
            writer.says("(created, epoch 1)");
            fs::remove_file(place.path("stu.region")).expect("removed");
            writer.says("was deleted while in use; recreated");
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
fn without_renameat2_one_of_many_simultaneous_writers_publishes() {
    where_refused(&[SYS_renameat2], Errno::ENOSYS, || {
        let place = Place::new();
        let mut rivals: Vec<_> = (0..6).map(|_| producer().start(&place, FAST)).collect();
        wait_until("five are refused", || {
            rivals.iter_mut().map(Daemon::is_running).filter(|running| !running).count() >= 5
        });
        let at = rivals.iter_mut().position(Daemon::is_running).expect("one continues");
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

#[test]
fn without_fallocate_a_region_is_filled_with_zeros() {
    for errno in [Errno::ENOSYS, Errno::EPERM, Errno::EOPNOTSUPP] {
        where_refused(&[SYS_fallocate], errno, || {
            let place = Place::new();
            let mut writer = producer().start(&place, FAST);
            writer.says("(created, epoch 1)");
            assert_eq!(read(&place).epoch, 1, "{errno}");
            writer.stop();
        });
    }
}

#[test]
fn a_refused_call_without_replacement_is_named() {
    for errno in [Errno::ENOSYS, Errno::EPERM] {
        where_refused(&[SYS_memfd_create], errno, || {
            let place = Place::new();
            let mut writer = producer().start(&place, "--memfd --ticks 1");
            assert_eq!(writer.exit_code(), 1);
            let line = writer.says("memfd:stu: memfd_create: ");
            assert!(line.ends_with("; let the sandbox (its system call filter) allow this call"));
        });
    }
}

#[test]
fn without_proc_a_memfd_cannot_be_shared_and_proc_is_named() {
    with_own_mounts(|| {
        let place = Place::new();
        let _nothing = Mount::tmpfs("/proc".into(), "mode=0755");
        let mut writer = producer().start(&place, "--memfd --ticks 1");
        assert_eq!(writer.exit_code(), 1, "{:?}", writer.err());
        writer.says("memfd:stu: reopen: No such file or directory (os error 2); mount /proc here");
        // A region with a name needs none.
        assert_eq!(producer().start(&place, "--ticks 1").exit_code(), 0);
        assert_eq!(consumer().start(&place, "stu --once").exit_code(), 0);
    });
}
