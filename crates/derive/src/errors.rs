//! The errors of one item, reported together.

use proc_macro2::Span;
use syn::{Error, Result};

/// Collects errors, so that one compilation shows all of them.
#[derive(Default)]
pub(crate) struct Errors(Option<Error>);

impl Errors {
    /// The value; an error is kept for [`finish`](Self::finish).
    pub(crate) fn keep<T>(&mut self, result: Result<T>) -> Option<T> {
        let err = match result {
            Ok(value) => return Some(value),
            Err(err) => err,
        };
        match &mut self.0 {
            Some(all) => all.combine(err),
            None => self.0 = Some(err),
        }
        None
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// All errors as one, if there are any.
    pub(crate) fn finish(self) -> Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}

/// An error at `span` that says what to write instead.
pub(crate) fn refuse<T>(span: Span, what: impl std::fmt::Display) -> Result<T> {
    Err(Error::new(span, what))
}
