//! What a handle owns, for one thread at a time.
//!
//! Invariant: taking it never waits. The interpreter's lock makes the lock free, unless another thread
//! sleeps in the handle, or did so when this process was forked.

use crate::error;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

/// Two calls use one handle.
fn in_use(what: &str) -> PyErr {
    let next = "open one for each thread and forked process";
    let by = "by another thread or by the call that a signal handler interrupted";
    PyRuntimeError::new_err(format!("this {what} is in use, {by}; {next}"))
}

/// Whether a thread is in a handle that it leaves to sleep. Read and written under the interpreter's lock.
#[derive(Debug, Default)]
pub(crate) struct Turn(Mutex<bool>);

impl Turn {
    /// The turn of this thread, until it is dropped; an error if it is another's.
    pub(crate) fn take(&self, what: &str) -> PyResult<Taken<'_>> {
        let mut is_taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::replace(&mut *is_taken, true) { Err(in_use(what)) } else { Ok(Taken(self)) }
    }
}

/// The turn of a thread.
pub(crate) struct Taken<'t>(&'t Turn);

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = false;
    }
}

/// `None`: it is closed.
#[derive(Debug)]
pub(crate) struct Held<T> {
    inner: Mutex<Option<T>>,
    /// For messages: "reader", "writer", ...
    what: &'static str,
}

impl<T> Held<T> {
    pub(crate) const fn new(what: &'static str, inner: T) -> Self {
        Self { inner: Mutex::new(Some(inner)), what }
    }

    fn lock(&self) -> PyResult<MutexGuard<'_, Option<T>>> {
        match self.inner.try_lock() {
            Ok(guard) => Ok(guard),
            // A panic has become an exception; what is held is as whole as the library leaves it.
            Err(TryLockError::Poisoned(poisoned)) => Ok(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => Err(in_use(self.what)),
        }
    }

    /// Calls `with` with what is held.
    #[inline]
    pub(crate) fn with<R>(&self, with: impl FnOnce(&mut T) -> PyResult<R>) -> PyResult<R> {
        match self.lock()?.as_mut() {
            Some(inner) => with(inner),
            None => Err(error::closed(self.what)),
        }
    }

    /// Drops what is held, if it is not closed yet.
    pub(crate) fn close(&self) -> PyResult<()> {
        let inner = self.lock()?.take();
        drop(inner);
        Ok(())
    }

    /// Calls `with` with what is held; `None` if it is closed or in use.
    pub(crate) fn peek<R>(&self, with: impl FnOnce(&T) -> R) -> Option<R> {
        self.lock().ok()?.as_ref().map(with)
    }
}
