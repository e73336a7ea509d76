//! What the protocol decides, as against how it orders: each decision by its name.
//!
//! Invariant: nothing here touches shared memory; a decision is made from words that `sync.rs` has
//! loaded. Under `cfg(mutant = "L1")`, and so on, that one decision is made wrongly and a model must
//! fail; `cargo xtask loom` sees to it. No build of the product sets that.
//!
//! ```text
//!   latest     L1  the slot holds the record that head names     L2  zero is no record
//!              L3  else look again, from head on
//!              L4  the newest given outweighs head               L5  given by `next` counts too
//!   next       N1  the slot holds the record asked for           N2  changed meanwhile: look again
//!              N3  a later record: lapped
//!   lapped     N4  slots - 1 records are kept                    N5  at least one is gone
//!              N6  missed is counted from the number asked with
//!   take-over  T2  the record that is kept is named before the next is begun
//! ```
//!
//! Price: none. Without a mutant each is the one expression that it would be where it is called.

// Part of a read, which is inlined as a whole: see `ring.rs`.
#![allow(clippy::inline_always)]

use crate::stamp::{self, NEVER};

/// CHOICE L1: `latest` copies only from a slot that holds the record named by head, complete.
#[inline(always)]
pub(crate) fn is_it_l1(found: u64, sequence: u64) -> bool {
    cfg!(mutant = "L1") || found == stamp::complete(sequence)
}

/// CHOICE L2: a stamp of zero says that nothing was published; it is not record zero.
#[inline(always)]
pub(crate) fn is_nothing_l2(found: u64) -> bool {
    !cfg!(mutant = "L2") && found == NEVER
}

/// CHOICE L3: a look that failed because the slot was used again is repeated, from head on.
#[inline(always)]
pub(crate) fn gives_up_l3() -> bool {
    cfg!(mutant = "L3")
}

/// CHOICE L4: a record given before is newer than a head that does not name it yet.
#[inline(always)]
pub(crate) fn newest_l4(head: u64, seen: u64) -> u64 {
    if cfg!(mutant = "L4") { head } else { head.max(seen) }
}

/// CHOICE L5: what `next` gave is remembered for `latest`.
#[inline(always)]
pub(crate) fn newest_given_l5(seen: u64, given: u64) -> u64 {
    if cfg!(mutant = "L5") { seen } else { seen.max(given) }
}

/// CHOICE N1: `next` copies only from a slot that holds the record asked for, complete.
#[inline(always)]
pub(crate) fn is_it_n1(found: u64, sequence: u64) -> bool {
    cfg!(mutant = "N1") || found == stamp::complete(sequence)
}

/// CHOICE N2: a record that was there and changed under the copy is not pending: look again.
#[inline(always)]
pub(crate) fn gives_up_n2() -> bool {
    cfg!(mutant = "N2")
}

/// CHOICE N3: the stamp of a later record, complete or not, says that the one asked for is gone.
#[inline(always)]
pub(crate) fn is_past_n3(found: u64, sequence: u64) -> bool {
    !cfg!(mutant = "N3") && stamp::is_past(found, sequence)
}

/// CHOICE N4: of the records up to head, slots - 1 are kept, and reading goes on with their oldest.
#[inline(always)]
pub(crate) fn before_the_kept_n4(head: u64, mask: u32) -> u64 {
    if cfg!(mutant = "N4") { head } else { head.saturating_sub(u64::from(mask)) }
}

/// CHOICE N5: the record asked for is gone, also if head was looked at too early to say so.
#[inline(always)]
pub(crate) fn at_least_one_on_n5(oldest: u64, asked_for: u64) -> u64 {
    if cfg!(mutant = "N5") { oldest } else { oldest.max(asked_for) }
}

/// CHOICE N6: what is reported missed is exactly what is passed over.
#[inline(always)]
pub(crate) fn missed_n6(resume_after: u64, after: u64) -> u64 {
    let missed = resume_after.wrapping_sub(after);
    if cfg!(mutant = "N6") { missed.saturating_sub(1) } else { missed }
}

/// CHOICE T2: a record that a take-over keeps is named by head before the next one is begun. If
/// two were unnamed, the look that T1 takes would find only the first.
#[inline(always)]
pub(crate) fn names_it_first_t2(announce: impl FnOnce()) {
    if !cfg!(mutant = "T2") {
        announce();
    }
}
