//! Why a name or an expression was refused.

/// Why a text was refused, and what to do about it. Displays as one line without the place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    at: usize,
    message: String,
}

impl QueryError {
    pub(crate) fn new(at: usize, message: impl Into<String>) -> Self {
        Self { at, message: message.into() }
    }

    /// Where in the text, in bytes from its start.
    pub const fn at(&self) -> usize {
        self.at
    }

    /// The same error in a text in which this one begins at byte `start`.
    pub(crate) fn behind(self, start: usize) -> Self {
        Self { at: self.at + start, ..self }
    }
}
