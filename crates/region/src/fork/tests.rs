//! Children that are forked at any state of their parent, and what they have of its files.

use super::*;
use crate::file;
use crate::file_id::FileId;
use crate::mapping::Access;
use crate::{DynReader, DynWriter};
use layout::{Record, Stu};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

#[test]
fn a_place_is_used_again_and_there_are_as_many_as_needed() {
    let open = || OwnFile::open(Path::new("x"), || Ok(tempfile::tempfile().unwrap())).unwrap();
    let many: Vec<OwnFile> = (0..100).map(|_| open()).collect();
    let count = || all_places().count();
    let before = count();
    assert!(before >= 4);
    let numbers: Vec<i32> = many.iter().map(|own| own.place.load(Ordering::Relaxed)).collect();
    assert!(many.iter().zip(&numbers).all(|(own, number)| own.as_raw_fd() == *number));
    drop(many);
    let again: Vec<OwnFile> = (0..100).map(|_| open()).collect();
    assert!(count() <= before + 1, "other tests may hold some");
    again[0].set_len(1).unwrap();
}

/// Opens a writer and a reader in `dir`, closes both, and returns whether they worked.
fn publishes(dir: &Path, name: &str) -> bool {
    let path = dir.join(name);
    let mut writer = DynWriter::open(&path, &Stu::schema()).unwrap();
    let mut reader = DynReader::open(&path).unwrap();
    writer.publish(&[7; 28]).unwrap();
    reader.latest(&mut [0; 28]).is_ok_and(|found| found.is_some())
}

/// Does this child exit with 0 before the deadline?
pub(crate) fn ends_well(child: libc::pid_t) -> bool {
    let child = nix::unistd::Pid::from_raw(child);
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    loop {
        match nix::sys::wait::waitpid(child, Some(nix::sys::wait::WaitPidFlag::WNOHANG)) {
            Ok(nix::sys::wait::WaitStatus::StillAlive) => {}
            ended => return ended == Ok(nix::sys::wait::WaitStatus::Exited(child, 0)),
        }
        if std::time::Instant::now() > deadline {
            nix::sys::signal::kill(child, nix::sys::signal::Signal::SIGKILL).unwrap();
            return false;
        }
        std::thread::sleep(Duration::from_micros(100));
    }
}

#[test]
fn a_child_can_publish_at_any_state_of_its_parents_threads() {
    let _children = crate::sigbus::tests::with_children();
    let (dir, done) = (tempfile::tempdir().unwrap(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for name in ["a", "b", "c"] {
            let (dir, done) = (dir.path(), &done);
            scope.spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    assert!(publishes(dir, name));
                }
            });
        }
        let all = (0..300).all(|_| in_a_child(|| publishes(dir.path(), "child")));
        done.store(true, Ordering::Relaxed);
        assert!(all, "a child waits for what no thread of its own holds");
    });
}

#[test]
fn the_owner_is_this_process_in_each_of_its_threads() {
    let open = || OwnFile::open(Path::new("x"), || Ok(tempfile::tempfile().unwrap())).unwrap();
    let (here, there) = (open(), std::thread::spawn(open).join().unwrap());
    assert_eq!(here.owner.generation, there.owner.generation);
    assert!(here.is_here() && there.is_here());
}

/// Runs `act` in a forked child; is it true there?
pub(crate) fn in_a_child(act: impl FnOnce() -> bool) -> bool {
    // SAFETY: the child allocates, which glibc allows, calls this crate, and ends.
    let child = unsafe { libc::fork() };
    if child == 0 {
        // A panic ends here, not in the harness, which waits for threads that are not in the child.
        let code = i32::from(!catch_unwind(AssertUnwindSafe(act)).unwrap_or(false));
        // SAFETY: ends the process without running what its parent registered.
        unsafe { libc::_exit(code) };
    }
    ends_well(child)
}

#[test]
fn a_child_that_has_no_descriptor_left_does_not_keep_its_parents_file() {
    let _children = crate::sigbus::tests::with_children();
    assert!(in_a_child(|| {
        let own = OwnFile::open(Path::new("x"), || Ok(tempfile::tempfile().unwrap())).unwrap();
        let of_the_parent = FileId::of(&own).unwrap();
        let limit = Rlimit {
            current: Some(u64::from(own.as_raw_fd().cast_unsigned()) + 1),
            ..getrlimit(Resource::Nofile)
        };
        setrlimit(Resource::Nofile, limit).unwrap();
        let full: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
        let is_another = in_a_child(|| FileId::of(&own).unwrap() != of_the_parent);
        drop(full);
        is_another && FileId::of(&own).unwrap() == of_the_parent
    }));
}

#[test]
fn a_file_is_opened_once_more_after_the_end_of_the_main_thread() {
    let _children = crate::sigbus::tests::with_children();
    assert!(in_a_child(|| {
        let file = tempfile::tempfile().unwrap();
        std::thread::spawn(move || {
            let seen = format!("/proc/self/fd/{}", file.as_raw_fd());
            while std::fs::read_link(&seen).is_ok() {
                std::thread::sleep(Duration::from_millis(1));
            }
            let code = i32::from(file::open_again(&file, Access::Write).is_err());
            // SAFETY: ends the process without running what its parent registered.
            unsafe { libc::_exit(code) };
        });
        // SAFETY: ends this thread alone, as `pthread_exit` does; it holds nothing that the other one needs.
        unsafe { libc::syscall(libc::SYS_exit, 0) };
        false
    }));
}
