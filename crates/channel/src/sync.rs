//! The only file of the crate that names atomics: each ordering line of the protocol, by its name.
//!
//! Invariant: readers use nothing but relaxed loads and acquire fences. std promises no more than
//! that on a read-only page; an acquire load or a read-modify-write there may be a fault.
//!
//! Under `cfg(loom)` the same names are loom's. Under `cfg(mutant = "W1")`, and so on, that one line
//! is weakened and a model must fail; `cargo xtask loom` sees to it. No build of the product sets
//! either. What the protocol decides, as against how it orders, is in `choice.rs`.
//!
//! ```text
//!   writer                                reader
//!   W0  stamp := writing(n)               n := head                 (latest only)
//!   W1  release fence                     R0  acquire fence         (latest only)
//!   W2  published_at, words               stamp = complete(n)?
//!   W3  stamp := complete(n), release     R1  acquire fence
//!   W4  head := n, release                copy published_at, words
//!   W5  in this order                     R2  acquire fence
//!   T1  take-over looks past head         R3  stamp unchanged?
//!
//!   pairs: W0-R3, W1-R2, W2-R3, W3-R1, W4-R0, W5-R0, T1-R1
//! ```
//!
//! Price: on x86-64 every fence here is a compiler barrier and every store a plain store.

// clippy.toml forbids these types everywhere else, so that an ordering cannot slip in unnamed.
#![allow(clippy::disallowed_types)]

#[cfg(not(loom))]
mod imp {
    pub(crate) use core::hint::spin_loop;
    pub(crate) use core::sync::atomic::fence;
    pub(crate) type Atomic = core::sync::atomic::AtomicU64;
    pub(crate) type Order = core::sync::atomic::Ordering;
}
#[cfg(loom)]
mod imp {
    pub(crate) use loom::hint::spin_loop;
    pub(crate) use loom::sync::atomic::fence;
    pub(crate) type Atomic = loom::sync::atomic::AtomicU64;
    pub(crate) type Order = loom::sync::atomic::Ordering;
}
use imp::Order;

/// One shared word: core's atomic, or loom's when the models run.
pub type AtomicU64 = imp::Atomic;

/// A relaxed load: what it may see is decided by the fences around it.
#[inline]
pub(crate) fn load(cell: &AtomicU64) -> u64 {
    cell.load(Order::Relaxed)
}

/// A relaxed store: when it may be seen is decided by W1 and W3.
#[inline]
pub(crate) fn store(cell: &AtomicU64, value: u64) {
    cell.store(value, Order::Relaxed);
}

/// SYNC W0: the slot says that n is being written before a word of it changes. Pairs with R3.
#[inline]
pub(crate) fn store_writing_w0(stamp: &AtomicU64, value: u64) {
    if !cfg!(mutant = "W0") {
        store(stamp, value);
    }
}

/// SYNC W1: no word of record n is seen before the stamp that says n is being written. Pairs with R2.
///
/// A release *store* of the stamp would not do: it orders what came before it, not the words after.
#[inline]
pub(crate) fn fence_w1() {
    if !cfg!(mutant = "W1") {
        imp::fence(Order::Release);
    }
}

/// SYNC W2: the words change only between `writing` and `complete`. Pairs with R3.
#[inline]
pub(crate) fn words_before_complete_w2(words: impl FnOnce(), complete: impl FnOnce()) {
    if cfg!(mutant = "W2") {
        complete();
        words();
    } else {
        words();
        complete();
    }
}

/// SYNC W3: who sees `complete(n)` sees the words of n. Pairs with R1.
#[inline]
pub(crate) fn store_stamp_w3(stamp: &AtomicU64, value: u64) {
    stamp.store(value, if cfg!(mutant = "W3") { Order::Relaxed } else { Order::Release });
}

/// SYNC W4: who sees head n sees `complete(n)` or a newer stamp in its slot. Pairs with R0.
#[inline]
pub(crate) fn store_head_w4(head: &AtomicU64, value: u64) {
    head.store(value, if cfg!(mutant = "W4") { Order::Relaxed } else { Order::Release });
}

/// SYNC W5: head names n only once n is complete. Pairs with R0.
#[inline]
pub(crate) fn complete_before_head_w5(complete: impl FnOnce(), head: impl FnOnce()) {
    if cfg!(mutant = "W5") {
        head();
        complete();
    } else {
        complete();
        head();
    }
}

/// SYNC R0: the slot that head names is looked at after head. Pairs with W4.
#[inline]
pub(crate) fn fence_r0() {
    if !cfg!(mutant = "R0") {
        imp::fence(Order::Acquire);
    }
}

/// SYNC R1: the words are copied after the stamp was found complete. Pairs with W3.
#[inline]
pub(crate) fn fence_r1() {
    if !cfg!(mutant = "R1") {
        imp::fence(Order::Acquire);
    }
}

/// SYNC R2: a word of a newer record brings that record's `writing` stamp with it. Pairs with W1.
///
/// An acquire *load* of the stamp would not do: it orders what comes after it, not the copy before.
#[inline]
pub(crate) fn fence_r2() {
    if !cfg!(mutant = "R2") {
        imp::fence(Order::Acquire);
    }
}

/// SYNC R3: the copy counts only if the stamp is still the one found before it. Pairs with W2.
#[inline]
pub(crate) fn unchanged_r3(stamp: &AtomicU64, before: u64) -> bool {
    cfg!(mutant = "R3") || load(stamp) == before
}

/// SYNC T1: a record that was completed but not yet named by head may have been read already, so
/// the next writer keeps it and its number. Pairs with R1 of `next`.
#[inline]
pub(crate) fn keeps_unannounced_t1(complete: bool) -> bool {
    !cfg!(mutant = "T1") && complete
}

/// Between two attempts of a reader that was lapped.
#[inline]
pub(crate) fn relax() {
    imp::spin_loop();
}
