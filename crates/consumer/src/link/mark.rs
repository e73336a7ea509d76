//! Which file a path names, and how long it is: to notice that it was cut short in place.
//!
//! A region reports a cut by itself when it is read. This tells it without reading, and for a bare
//! file, in which a cut inside a page only makes bytes zero.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    device: u64,
    inode: u64,
    len: u64,
}

impl Mark {
    /// The file at `path` as it is now; `None` if it cannot be looked at.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let meta = path.symlink_metadata().ok()?;
        Some(Self { device: meta.dev(), inode: meta.ino(), len: meta.len() })
    }

    /// Is `now` the same file, but shorter?
    pub(super) fn was_cut(self, now: Self) -> bool {
        self.device == now.device && self.inode == now.inode && now.len < self.len
    }
}

#[cfg(test)]
mod tests {
    use super::Mark;

    #[test]
    fn only_the_same_file_that_is_shorter_was_cut() {
        let mark = Mark { device: 1, inode: 2, len: 100 };
        assert!(mark.was_cut(Mark { len: 99, ..mark }));
        assert!(!mark.was_cut(mark));
        assert!(!mark.was_cut(Mark { len: 101, ..mark }));
        assert!(!mark.was_cut(Mark { inode: 3, len: 1, ..mark }));
        assert!(!mark.was_cut(Mark { device: 3, len: 1, ..mark }));
    }
}
