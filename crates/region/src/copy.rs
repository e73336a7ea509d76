//! Copies of large records between shared words and private bytes, opaque to the compiler.
//!
//! A record in shared memory may change while it is copied; the stamp says afterwards whether it
//! did. In Rust's words such a copy must be made of atomic accesses. Relaxed word copies are, but
//! the compiler may not widen them: 4 KiB take over twice as long as `memcpy`. Inline assembly is
//! outside the language's memory model: what it does to the bytes is what the machine does, and
//! x86-64 keeps loads in order with loads and stores in order with stores (Intel SDM volume 3,
//! 8.2.2), which is all that the fences of `channel` ask of the hardware there.
//!
//! ```text
//!   to   ...|......|......|.. ... ..|......|...     aligned to a vector
//!        aaaa                                       the first vector, wherever it lies
//!            bbbbbbbbbbbbbb ... bbbb                four aligned stores a round
//!                              cccccccccccccc       the last four, wherever they lie
//! ```
//!
//! A store that crosses a cache line costs two, and a record begins 16 bytes after a line: so stores
//! are aligned, and loads lie as they come. Bytes where two parts meet are copied twice.
//!
//! | the processor has | a vector is |
//! |---|---|
//! | AVX-512 VBMI2 (Ice Lake, Zen 4 and later) | 64 bytes |
//! | AVX | 32 bytes |
//! | neither | 16 bytes |
//!
//! The first processors with AVX-512 lower their clock for 64-byte moves; those with VBMI2 do not.
//! `rep movsb` is not used: the SDM (8.2.4) lets the stores of a fast string operation become
//! visible out of order, so it would need an argument of its own.
//!
//! Price: unsafe code for one architecture; on others every record is copied by words. A look at
//! what the processor has, a load and a comparison, for each copy.
//!
//! # Safety
//! All copies get slices, so source and destination are valid for their whole length; lengths
//! are compared before the first byte moves.
#![allow(unsafe_code)]

use channel::AtomicU64;

/// Records of at least this many bytes are copied by assembly. Below it, words are as fast.
pub(crate) const LARGE: usize = 256;

const WORD: usize = size_of::<u64>();

/// How many of `len` bytes are copied by assembly: all whole words, if it is a large record.
const fn by_vectors(len: usize) -> usize {
    if cfg!(target_arch = "x86_64") && len >= LARGE { len / WORD * WORD } else { 0 }
}

/// Asks the processor what it has, so that no copy has to.
pub(crate) fn detect() {
    #[cfg(target_arch = "x86_64")]
    let _ = is_x86_feature_detected!("avx");
}

/// Copies the first `to.len()` bytes of `cells` out. The cells hold at least as many.
pub(crate) fn out(cells: &[AtomicU64], to: &mut [u8]) {
    let (whole, rest) = to.split_at_mut(by_vectors(to.len()));
    let (from, tail) = cells.split_at(whole.len() / WORD);
    // SAFETY: `from` and `whole` are equally long, and they do not overlap: `whole` is behind an
    // exclusive reference.
    unsafe { copy(from.as_ptr().cast(), whole.as_mut_ptr(), whole.len()) };
    channel::words_out(tail, rest);
}

/// Copies `from` into the first bytes of `cells`, which hold at least as many.
pub(crate) fn into(cells: &[AtomicU64], from: &[u8]) {
    let (whole, rest) = from.split_at(by_vectors(from.len()));
    let (to, tail) = cells.split_at(whole.len() / WORD);
    // SAFETY: `whole` and `to` are equally long; the cells may be written through a shared
    // reference because they are atomics, in a writable mapping because only a writer copies in;
    // private bytes do not overlap a mapping.
    unsafe { copy(whole.as_ptr(), to.as_ptr().cast_mut().cast(), whole.len()) };
    channel::words_in(tail, rest);
}

/// Copies as much as assembly does from one mapping to another; returns the number of bytes copied.
/// The rest is the caller's, and so is the last word, which may reach past what it shares.
///
/// # Panics
/// If the lengths differ.
pub(crate) fn across(from: &[AtomicU64], to: &[AtomicU64]) -> usize {
    assert_eq!(from.len(), to.len(), "two mappings of different length");
    let len = by_vectors(size_of_val(from).saturating_sub(WORD));
    // SAFETY: both are at least `len` bytes long; `to` may be written through a shared reference
    // because it is made of atomics, in a writable mapping because `Mapping::copy_from` is the only
    // caller. Should they overlap (two maps of the same file), no answer is promised.
    unsafe { copy(from.as_ptr().cast(), to.as_ptr().cast_mut().cast(), len) };
    len
}

/// Copies `len` bytes with the widest vectors that this processor moves at full speed.
///
/// # Safety
/// `from` is readable and `to` writable for `len` bytes, which are 0 or at least [`LARGE`], and they
/// do not overlap. Other processes may change the shared side meanwhile.
#[cfg(target_arch = "x86_64")]
#[inline]
unsafe fn copy(from: *const u8, to: *mut u8, len: usize) {
    if len == 0 {
        return;
    }
    if is_x86_feature_detected!("avx512vbmi2") {
        // SAFETY: the caller's promise, and the processor has AVX-512.
        unsafe { copy_by_64(from, to, len) }
    } else if is_x86_feature_detected!("avx") {
        // SAFETY: the caller's promise, and the processor has AVX.
        unsafe { copy_by_32(from, to, len) }
    } else {
        // SAFETY: the caller's promise; every x86-64 has SSE2.
        unsafe { copy_by_16(from, to, len) }
    }
}

/// There is nothing to copy: see [`by_vectors`].
///
/// # Safety
/// None is needed.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
unsafe fn copy(_from: *const u8, _to: *mut u8, _len: usize) {}

/// A copy by vectors of one width: `$mov` moves one, by registers `$a` to `$d`; `$end` is the last
/// instruction; `$changed` are the registers that all of it changes.
#[cfg(target_arch = "x86_64")]
macro_rules! copy_by {
    ($name:ident, $width:tt, $feature:tt, $mov:tt, [$a:tt $b:tt $c:tt $d:tt], $end:tt, [$($changed:tt)*]) => {
        /// # Safety
        /// As [`copy`], of at least four vectors, on a processor that has the feature.
        #[target_feature(enable = $feature)]
        unsafe fn $name(from: *const u8, to: *mut u8, len: usize) {
            let aligned = $width - to.addr() % $width;
            // SAFETY:
            // - the first move covers bytes 0 to one vector, and `aligned` is at most one; a round at
            //   `at`, below `len` less four vectors, ends below `len`; the last four end at it; so
            //   all lie in the `len` bytes of each pointer that the caller vouches for;
            // - it leaves the stack alone, and every register it changes is an output.
            unsafe {
                std::arch::asm!(
                    concat!($mov, " ", $a, ", [{from}]"),
                    concat!($mov, " [{to}], ", $a),
                    "cmp {at}, {last}",
                    "jae 3f",
                    "2:",
                    concat!($mov, " ", $a, ", [{from} + {at}]"),
                    concat!($mov, " ", $b, ", [{from} + {at} + ", $width, "]"),
                    concat!($mov, " ", $c, ", [{from} + {at} + 2 * ", $width, "]"),
                    concat!($mov, " ", $d, ", [{from} + {at} + 3 * ", $width, "]"),
                    concat!($mov, " [{to} + {at}], ", $a),
                    concat!($mov, " [{to} + {at} + ", $width, "], ", $b),
                    concat!($mov, " [{to} + {at} + 2 * ", $width, "], ", $c),
                    concat!($mov, " [{to} + {at} + 3 * ", $width, "], ", $d),
                    concat!("add {at}, 4 * ", $width),
                    "cmp {at}, {last}",
                    "jb 2b",
                    "3:",
                    concat!($mov, " ", $a, ", [{from} + {last}]"),
                    concat!($mov, " ", $b, ", [{from} + {last} + ", $width, "]"),
                    concat!($mov, " ", $c, ", [{from} + {last} + 2 * ", $width, "]"),
                    concat!($mov, " ", $d, ", [{from} + {last} + 3 * ", $width, "]"),
                    concat!($mov, " [{to} + {last}], ", $a),
                    concat!($mov, " [{to} + {last} + ", $width, "], ", $b),
                    concat!($mov, " [{to} + {last} + 2 * ", $width, "], ", $c),
                    concat!($mov, " [{to} + {last} + 3 * ", $width, "], ", $d),
                    $end,
                    from = in(reg) from,
                    to = in(reg) to,
                    last = in(reg) len - 4 * $width,
                    at = inout(reg) aligned => _,
                    $(out($changed) _,)*
                    options(nostack),
                );
            }
        }
    };
}

// Registers 16 to 31 have no half that an older instruction would have to preserve, so nothing has to be
// cleared at the end. `vzeroupper` clears the upper half of all sixteen that AVX knows.
#[cfg(target_arch = "x86_64")]
copy_by!(copy_by_64, 64, "avx512f", "vmovdqu64", ["zmm16" "zmm17" "zmm18" "zmm19"], "",
    ["zmm16" "zmm17" "zmm18" "zmm19"]);
#[cfg(target_arch = "x86_64")]
copy_by!(copy_by_32, 32, "avx", "vmovups", ["ymm0" "ymm1" "ymm2" "ymm3"], "vzeroupper",
    ["ymm0" "ymm1" "ymm2" "ymm3" "ymm4" "ymm5" "ymm6" "ymm7"
     "ymm8" "ymm9" "ymm10" "ymm11" "ymm12" "ymm13" "ymm14" "ymm15"]);
#[cfg(target_arch = "x86_64")]
copy_by!(copy_by_16, 16, "sse2", "movups", ["xmm0" "xmm1" "xmm2" "xmm3"], "",
    ["xmm0" "xmm1" "xmm2" "xmm3"]);

#[cfg(test)]
mod tests;
