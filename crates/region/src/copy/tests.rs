//! Every loop copies every length from and to every place in a cache line.

use super::*;

/// Bytes that differ from their neighbours, and from those one line away.
fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| u8::try_from(i % 251).expect("below 251")).collect()
}

fn cells(len: usize) -> Vec<AtomicU64> {
    (0..len.div_ceil(WORD)).map(|_| AtomicU64::new(u64::MAX)).collect()
}

/// The bytes of some cells.
fn bytes(cells: Vec<AtomicU64>) -> Vec<u8> {
    cells.into_iter().flat_map(|cell| cell.into_inner().to_le_bytes()).collect()
}

#[test]
fn every_length_is_copied_in_and_out() {
    for len in 0..=8193 {
        let (from, cells) = (pattern(len), cells(len));
        into(&cells, &from);
        let mut to = vec![0; len];
        out(&cells, &mut to);
        assert_eq!(from, to, "{len} bytes");
        let rest = bytes(cells).split_off(len);
        assert_eq!(rest, vec![0; rest.len()], "{len} bytes: the last word is padded with zeros");
    }
}

#[test]
fn copies_by_words_and_by_vectors_agree() {
    for len in (0..=600).chain([1000, 4096, 65537]) {
        let from = pattern(len);
        let (by_words, by_vectors) = (cells(len), cells(len));
        channel::words_in(&by_words, &from);
        into(&by_vectors, &from);
        let mut to = vec![0; len];
        out(&by_words, &mut to);
        assert_eq!(from, to, "{len} bytes in by words");
        channel::words_out(&by_vectors, &mut to);
        assert_eq!(from, to, "{len} bytes out by words");
    }
}

#[test]
fn across_leaves_the_rest_and_says_how_many_bytes_it_copied() {
    for words in [0, 1, 32, 33, 35, 512] {
        let (from, to) = (cells(0), cells(0));
        assert_eq!(across(&from, &to), 0);
        let (from, to) = (cells(words * WORD), cells(0));
        let to: Vec<_> = to.into_iter().chain((0..words).map(|_| AtomicU64::new(0))).collect();
        let copied = across(&from, &to);
        assert!(copied < words * WORD || words == 0, "the last word is the caller's");
        assert!(words < 33 || cfg!(not(target_arch = "x86_64")) || copied == (words - 1) * WORD);
        let (done, left) = (vec![0xff; copied], vec![0; words * WORD - copied]);
        assert_eq!(bytes(to), [done, left].concat(), "{words} words");
    }
}

#[cfg(target_arch = "x86_64")]
mod x86_64 {
    use super::*;

    type Copy = unsafe fn(*const u8, *mut u8, usize);

    /// The loops that this processor has.
    fn loops() -> impl Iterator<Item = (&'static str, Copy)> {
        let by_64 = is_x86_feature_detected!("avx512f").then_some(("64", copy_by_64 as Copy));
        let by_32 = is_x86_feature_detected!("avx").then_some(("32", copy_by_32 as Copy));
        [by_64, by_32, Some(("16", copy_by_16 as Copy))].into_iter().flatten()
    }

    /// Copies `len` bytes between two places in a line, and returns what lies around the copy too.
    fn copied(copy: Copy, at: (usize, usize), len: usize) -> Vec<u8> {
        const LINE: usize = 64;
        let from = pattern(LINE + len);
        let mut to = vec![0xee; 2 * LINE + len];
        let first = to.as_ptr().align_offset(LINE) + at.1;
        let part = &mut to[first..first + len];
        // SAFETY: both are `len` bytes long, at least four vectors, and apart; the processor has what the
        // loop needs.
        unsafe { copy(from[at.0..][..len].as_ptr(), part.as_mut_ptr(), len) };
        assert_eq!(part, &from[at.0..][..len]);
        to.drain(first..first + len);
        to
    }

    #[test]
    fn every_loop_copies_every_length_from_and_to_every_place_in_a_line() {
        for (name, copy) in loops() {
            for len in (LARGE..LARGE + 260).chain([4096, 4097, 8193]) {
                for at in (0..64).step_by(3).flat_map(|from| [(from, 16), (0, from), (from, from)])
                {
                    let around = copied(copy, at, len);
                    assert!(around.iter().all(|byte| *byte == 0xee), "by {name}: {at:?}, {len}");
                }
            }
        }
    }

    #[test]
    fn every_register_that_a_loop_changes_is_named() {
        // A build for AVX may inline the loop among values that live in those registers.
        let source = include_str!("../copy.rs");
        for (of, first, last) in [("zmm", 16, 19), ("ymm", 0, 15), ("xmm", 0, 3)] {
            let list = source.rsplit_once(&format!("[\"{of}{first}\" ")).expect("a list").1;
            let list = list.split_once(']').expect("its end").0;
            for register in first + 1..=last {
                assert!(list.contains(&format!("\"{of}{register}\"")), "{of}{register} is missing");
            }
        }
    }
}
