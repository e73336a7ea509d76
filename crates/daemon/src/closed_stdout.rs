//! Whether standard output was closed when this process started.
//!
//! Before `main`, Rust opens `/dev/null` in place of a closed descriptor 0, 1 or 2. Every write to it
//! succeeds, and it cannot be distinguished from a `/dev/null` of the user's. So the check is earlier: the C
//! library calls the functions of the section `.init_array` before it calls `main`.
//!
//! # Safety
//! The section holds pointers to functions that the C library calls with three arguments, in the C
//! ABI, before Rust's runtime is set up. [`LOOK`] is one: the caller removes the arguments, which
//! this function does not take. It makes one system call and stores one atomic, which needs nothing of
//! `std` (that may not work before `main`), and cannot panic.
#![allow(unsafe_code)]
// A flag of this process alone, not shared with another one.
#![allow(clippy::disallowed_types)]

use core::sync::atomic::{AtomicBool, Ordering};

use rustix::io::{Errno, fcntl_getfd};
use rustix::stdio::stdout;

static WAS_CLOSED: AtomicBool = AtomicBool::new(false);

// Safe: a pointer to a function of the C ABI is what the section holds.
#[used]
#[unsafe(link_section = ".init_array")]
static LOOK: extern "C" fn() = look;

extern "C" fn look() {
    // Relaxed: no other thread runs before `main`.
    WAS_CLOSED.store(fcntl_getfd(stdout()) == Err(Errno::BADF), Ordering::Relaxed);
}

/// Whether standard output was closed when this process started.
pub(crate) fn was_closed() -> bool {
    WAS_CLOSED.load(Ordering::Relaxed)
}
