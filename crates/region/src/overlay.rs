//! Two files of one identity: one in a lower layer of overlayfs, and its copy in the upper one.
//!
//! The first writer that opens a file of a lower layer gets a copy. The copy has the name, device
//! and inode number of the file that readers have already mapped, so comparing these cannot detect
//! the replacement. Comparing the contents does, once the writer has started: the file at the path
//! is compared with the mapped one.
//!
//! Price: a file opened and `len` bytes read; nothing on any other file system.

use crate::address::Address;
use channel::AtomicU64;
use std::os::unix::fs::FileExt;

/// Whether `address` leads to a file whose first `len` bytes differ from those mapped as `words`.
///
/// A file that cannot be read counts as the same: the next refresh looks again.
pub(crate) fn is_other(address: &Address, words: &[AtomicU64], len: usize) -> bool {
    let mapped = || {
        let mut bytes = vec![0; len];
        channel::words_out(words, &mut bytes);
        bytes
    };
    let before = mapped();
    let mut named = vec![0; len];
    let read = address.open_to_read().map(|file| file.read_exact_at(&mut named, 0));
    // A writer that changes this very file meanwhile changes what is mapped, too.
    matches!(read, Ok(Ok(()))) && named != before && before == mapped()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_file_of_other_bytes_is_another_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let address = Address::from(path.as_path());
        let words = [AtomicU64::new(1), AtomicU64::new(2)];
        assert!(!is_other(&address, &words, 16), "nothing is there");
        for (content, is_another) in [([1_u64, 2], false), ([1, 3], true), ([0, 2], true)] {
            std::fs::write(&path, content.map(u64::to_le_bytes).concat()).unwrap();
            assert_eq!(is_other(&address, &words, 16), is_another, "{content:?}");
        }
        std::fs::write(&path, 7_u64.to_le_bytes()).unwrap();
        assert!(!is_other(&address, &words, 16), "too short to be told");
    }
}
