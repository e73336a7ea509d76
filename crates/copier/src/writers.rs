//! Whether any process had a file open or mapped for writing at any moment of a copy.
//!
//! ```text
//!   since_now   watch for the end of writers, and for truncate(2), which opens nothing (inotify)
//!               a read lease is granted: no process has the file open or mapped for writing
//!      ...      who opens it for writing now has it open at the end, or has closed it
//!   until_now   a read lease is granted: none has it open
//!               no event has come: none has closed it
//! ```
//!
//! A mapping keeps its file open after its descriptor is closed, so the kernel reports the end of the mapping. It reports
//! it before it grants the next lease (`__fput` in `fs/file_table.c`).
//!
//! On overlayfs a mapping keeps a file of a layer open, and not this one. So the answer is known on the
//! file systems of [`MAP_THEIR_OWN_FILES`] only.

use std::fs::File;
use std::os::fd::{AsRawFd, OwnedFd};

use rustix::fs::{FsWord, inotify};
use rustix::io::Errno;

/// `statfs(2)` types of ext2 to ext4, xfs, btrfs, f2fs, tmpfs and ramfs.
const MAP_THEIR_OWN_FILES: [FsWord; 6] =
    [0xEF53, 0x5846_5342, 0x9123_683E, 0xF2F5_2010, 0x0102_1994, 0x8584_58F6];

/// Evidence that no process had a file open for writing when it was made.
#[derive(Debug)]
pub(crate) struct NoWriter {
    ends: OwnedFd,
}

impl NoWriter {
    /// `None` if some process has `file` open for writing, or if that cannot be known.
    pub(crate) fn since_now(file: &File) -> Option<Self> {
        if !is_what_it_maps(file) {
            return None;
        }
        let flags = inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK;
        let ends = inotify::init(flags).ok()?;
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        let what = inotify::WatchFlags::CLOSE_WRITE | inotify::WatchFlags::MODIFY;
        inotify::add_watch(&ends, path, what).ok()?;
        has_none(file).then_some(Self { ends })
    }

    /// Whether none had it open for writing until now. `false` if that cannot be known.
    pub(crate) fn until_now(&self, file: &File) -> bool {
        has_none(file) && matches!(rustix::io::read(&self.ends, &mut [0; 512]), Err(Errno::AGAIN))
    }
}

/// Whether a mapping of `file` is one of the same file for the kernel.
fn is_what_it_maps(file: &File) -> bool {
    rustix::fs::fstatfs(file).is_ok_and(|fs| MAP_THEIR_OWN_FILES.contains(&fs.f_type))
}

fn has_none(file: &File) -> bool {
    region::is_open_for_writing(file).is_ok_and(|is_open| !is_open)
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::sync::atomic::Ordering::Relaxed;

    use region::internal::{Access, Mapping};

    use super::*;

    /// A file of a page, and whether the answer is known for it.
    fn file_in(dir: &Path) -> (tempfile::TempDir, PathBuf, bool) {
        let dir = tempfile::tempdir_in(dir).unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, [0; 4096]).unwrap();
        let is_known = is_what_it_maps(&File::open(&path).unwrap());
        // A user has a limited number of them.
        let is_known = is_known && inotify::init(inotify::CreateFlags::CLOEXEC).is_ok();
        (dir, path, is_known)
    }

    #[test]
    fn a_writer_at_any_moment_is_noticed_whatever_it_does() {
        for dir in ["/dev/shm".as_ref(), std::env::temp_dir().as_path()] {
            let (_dir, path, is_known) = file_in(dir);
            let file = File::open(&path).unwrap();
            let open = || File::options().read(true).write(true).open(&path).unwrap();
            // Its descriptor is closed.
            let map = || Mapping::new(&open(), 4096, Access::Write).unwrap();
            let none_during = |act: &dyn Fn()| {
                let none = NoWriter::since_now(&file);
                act();
                none.is_some_and(|none| none.until_now(&file))
            };
            let read = || drop((std::fs::read(&path).unwrap(), File::open(&path).unwrap()));
            assert_eq!(none_during(&read), is_known, "readers alone");
            assert!(!none_during(&|| drop(open())));
            // On tmpfs a load makes the page ready for stores, which then change no time stamp.
            let load_and_store = || {
                let mapped = map();
                let word = &mapped.words()[0];
                word.store(word.load(Relaxed) + 1, Relaxed);
            };
            assert!(!none_during(&load_and_store), "mapped and unmapped");
            let mapped = map();
            assert!(!none_during(&|| ()), "mapped all the time");
            assert!(!none_during(&|| drop(map())), "mapped twice");
            drop(mapped);
            assert_eq!(none_during(&read), is_known, "what was before is forgotten");
            let late = std::cell::OnceCell::new();
            assert!(!none_during(&|| drop(late.set(map()))), "mapped until after the end");
        }
    }
}
