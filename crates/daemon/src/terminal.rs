//! Text for a terminal: one line, escaped by the rule of [`layout::text`].

use std::os::fd::AsFd;

use layout::text::plain;

/// The columns of the terminal `of`; `None` if it is no terminal or does not report them.
pub fn columns(of: impl AsFd) -> Option<u16> {
    let size = rustix::termios::tcgetwinsize(of).ok()?;
    (size.ws_col > 0).then_some(size.ws_col)
}

/// Whether a terminal only prints lines: `TERM` is unset or `dumb`.
pub fn is_dumb() -> bool {
    std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb")
}

/// `text` as one line: line breaks and tabs become single spaces, and terminal controls are
/// escaped.
pub(crate) fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let words =
        text.trim().split(['\n', '\r', '\t']).map(str::trim).filter(|part| !part.is_empty());
    for (index, part) in words.enumerate() {
        if index > 0 {
            clean.push(' ');
        }
        clean.push_str(&plain(part));
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn a_message_of_several_lines_becomes_one() {
        assert_eq!(clean("parse error\n  |\n 1 | x =\r\n"), "parse error | 1 | x =");
    }

    #[test]
    fn control_characters_cannot_reach_the_terminal() {
        assert_eq!(clean("a\x1b[2Jb\x07\u{9b}c"), "a\\u{1b}[2Jb\\u{7}\\u{9b}c");
        assert_eq!(clean("a\u{202e}b\u{2066}\u{200f}"), "a\\u{202e}b\\u{2066}\\u{200f}");
    }
}
