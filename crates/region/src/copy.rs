//! Copies of large records between shared words and private bytes, opaque to the compiler.
//!
//! A record in shared memory may change while it is copied; the stamp says afterwards whether it
//! did. In Rust's words such a copy must be made of atomic accesses. Relaxed word copies are, but
//! the compiler may not widen them: 4 KiB take over twice as long as `memcpy`. Inline assembly is
//! outside the language's memory model: what it does to the bytes is what the machine does, and
//! x86-64 keeps loads in order with loads and stores in order with stores (Intel SDM volume 3,
//! 8.2.2), which is all that the fences of `channel` ask of the hardware there.
//!
//! `rep movsb` is not used: the SDM (8.2.4) lets the stores of a fast string operation become
//! visible out of order, so it would need an argument of its own. Plain vector loops do not, and
//! measure the same here.
//!
//! Price: unsafe code for one architecture; on others every record is copied by words.
//!
//! # Safety
//! Both copies get slices, so source and destination are valid for their whole length; lengths
//! are compared before the first byte moves.
#![allow(unsafe_code)]

use channel::AtomicU64;

/// Records of at least this many bytes are copied by assembly. Below it, words are as fast.
pub(crate) const LARGE: usize = 256;

/// Bytes that one round of the assembly moves; the rest goes by words.
const ROUND: usize = 128;

/// How many of `len` bytes are whole rounds.
const fn in_rounds(len: usize) -> usize {
    if cfg!(target_arch = "x86_64") { len / ROUND * ROUND } else { 0 }
}

/// Copies the first `to.len()` bytes of `cells` out. The cells hold at least as many.
pub(crate) fn out(cells: &[AtomicU64], to: &mut [u8]) {
    let (whole, rest) = to.split_at_mut(in_rounds(to.len()));
    let (from, tail) = cells.split_at(whole.len() / size_of::<u64>());
    // SAFETY: `from` and `whole` are equally long, `whole.len()` is a number of whole rounds, and
    // they do not overlap: `whole` is behind an exclusive reference.
    unsafe { copy_rounds(from.as_ptr().cast(), whole.as_mut_ptr(), whole.len()) };
    channel::words_out(tail, rest);
}

/// Copies `from` into the first bytes of `cells`, which hold at least as many.
pub(crate) fn into(cells: &[AtomicU64], from: &[u8]) {
    let (whole, rest) = from.split_at(in_rounds(from.len()));
    let (to, tail) = cells.split_at(whole.len() / size_of::<u64>());
    // SAFETY: `whole` and `to` are equally long, a number of whole rounds; the cells may be
    // written through a shared reference because they are atomics, in a writable mapping because
    // only a writer copies in; private bytes do not overlap a mapping.
    unsafe { copy_rounds(whole.as_ptr(), to.as_ptr().cast_mut().cast(), whole.len()) };
    channel::words_in(tail, rest);
}

/// Copies whole rounds from one mapping to another; returns the number of bytes copied. The
/// rest, less than a round, is the caller's.
///
/// # Panics
/// If the lengths differ.
pub(crate) fn across(from: &[AtomicU64], to: &[AtomicU64]) -> usize {
    assert_eq!(from.len(), to.len(), "two mappings of different length");
    let len = in_rounds(size_of_val(from));
    // SAFETY: both are at least `len` bytes long, a number of whole rounds; `to` may be written
    // through a shared reference because it is made of atomics, in a writable mapping because
    // `Mapping::copy_from` is the only caller. Should they overlap (two maps of the same file), every round
    // is loaded whole before it is stored, and no answer is promised.
    unsafe { copy_rounds(from.as_ptr().cast(), to.as_ptr().cast_mut().cast(), len) };
    len
}

/// Copies `len` bytes, in ascending order, with the widest plain moves this processor has.
///
/// # Safety
/// `from` is readable and `to` writable for `len` bytes, a multiple of [`ROUND`], and they do not
/// overlap. Other processes may change the shared side meanwhile.
#[cfg(target_arch = "x86_64")]
#[inline]
unsafe fn copy_rounds(from: *const u8, to: *mut u8, len: usize) {
    if is_x86_feature_detected!("avx") {
        // SAFETY: the caller's promise, and the processor has AVX.
        unsafe { copy_rounds_avx(from, to, len) }
    } else {
        // SAFETY: the caller's promise; every x86-64 has SSE2.
        unsafe { copy_rounds_sse2(from, to, len) }
    }
}

/// There are no whole rounds to copy: see [`in_rounds`].
///
/// # Safety
/// None is needed.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
unsafe fn copy_rounds(_from: *const u8, _to: *mut u8, _len: usize) {}

/// # Safety
/// As [`copy_rounds`], on a processor with AVX.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx")]
unsafe fn copy_rounds_avx(from: *const u8, to: *mut u8, len: usize) {
    // SAFETY: the loop reads and writes `len` bytes from each pointer, which the caller vouches
    // for; it leaves the stack alone, and every register it changes is an output: the loop uses
    // four, `vzeroupper` clears the upper half of all sixteen.
    unsafe {
        std::arch::asm!(
            "test {len}, {len}",
            "jz 3f",
            "2:",
            "vmovups ymm0, [{from}]",
            "vmovups ymm1, [{from} + 32]",
            "vmovups ymm2, [{from} + 64]",
            "vmovups ymm3, [{from} + 96]",
            "vmovups [{to}], ymm0",
            "vmovups [{to} + 32], ymm1",
            "vmovups [{to} + 64], ymm2",
            "vmovups [{to} + 96], ymm3",
            "add {from}, 128",
            "add {to}, 128",
            "sub {len}, 128",
            "jnz 2b",
            "vzeroupper",
            "3:",
            from = inout(reg) from => _,
            to = inout(reg) to => _,
            len = inout(reg) len => _,
            out("ymm0") _, out("ymm1") _, out("ymm2") _, out("ymm3") _,
            out("ymm4") _, out("ymm5") _, out("ymm6") _, out("ymm7") _,
            out("ymm8") _, out("ymm9") _, out("ymm10") _, out("ymm11") _,
            out("ymm12") _, out("ymm13") _, out("ymm14") _, out("ymm15") _,
            options(nostack),
        );
    }
}

/// # Safety
/// As [`copy_rounds`].
#[cfg(target_arch = "x86_64")]
unsafe fn copy_rounds_sse2(from: *const u8, to: *mut u8, len: usize) {
    // SAFETY: as in `copy_rounds_avx`.
    unsafe {
        std::arch::asm!(
            "test {len}, {len}",
            "jz 3f",
            "2:",
            "movups {a}, [{from}]",
            "movups {b}, [{from} + 16]",
            "movups {c}, [{from} + 32]",
            "movups {d}, [{from} + 48]",
            "movups [{to}], {a}",
            "movups [{to} + 16], {b}",
            "movups [{to} + 32], {c}",
            "movups [{to} + 48], {d}",
            "add {from}, 64",
            "add {to}, 64",
            "sub {len}, 64",
            "jnz 2b",
            "3:",
            from = inout(reg) from => _,
            to = inout(reg) to => _,
            len = inout(reg) len => _,
            a = out(xmm_reg) _,
            b = out(xmm_reg) _,
            c = out(xmm_reg) _,
            d = out(xmm_reg) _,
            options(nostack),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What both loops must do, at every length around a round.
    #[test]
    fn both_loops_copy_every_length_in_and_out() {
        for len in (0..=3 * ROUND + 9).chain([4096, 65536]) {
            let from: Vec<u8> = (0..len).map(|i| u8::try_from(i % 251).unwrap()).collect();
            let cells: Vec<AtomicU64> =
                (0..len.div_ceil(8)).map(|_| AtomicU64::new(u64::MAX)).collect();
            into(&cells, &from);
            let mut to = vec![0; len];
            out(&cells, &mut to);
            assert_eq!(from, to, "{len} bytes");
        }
    }

    #[test]
    fn across_copies_whole_rounds_and_says_how_many_bytes() {
        let cells = |value: u64| (0..35).map(|i| AtomicU64::new(i * value)).collect::<Vec<_>>();
        let (from, to) = (cells(3), cells(0));
        let words = if cfg!(target_arch = "x86_64") { 32 } else { 0 };
        assert_eq!(across(&from, &to), words * size_of::<u64>());
        let values: Vec<u64> = to.into_iter().map(AtomicU64::into_inner).collect();
        assert_eq!(values[..words], (0..35).map(|i| i * 3).collect::<Vec<u64>>()[..words]);
        assert_eq!(values[words..], vec![0; 35 - words]);
    }

    #[test]
    fn copies_by_words_and_by_loops_agree() {
        for len in [LARGE, 1000, 4096, 65537] {
            let from: Vec<u8> = (0..len).map(|i| u8::try_from(i % 251).unwrap()).collect();
            let cells: Vec<AtomicU64> = (0..len.div_ceil(8)).map(|_| AtomicU64::new(0)).collect();
            let mut to = vec![0; len];
            channel::words_in(&cells, &from);
            out(&cells, &mut to);
            assert_eq!(from, to, "{len} bytes in by words");
            to.fill(0);
            into(&cells, &from);
            channel::words_out(&cells, &mut to);
            assert_eq!(from, to, "{len} bytes out by words");
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn the_sse2_loop_copies_as_the_avx_loop_does() {
        let from: Vec<u8> = (0..=255).collect();
        let mut to = vec![0_u8; 256];
        // SAFETY: both are 256 bytes long and apart.
        unsafe { copy_rounds_sse2(from.as_ptr(), to.as_mut_ptr(), 256) };
        assert_eq!(from, to);
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn every_register_that_the_avx_loop_changes_is_named() {
        // A build for AVX may inline the loop among values that live in those registers.
        let source = include_str!("copy.rs");
        let (_, avx) = source.split_once("unsafe fn copy_rounds_avx").unwrap();
        let (avx, _) = avx.split_once("options(nostack)").unwrap();
        assert!(avx.contains("vzeroupper"));
        for register in 0..16 {
            let output = format!("out(\"ymm{register}\") _");
            assert!(avx.contains(&output), "{output} is missing");
        }
    }
}
