//! Whether standard input and output were closed when this process started.
//!
//! Before `main`, Rust opens `/dev/null` in place of a closed descriptor 0, 1 or 2. Every write to it
//! succeeds, a read is at its end, and it cannot be distinguished from a `/dev/null` of the user's. So the check
//! is earlier: the C library calls the functions of the section `.init_array` before it calls `main`.
//!
//! # Safety
//! The section holds pointers to functions that the C library calls with three arguments, in the C
//! ABI, before Rust's runtime is set up. [`LOOK`] is one: the caller removes the arguments, which
//! this function does not take. It makes two system calls and stores two atomics, which needs nothing of
//! `std` (that may not work before `main`), and cannot panic.
#![allow(unsafe_code)]
// Flags of this process alone, not shared with another one.
#![allow(clippy::disallowed_types)]

use core::sync::atomic::{AtomicBool, Ordering};
use std::os::fd::BorrowedFd;

use rustix::io::{Errno, fcntl_getfd};
use rustix::stdio;

static INPUT: AtomicBool = AtomicBool::new(false);
static OUTPUT: AtomicBool = AtomicBool::new(false);

// Safe: a pointer to a function of the C ABI is what the section holds.
#[used]
#[unsafe(link_section = ".init_array")]
static LOOK: extern "C" fn() = look;

extern "C" fn look() {
    // Relaxed: no other thread runs before `main`.
    INPUT.store(is_closed(stdio::stdin()), Ordering::Relaxed);
    OUTPUT.store(is_closed(stdio::stdout()), Ordering::Relaxed);
}

fn is_closed(stream: BorrowedFd<'_>) -> bool {
    fcntl_getfd(stream) == Err(Errno::BADF)
}

/// Whether standard input was closed when this process started. Reading it then is not an error: it is at its
/// end.
pub fn stdin_was_closed() -> bool {
    INPUT.load(Ordering::Relaxed)
}

/// Whether standard output was closed when this process started.
pub(crate) fn stdout_was_closed() -> bool {
    OUTPUT.load(Ordering::Relaxed)
}
