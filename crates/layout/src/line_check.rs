//! The placeholders of a line template, checked at compile time for `#[derive(Record)]`.
//!
//! Invariant: what is [`LineCheck::Good`] here, [`Template::parse`](crate::Template::parse) takes,
//! but for precisions and control characters, which it refuses when the schema is built. Nothing
//! can be allocated at compile time, so this walks bytes.

use crate::limits::MAX_TEXT;

/// What is wrong with a line template, as far as it can be seen at compile time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineCheck {
    /// Nothing.
    Good,
    /// A placeholder names no field.
    UnknownField,
    /// A brace without its partner.
    Brace,
    /// Empty, or longer than [`MAX_TEXT`].
    Length,
}

/// Checks the placeholders of `line` at compile time, where nothing can be allocated. What
/// [`Template::parse`](crate::Template::parse) refuses beyond that, it refuses when the schema is built.
pub const fn check_line(line: &str, names: &[&str]) -> LineCheck {
    let line = line.as_bytes();
    if line.is_empty() || line.len() > MAX_TEXT {
        return LineCheck::Length;
    }
    let mut at = 0;
    while at < line.len() {
        let is_double = at + 1 < line.len() && line[at + 1] == line[at];
        match line[at] {
            b'{' | b'}' if is_double => at += 2,
            b'{' => {
                let end = name_end(line, at + 1);
                if !is_one_of(line, at + 1, end, names) {
                    return LineCheck::UnknownField;
                }
                at = match closing(line, end) {
                    Some(close) => close + 1,
                    None => return LineCheck::Brace,
                };
            }
            b'}' => return LineCheck::Brace,
            _ => at += 1,
        }
    }
    LineCheck::Good
}

/// Where the name that begins at `at` ends.
const fn name_end(line: &[u8], mut at: usize) -> usize {
    while at < line.len() && line[at] != b':' && line[at] != b'}' {
        at += 1;
    }
    at
}

/// The next closing brace.
const fn closing(line: &[u8], mut at: usize) -> Option<usize> {
    while at < line.len() && line[at] != b'}' {
        at += 1;
    }
    if at < line.len() { Some(at) } else { None }
}

const fn is_one_of(line: &[u8], start: usize, end: usize, names: &[&str]) -> bool {
    let mut at = 0;
    while at < names.len() {
        if is_same(line, start, end, names[at].as_bytes()) {
            return true;
        }
        at += 1;
    }
    false
}

const fn is_same(line: &[u8], start: usize, end: usize, name: &[u8]) -> bool {
    let mut at = 0;
    while at < name.len() && start + at < end && line[start + at] == name[at] {
        at += 1;
    }
    at == name.len() && start + at == end
}
