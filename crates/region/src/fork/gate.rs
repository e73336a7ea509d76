//! Lets in one thread at a time: to open or close an [`OwnFile`](super::OwnFile), to change what the
//! guard watches, or to fork.
//!
//! Not a mutex: a child is born inside, and its copy of a mutex would stay locked. A child may even be
//! born while another thread of its parent is inside: before the handlers of `fork` are registered, or
//! by a raw `clone`. That thread does not exist in the child, which therefore takes what another
//! process holds.

use rustix::process::getpid;
use rustix::thread::gettid;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// The thread that is inside, as [`here`] has it.
static INSIDE: AtomicU64 = AtomicU64::new(NO_THREAD);

const NO_THREAD: u64 = 0;

/// How often the thread inside has entered to fork while it was inside: in a signal handler, or because the handlers
/// are registered twice.
static AGAIN: AtomicU32 = AtomicU32::new(0);

/// This process and its calling thread.
fn here() -> u64 {
    let number = |pid: rustix::process::Pid| u64::from(pid.as_raw_pid().unsigned_abs());
    number(getpid()) << 32 | number(gettid())
}

/// The right to be inside, until it is dropped.
pub(crate) struct Gate;

impl Gate {
    pub(crate) fn enter() -> Self {
        let here = here();
        let enter_after =
            |last| INSIDE.compare_exchange(last, here, Ordering::Acquire, Ordering::Relaxed);
        while let Err(inside) = enter_after(NO_THREAD) {
            if inside >> 32 == here >> 32 {
                std::thread::sleep(Duration::from_micros(20));
            } else if enter_after(inside).is_ok() {
                break;
            }
        }
        // A child may have been born while a thread of its parent was inside again.
        AGAIN.store(0, Ordering::Relaxed);
        Self
    }

    /// Enters, and stays until [`leave_after_fork`](Self::leave_after_fork), which the child calls, too.
    pub(super) fn enter_to_fork() {
        if INSIDE.load(Ordering::Relaxed) == here() {
            AGAIN.fetch_add(1, Ordering::Relaxed);
        } else {
            std::mem::forget(Self::enter());
        }
    }

    pub(super) fn leave_after_fork() {
        if AGAIN.load(Ordering::Relaxed) == 0 {
            drop(Self);
        } else {
            AGAIN.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        INSIDE.store(NO_THREAD, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{ends_well, in_a_child};
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
        assert!(ends_well(i32::try_from(child).unwrap()));
    }

    #[test]
    fn a_thread_that_is_inside_can_fork_and_is_inside_afterwards() {
        let _children = crate::sigbus::tests::with_children();
        assert!(in_a_child(|| {
            let _gate = super::super::gate().unwrap();
            in_a_child(|| true) && INSIDE.load(Ordering::Relaxed) == here()
        }));
    }
}
