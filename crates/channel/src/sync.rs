//! The only file of the crate that uses atomics: loads, stores and fences, core's or loom's.
//!
//! Invariant: readers use nothing but relaxed loads and acquire fences. std promises no more than
//! that on a read-only page; an acquire load or a read-modify-write there may fault. Each release
//! store and each fence has a `SYNC` comment that names it, and `cargo xtask loom` weakens each of
//! those lines in turn in a copy of this crate: a model must fail.
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
//!   C1  before, since, current (release)   C2, C3  around the one that is asked for
//!
//!   pairs: W0-R3, W1-R2, W2-R3, W3-R1, W4-R0, W5-R0, T1-R1, C1-C2, C1-C3
//!   of instances: I1-I2, G0-G4, G1-G4, G2-G3, T3-R1        (changes.rs, names.rs, instances.rs)
//! ```
//!
//! Price: on x86-64 every fence here is a compiler barrier and every store a plain store.

// clippy.toml forbids these types everywhere else, so that every ordering has a name.
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

/// A relaxed load: the fences around it order it.
#[inline]
pub(crate) fn load(cell: &AtomicU64) -> u64 {
    cell.load(Order::Relaxed)
}

/// A relaxed store.
#[inline]
pub(crate) fn store(cell: &AtomicU64, value: u64) {
    cell.store(value, Order::Relaxed);
}

/// A release store: a reader that sees it sees everything stored before it.
#[inline]
pub(crate) fn store_release(cell: &AtomicU64, value: u64) {
    cell.store(value, Order::Release);
}

/// Stores after it are not visible before those that precede it.
#[inline]
pub(crate) fn release_fence() {
    imp::fence(Order::Release);
}

/// Loads after it are not performed before those that precede it.
#[inline]
pub(crate) fn acquire_fence() {
    imp::fence(Order::Acquire);
}

/// A pause between two attempts of a lapped reader.
#[inline]
pub(crate) fn relax() {
    imp::spin_loop();
}
