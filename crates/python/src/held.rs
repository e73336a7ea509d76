//! What a handle owns, for one thread at a time.
//!
//! Invariant: taking it never waits. The interpreter's lock makes the lock free, unless another thread
//! sleeps in the handle, or did so when this process was forked.

use crate::error;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use std::sync::{Mutex, MutexGuard, TryLockError};

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
            Err(TryLockError::WouldBlock) => Err(PyRuntimeError::new_err(format!(
                "another thread waits in this {}; open one for each thread and forked process",
                self.what
            ))),
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
