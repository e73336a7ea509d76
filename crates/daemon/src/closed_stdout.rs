//! Whether standard output was closed when this process started.
//!
//! Before `main`, Rust opens `/dev/null` in place of a closed descriptor 0, 1 or 2. Every write to it
//! succeeds, and nothing tells it from a `/dev/null` of the user's. So this looks earlier: the C
//! library calls the functions of the section `.init_array` before it calls `main`.
//!
//! # Safety
//! The section holds pointers to functions that the C library calls with three arguments, in the C
//! ABI, before Rust's runtime is set up. [`LOOK`] is one: the caller removes the arguments, which
//! this function does not take. It makes one system call and stores a `bool`, which needs no runtime,
//! and cannot panic.
#![allow(unsafe_code)]

use std::sync::OnceLock;

use rustix::io::{Errno, fcntl_getfd};
use rustix::stdio::stdout;

static WAS_CLOSED: OnceLock<bool> = OnceLock::new();

// Safe: a pointer to a function of the C ABI is what the section holds.
#[used]
#[unsafe(link_section = ".init_array")]
static LOOK: extern "C" fn() = look;

extern "C" fn look() {
    let _ = WAS_CLOSED.set(matches!(fcntl_getfd(stdout()), Err(Errno::BADF)));
}

/// Whether standard output was closed when this process started.
pub(crate) fn was_closed() -> bool {
    WAS_CLOSED.get() == Some(&true)
}
