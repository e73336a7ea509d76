//! The text of an expression, and how far it is parsed.

use core::ops::Range;

use layout::text::quote;

use crate::error::QueryError;
use crate::word::word_end;

/// A place in a text.
#[derive(Debug)]
pub(crate) struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// How far it is parsed, in bytes.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// This part of the text.
    pub(crate) fn between(&self, part: Range<usize>) -> &'t str {
        &self.text[part]
    }

    pub(crate) fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    pub(crate) fn rest_after_blanks(&self) -> &'t str {
        self.rest().trim_start()
    }

    /// Passes blanks, and returns where the next word or sign begins.
    pub(crate) fn skip_blanks(&mut self) -> usize {
        self.at = self.text.len() - self.rest_after_blanks().len();
        self.at
    }

    /// Passes `len` bytes.
    pub(crate) fn skip(&mut self, len: usize) {
        self.at += len;
    }

    /// Passes `sign`, if it is next.
    pub(crate) fn take(&mut self, sign: &str) -> bool {
        self.skip_blanks();
        let is_next = self.rest().starts_with(sign);
        self.at += if is_next { sign.len() } else { 0 };
        is_next
    }

    /// Passes `word`, if all of the next word is that.
    pub(crate) fn take_word(&mut self, word: &str) -> bool {
        let rest = self.rest_after_blanks();
        rest[..word_end(rest)] == *word && self.take(word)
    }

    /// Whether `word` is next, and what is behind it can only follow an operand.
    pub(crate) fn is_operand(&self, word: &str) -> bool {
        let Some(rest) = self.rest_after_blanks().strip_prefix(word) else { return false };
        let rest = rest.trim_start();
        let next = &rest[..word_end(rest)];
        matches!(next, "and" | "or") || next.is_empty() && !rest.starts_with(['(', '"', '\''])
    }

    pub(crate) fn expect(&mut self, sign: &'static str) -> Result<(), QueryError> {
        if self.take(sign) { Ok(()) } else { Err(self.unexpected(sign)) }
    }

    pub(crate) fn expect_end(&mut self, or: &str) -> Result<(), QueryError> {
        if self.rest_after_blanks().is_empty() { Ok(()) } else { Err(self.unexpected(or)) }
    }

    /// The error for what is next, where `want` should be.
    pub(crate) fn unexpected(&mut self, want: &str) -> QueryError {
        self.skip_blanks();
        let rest = self.rest();
        let found = if rest.is_empty() { "the end".to_owned() } else { quote(rest) };
        let why = format!("expected {want}, found {found}; correct the expression");
        QueryError::new(self.at, why)
    }
}
