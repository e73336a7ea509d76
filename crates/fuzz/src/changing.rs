//! The file of a target, which changes while it is read: words are written, it is cut, and grows.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::OnceLock;

use rustix::fs::MemfdFlags;

use crate::image::{self, Image};

/// Numbers at the edges of the arithmetic.
const EDGES: [u64; 8] =
    [0, 1, 1 << 31, 1 << 32, (1 << 62) - 1, (1 << 63) - 1, 1 << 63, u64::MAX - 1];

/// The one file of this process, which is reused: that is the fastest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Changing {
    pub(crate) file: &'static File,
    /// Its length before anything was changed.
    len: u64,
}

impl Changing {
    /// Makes it `image`.
    pub(crate) fn of(image: &Image<'_>) -> Self {
        static FILE: OnceLock<File> = OnceLock::new();
        let file = FILE.get_or_init(|| {
            let made = rustix::fs::memfd_create("fuzz", MemfdFlags::CLOEXEC);
            File::from(made.expect("a file in memory"))
        });
        image.write_to(file);
        Self { file, len: file.metadata().expect("a file of ours").len() }
    }

    /// Writes another word somewhere in the first 512 KiB.
    pub(crate) fn poke(&self, script: &mut impl Iterator<Item = u8>) {
        let [low, high, value] = [(); 3].map(|()| script.next().unwrap_or(0));
        let at = u64::from(u16::from_le_bytes([low, high])) * 8;
        let edge = EDGES[usize::from(value) % EDGES.len()];
        let word = if value < 128 { value.into() } else { edge };
        if at + 8 <= self.len {
            self.file.write_all_at(&word.to_le_bytes(), at).expect("a file of ours");
        }
    }

    /// Leaves only the first part of it.
    pub(crate) fn cut(&self, script: &mut impl Iterator<Item = u8>) {
        let share = u64::from(script.next().unwrap_or(0));
        self.file.set_len(self.len / 256 * share).expect("a cut");
    }

    /// Makes it as long as it was, with zeros in place of what was cut off.
    pub(crate) fn grow(&self) {
        self.file.set_len(self.len).expect("a hole");
        image::mark_end(self.file, self.len);
    }
}
