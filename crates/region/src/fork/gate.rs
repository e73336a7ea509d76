//! Lets in one thread at a time: to open or close an [`OwnFile`](super::OwnFile), to change what the
//! guard watches, or to fork.
//!
//! Not a mutex: a child is born inside, and its copy of a mutex would stay locked. A child may even be
//! born while another thread of its parent is inside: before the handlers of `fork` are registered, or
//! by a raw `clone`. That thread does not exist in the child, which therefore takes what another
//! process holds.

use rustix::process::getpid;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

/// The process whose thread is inside.
static INSIDE: AtomicI32 = AtomicI32::new(NOBODY);

const NOBODY: i32 = 0;

/// The right to be inside, until it is dropped.
pub(crate) struct Gate;

impl Gate {
    pub(crate) fn enter() -> Self {
        let here = getpid().as_raw_pid();
        let enter_after =
            |last| INSIDE.compare_exchange(last, here, Ordering::Acquire, Ordering::Relaxed);
        while let Err(inside) = enter_after(NOBODY) {
            if inside == here {
                std::thread::sleep(Duration::from_micros(20));
            } else if enter_after(inside).is_ok() {
                break;
            }
        }
        Self
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        INSIDE.store(NOBODY, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_without_handlers_is_not_kept_out_by_a_thread_of_its_parent() {
        let _children = crate::sigbus::tests::with_children();
        let inside = Gate::enter();
        let nothing = std::ptr::null_mut::<libc::c_void>();
        // SAFETY: a raw `clone` like `fork`, which runs no handlers. The child enters the gate, which
        // needs no memory, and ends.
        let child = unsafe {
            libc::syscall(libc::SYS_clone, libc::SIGCHLD, nothing, nothing, nothing, nothing)
        };
        if child == 0 {
            drop(Gate::enter());
            // SAFETY: ends the process without running what its parent registered.
            unsafe { libc::_exit(0) };
        }
        drop(inside);
        assert!(super::super::tests::ends_well(i32::try_from(child).unwrap()));
    }
}
