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
    use std::sync::{Mutex, PoisonError};

    use super::{HEAP, limited};

    /// The limit is the process's: it is one test's at a time, and has room for what other threads take meanwhile.
    static ALONE: Mutex<()> = Mutex::new(());
    const LIMIT: usize = 64 << 20;

    #[test]
    fn more_than_the_limit_is_refused_and_what_was_in_use_before_does_not_count() {
        let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let before = Vec::<u8>::with_capacity(2 * LIMIT);
        limited(LIMIT, || {
            let fits = Vec::<u8>::new().try_reserve_exact(LIMIT / 2);
            let too_much = Vec::<u8>::new().try_reserve_exact(2 * LIMIT);
            assert!(fits.is_ok() && too_much.is_err());
        });
        assert_eq!(HEAP.limit(), usize::MAX);
        assert_eq!(before.capacity(), 2 * LIMIT);
    }

    #[test]
    fn a_panic_may_say_what_it_has_to_say() {
        let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let said = std::panic::catch_unwind(|| limited(LIMIT, || panic!("{}", "x".repeat(0))));
        assert!(said.is_err());
        assert_eq!(HEAP.limit(), usize::MAX);
    }
}
