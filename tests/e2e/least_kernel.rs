//! Linux 3.15 is enough: newer calls are replaced, or their absence is named.
//!
//! An old kernel returns `ENOSYS` for a call that it does not know, a container's filter often
//! `EPERM`. `sandbox.rs` tests single calls in detail.

use std::path::Path;

use e2e::{Place, names_in, where_refused};
use nix::errno::Errno;
use nix::libc::{
    SYS_clone3, SYS_close_range, SYS_copy_file_range, SYS_eventfd2, SYS_fallocate, SYS_getrandom,
    SYS_inotify_add_watch, SYS_inotify_init1, SYS_madvise, SYS_memfd_create, SYS_openat2,
    SYS_pidfd_open, SYS_renameat2, SYS_statx, c_long,
};

use region::Notifier;

use crate::{consumer, copier, producer};

/// Calls that are newer than Linux 3.15 (it has renameat2, but for no file system), or that filters
/// often refuse. `madvise` is older, but the advice used came with 4.14 and 5.14.
const NEWER: [c_long; 13] = [
    SYS_renameat2,
    SYS_getrandom,
    SYS_memfd_create,
    SYS_copy_file_range,
    SYS_statx,
    SYS_pidfd_open,
    SYS_openat2,
    SYS_close_range,
    SYS_madvise,
    SYS_fallocate,
    SYS_inotify_init1,
    SYS_inotify_add_watch,
    SYS_eventfd2,
];

const FAST: &str = "--region ./stu.region --tick 10ms";

/// A region, a follower, and a standby that takes over.
fn live_and_die(place: &Place) {
    let mut writer = producer().start(place, FAST);
    writer.says("(created, epoch 1)");
    let mut follower = consumer().start(place, "./stu.region --follow --format json");
    follower.out_line("a record", |line| line.contains("\"epoch\":1,"));
    let mut standby = producer().start(place, &format!("{FAST} --standby"));
    standby.says("waiting to take over");
    writer.kill9();
    standby.says("(resumed, epoch 2, after record");
    follower.out_line("the next writer's", |line| line.contains("\"epoch\":2,"));
    standby.stop();
    follower.says(": closed: ");
    follower.stop();
    assert_eq!(names_in(place.dir()), ["stu.region".to_owned()].into());
}

#[test]
fn a_writer_its_standby_and_its_readers_need_no_call_newer_than_linux_3_15() {
    let unknown = [&NEWER[..], &[SYS_clone3]].concat();
    // Not clone3: without it the C library starts no threads.
    for (calls, errno) in [(&unknown[..], Errno::ENOSYS), (&NEWER, Errno::EPERM)] {
        // Removed where no call is refused.
        let place = Place::new();
        where_refused(calls, errno, || live_and_die(&place));
    }
}

#[test]
fn a_copy_needs_no_call_newer_than_linux_3_15() {
    for errno in [Errno::ENOSYS, Errno::EPERM] {
        let place = Place::new();
        where_refused(&NEWER, errno, || {
            let bytes = vec![7; 3 << 20];
            place.write("source", &bytes);
            let mut copy = copier().start(&place, "source copy --verify");
            assert_eq!(copy.exit_code(), 0, "{errno}: {:?}", copy.err());
            assert!(std::fs::read(place.path("copy")).expect("the copy") == bytes, "{errno}");
        });
    }
}

#[test]
fn a_notifier_names_the_call_that_it_cannot_do_without() {
    for errno in [Errno::ENOSYS, Errno::EPERM] {
        where_refused(&[SYS_eventfd2], errno, || {
            let error = Notifier::awaiting(Path::new("/none.region")).expect_err("no eventfd");
            assert!(error.to_string().starts_with("/none.region: eventfd: "), "{error}");
        });
    }
}
