//! The state word of the writer line.

/// The state that the writer declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u64)]
pub enum StateWord {
    /// Never written, or the page was replaced by zeros.
    Invalid = 0,
    /// A writer has the region open, or died while it had.
    Live = 1,
    /// The last writer closed the region; another may follow.
    Closed = 2,
    /// No more records will be published in this file; another one takes its name.
    Retired = 3,
}

impl StateWord {
    /// The word in the file.
    pub const fn code(self) -> u64 {
        self as u64
    }

    /// The state of the word `code`; every unknown word is [`Invalid`](Self::Invalid).
    pub const fn from_code(code: u64) -> Self {
        match code {
            1 => Self::Live,
            2 => Self::Closed,
            3 => Self::Retired,
            _ => Self::Invalid,
        }
    }
}
