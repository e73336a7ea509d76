//! A value in so many columns of a terminal.
//!
//! Invariant: a value that is wider than its columns is written whole, as it comes.

use std::fmt::{self, Display, Write as _};
use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::spec::{Align, Spec};

/// Counts the columns of what is written, and keeps it while there may be fill in front of it.
pub(super) struct Padded<'o, W> {
    out: &'o mut W,
    spec: Spec,
    columns: usize,
    held: String,
    failure: Option<io::Error>,
}

impl<'o, W: Write> Padded<'o, W> {
    /// Writes `value` as `spec` has it.
    pub(super) fn write(out: &'o mut W, spec: Spec, value: impl Display) -> io::Result<()> {
        if spec.width == 0 {
            return match spec.precision {
                Some(digits) => write!(out, "{value:.digits$}"),
                None => write!(out, "{value}"),
            };
        }
        let mut padded = Self { out, spec, columns: 0, held: String::new(), failure: None };
        let written = match spec.precision {
            Some(digits) => write!(padded, "{value:.digits$}"),
            None => write!(padded, "{value}"),
        };
        match (written, padded.failure.take()) {
            (Ok(()), _) => padded.finish(),
            (Err(_), failure) => Err(failure.unwrap_or_else(|| io::ErrorKind::Other.into())),
        }
    }

    /// Whether the value may still get fill in front of it.
    fn is_held(&self) -> bool {
        self.spec.align != Align::Left && self.columns <= self.spec.width
    }

    fn pass(&mut self, text: &str) -> io::Result<()> {
        let held = std::mem::take(&mut self.held);
        self.out.write_all(held.as_bytes())?;
        self.out.write_all(text.as_bytes())
    }

    fn finish(self) -> io::Result<()> {
        let Self { out, spec, columns, held, .. } = self;
        let missing = spec.width.saturating_sub(columns);
        let (front, back) = match spec.align {
            Align::Left => (0, missing),
            Align::Center => (missing / 2, missing - missing / 2),
            Align::Right | Align::BehindSign => (missing, 0),
        };
        let fill = |count: usize| spec.fill.to_string().repeat(count);
        let is_signed = spec.align == Align::BehindSign && held.len() > 1 && held.starts_with('-');
        let (sign, rest) = held.split_at(usize::from(is_signed));
        write!(out, "{sign}{}{rest}{}", fill(front), fill(back))
    }
}

impl<W: Write> fmt::Write for Padded<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.columns += text.width();
        if self.is_held() {
            self.held.push_str(text);
            return Ok(());
        }
        self.pass(text).map_err(|error| {
            self.failure = Some(error);
            fmt::Error
        })
    }
}
