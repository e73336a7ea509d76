//! Text for a terminal: one line, escaped by the rule of [`layout::text`].

use std::borrow::Cow;
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

/// Longest word and line of a message that are printed whole, in bytes: a path has at most 4,095, and a message says
/// more than that.
const PATH: usize = 4_200;
const WORD: usize = 200;
const LINE: usize = 8_192;

/// How much is printed of what is longer.
const BEGIN: usize = 100;

/// A line of a message that fits on a screen, whatever was typed: of a word that is longer than any name, or of a line
/// that is longer than what any message says, the middle is left out.
pub(crate) fn fit(line: &str) -> String {
    let words = line.split(' ').map(|word| {
        let most = if word.contains('/') { PATH } else { WORD };
        without_middle(word, most)
    });
    without_middle(&words.collect::<Vec<_>>().join(" "), LINE).into_owned()
}

/// `text`, or the begin of one that is longer than `most`, and its end.
fn without_middle(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most {
        return text.into();
    }
    let (begin, end) =
        (text.floor_char_boundary(BEGIN), text.ceil_char_boundary(text.len() - BEGIN));
    format!("{}...{}", &text[..begin], &text[end..]).into()
}

#[cfg(test)]
mod tests {
    use super::{clean, fit};

    #[test]
    fn a_word_that_is_longer_than_any_name_is_shown_by_its_ends_and_a_path_whole() {
        let long = format!("x/{}.region", "a".repeat(4_000));
        assert_eq!(fit(&format!("{long}: is no region")), format!("{long}: is no region"));
        let begin = "\u{20ac}".repeat(33);
        let shown = fit(&format!("'{}' is no field; correct it", "\u{20ac}".repeat(100_000)));
        assert!(shown.starts_with(&format!("'{begin}...")), "{shown}");
        assert!(
            shown.ends_with("\u{20ac}' is no field; correct it") && shown.len() < 300,
            "{shown}"
        );
        let shown = fit(&format!("'{}' is no field; correct it", "a ".repeat(100_000)));
        assert!(shown.ends_with("a ' is no field; correct it") && shown.len() < 300, "{shown}");
    }

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
