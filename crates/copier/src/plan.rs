//! Which bytes are to be copied, in parts for several processes.
//!
//! Invariant: the parts are in order, do not overlap, begin and end at pages (the last one at the
//! file's end), cover every byte that is not in a hole, and none crosses a multiple of [`PART`]. A
//! file system that claims petabytes gets longer parts, not more memory.
//!
//! ```text
//!   source   |data data data data|   hole   |data|     hole     |data data da|
//!   parts    [ 8 MiB ][ 8 MiB ][..]          [..]                [ 8 MiB ][..]
//! ```

use std::fs::File;

use rustix::fs::{SeekFrom, seek};
use rustix::io::Errno;
use rustix::param::page_size;

/// A part's largest size in bytes: four huge pages, and a copy of a few milliseconds.
pub(crate) const PART: u64 = 8 << 20;

/// Some bytes of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// The first byte.
    pub(crate) at: u64,
    /// How many.
    pub(crate) len: u64,
}

/// The most parts of a file, however long it is.
const MOST_PARTS: u64 = 1 << 20;

impl Part {
    pub(crate) fn end(self) -> u64 {
        self.at + self.len
    }
}

/// The parts of `file`, which is `len` bytes long, that hold data.
pub(crate) fn parts(file: &File, len: u64) -> Result<Vec<Part>, Errno> {
    let page = page_size() as u64;
    let mut parts = Vec::new();
    let mut done = 0;
    while let Some((start, end)) = next_data(file, done, len)? {
        let start = (start / page * page).max(done);
        let end = end.checked_next_multiple_of(page).unwrap_or(len).min(len);
        split(start, end, part_of(len), &mut parts);
        done = end;
    }
    Ok(parts)
}

/// The size of a part of a file of `len` bytes: [`PART`], up to 8 TiB.
fn part_of(len: u64) -> u64 {
    PART.max((len / MOST_PARTS).next_power_of_two())
}

/// Adds `start..end`, cut at multiples of `part`.
fn split(start: u64, end: u64, part: u64, parts: &mut Vec<Part>) {
    let mut at = start;
    while at < end {
        let next = ((at / part + 1) * part).min(end);
        parts.push(Part { at, len: next - at });
        at = next;
    }
}

/// The next stretch of data from `from` on, before `len`.
fn next_data(file: &File, from: u64, len: u64) -> Result<Option<(u64, u64)>, Errno> {
    if from >= len {
        return Ok(None);
    }
    let start = match seek(file, SeekFrom::Data(from)) {
        Ok(start) => start,
        Err(Errno::NXIO) => return Ok(None),
        // A file system without SEEK_DATA: all of it is data.
        Err(Errno::INVAL | Errno::OPNOTSUPP) => return Ok(Some((from, len))),
        Err(err) => return Err(err),
    };
    let end = seek(file, SeekFrom::Hole(start))?.min(len);
    Ok((start < len).then_some((start, end)))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt;

    use super::*;

    fn parts_of(data: &[(u64, u64)], len: u64) -> Vec<Part> {
        let file = tempfile::tempfile().unwrap();
        file.set_len(len).unwrap();
        for &(at, len) in data {
            file.write_all_at(&vec![1; usize::try_from(len).unwrap()], at).unwrap();
        }
        parts(&file, len).unwrap()
    }

    #[test]
    fn a_file_of_data_is_cut_at_multiples_of_the_part() {
        let len = 2 * PART + 5;
        let expected = [(0, PART), (PART, PART), (2 * PART, 5)].map(|(at, len)| Part { at, len });
        assert_eq!(parts_of(&[(0, len)], len), expected);
    }

    #[test]
    fn holes_are_not_copied() {
        let len = 64 << 20;
        let parts = parts_of(&[(20 << 20, 10), (40 << 20, 4096)], len);
        assert!(parts.iter().map(|part| part.len).sum::<u64>() <= 2 << 20, "{parts:?}");
        for at in [20 << 20, 40 << 20] {
            assert!(parts.iter().any(|part| part.at <= at && at < part.end()), "{parts:?}");
        }
        assert_eq!(parts_of(&[], len), []);
    }

    #[test]
    fn a_length_beyond_reason_has_no_more_parts_than_fit_into_memory() {
        let mut parts = Vec::new();
        let len = u64::try_from(i64::MAX).unwrap();
        split(0, len, part_of(len), &mut parts);
        assert!(parts.len() as u64 <= MOST_PARTS, "{}", parts.len());
        assert_eq!(parts.iter().map(|part| part.len).sum::<u64>(), len);
        assert_eq!(part_of(8 << 40), PART);
    }

    #[test]
    fn parts_begin_and_end_at_pages_or_the_end_and_never_overlap() {
        let len = 3 * PART + 123;
        let parts = parts_of(&[(100, 5), (PART - 3, 10), (len - 50, 50)], len);
        let mut before = 0;
        for part in &parts {
            assert!(part.at >= before && part.at.is_multiple_of(4096), "{parts:?}");
            assert!(part.end().is_multiple_of(4096) || part.end() == len, "{parts:?}");
            assert_eq!(part.at / PART, (part.end() - 1) / PART, "{part:?}");
            before = part.end();
        }
        assert_eq!(before, len);
    }
}
