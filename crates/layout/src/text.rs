//! Text that came from elsewhere, and what of it may reach a terminal.
//!
//! Invariant: nothing this module writes can move a cursor, set a title, ring a bell or reverse the
//! reading direction. A control character is printed as its code, `\x1b`; bytes that are not UTF-8
//! become U+FFFD. The writing is for people: a text that itself holds a backslash is not changed, so
//! it cannot be read back without doubt. JSON is for machines. [`is_control`] is the one rule for all
//! that the programs print: records, messages, tables and JSON.

use core::fmt;

/// Whether `found` could drive a terminal or disguise a line: control characters (C0, DEL, C1), line
/// and paragraph separators, and the marks that reverse the reading direction.
pub fn is_control(found: char) -> bool {
    found.is_control()
        || matches!(
            found,
            '\u{061c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
        )
}

/// `text` for a message: what [`is_control`] finds is escaped as Rust writes it (`\u{1b}`, `\n`).
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for found in text.chars() {
        if is_control(found) {
            plain.extend(found.escape_default());
        } else {
            plain.push(found);
        }
    }
    plain
}

/// The bytes of a `char[N]` up to the first NUL.
pub(crate) fn until_nul(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    &bytes[..end]
}

/// Displays bytes as UTF-8, lossy, with control characters escaped. Allocates nothing.
pub(crate) struct Escaped<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            write_escaped(f, chunk.valid())?;
            if !chunk.invalid().is_empty() {
                f.write_str("\u{fffd}")?;
            }
        }
        Ok(())
    }
}

fn write_escaped(f: &mut fmt::Formatter<'_>, mut text: &str) -> fmt::Result {
    while let Some((at, found)) = text.char_indices().find(|&(_, found)| is_control(found)) {
        f.write_str(&text[..at])?;
        let code = u32::from(found);
        if code <= 0xff {
            write!(f, "\\x{code:02x}")?;
        } else {
            write!(f, "\\u{{{code:x}}}")?;
        }
        text = &text[at + found.len_utf8()..];
    }
    f.write_str(text)
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn what_could_drive_a_terminal_or_turn_the_reading_direction_is_escaped() {
        assert_eq!(plain("/srv/it's \\here/\u{e4}.toml"), "/srv/it's \\here/\u{e4}.toml");
        assert_eq!(plain("\x1b]0;x\x07\n\u{9b}"), "\\u{1b}]0;x\\u{7}\\n\\u{9b}");
        for turn in
            ['\u{61c}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}']
        {
            assert_eq!(plain(&turn.to_string()), format!("\\u{{{:x}}}", u32::from(turn)));
        }
        assert_eq!(plain("\u{2028}\u{2029}"), "\\u{2028}\\u{2029}");
    }
}
