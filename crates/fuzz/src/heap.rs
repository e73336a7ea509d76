//! The heap of a fuzzing process: counted, and limited while a target runs.
//!
//! Invariant: a target that wants more than its limit at once ends the process, with the size it
//! asked for in the message ("memory allocation of N bytes failed").
//!
//! Price: two atomic additions for each allocation. The limit is the process's, not the thread's:
//! one target at a time.

use std::alloc::System;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Mutex, Once, PoisonError};

use cap::Cap;

#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

static ALONE: Mutex<()> = Mutex::new(());

/// Runs `work`, which may have `most` bytes more in use than there are now.
///
/// # Panics
/// If `work` does. If it wants more, the process ends.
pub fn limited(most: usize, work: impl FnOnce()) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    lift_at_a_panic();
    let limit = HEAP.allocated().saturating_add(most);
    HEAP.set_limit(limit).expect("above what is allocated");
    let ended = panic::catch_unwind(AssertUnwindSafe(work));
    HEAP.set_limit(usize::MAX).expect("no limit");
    if let Err(panic) = ended {
        panic::resume_unwind(panic);
    }
}

/// A message needs memory too, and a backtrace a lot: refused there, the process would hang.
fn lift_at_a_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let former = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let _ = HEAP.set_limit(usize::MAX);
            former(info);
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::{HEAP, limited};

    #[test]
    fn more_than_the_limit_is_refused_and_what_was_in_use_before_does_not_count() {
        let before = vec![1_u8; 1 << 20];
        limited(1 << 16, || {
            let fits = Vec::<u8>::new().try_reserve_exact(1 << 15);
            let too_much = Vec::<u8>::new().try_reserve_exact(1 << 17);
            assert!(fits.is_ok() && too_much.is_err());
        });
        assert_eq!(HEAP.limit(), usize::MAX);
        assert_eq!(before.len(), 1 << 20);
    }

    #[test]
    fn a_panic_may_say_what_it_has_to_say() {
        let said = std::panic::catch_unwind(|| limited(1 << 16, || panic!("{}", "x".repeat(0))));
        assert!(said.is_err());
        assert_eq!(HEAP.limit(), usize::MAX);
    }
}
