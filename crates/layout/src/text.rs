//! Escapes text of another process for a terminal.
//!
//! Invariant: the output cannot move a cursor, set a title, ring a bell or reverse the reading
//! direction. A control character is printed as its code, `\x1b` or `\u{202e}`; bytes that are not
//! UTF-8 become U+FFFD. Backslashes in front of an `x`, a `u` or a control character are doubled, so that
//! no text looks like the code of another; elsewhere a backslash stays as it is.
//! [`is_control`] is the one rule for all output: records, messages, tables and JSON.

use core::ffi::CStr;
use core::fmt;

/// Whether `found` can control a terminal or disguise a line: control characters (C0, DEL, C1),
/// line and paragraph separators, and the marks that reverse the reading direction.
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

/// Does [`is_control`] find one in `text`? The same at compile time, by the bytes of UTF-8.
pub(crate) const fn has_control(text: &str) -> bool {
    let mut rest = text.as_bytes();
    while let Some((_, after)) = rest.split_first() {
        if let [..=0x1f | 0x7f, ..]
        | [0xc2, 0x80..=0x9f, ..]
        | [0xd8, 0x9c, ..]
        | [0xe2, 0x80, 0x8e | 0x8f | 0xa8..=0xae, ..]
        | [0xe2, 0x81, 0xa6..=0xa9, ..] = rest
        {
            return true;
        }
        rest = after;
    }
    false
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

/// Longest quotation of a text in a message, in characters.
const SHOWN: usize = 60;

/// `text`, or the beginning of a long one and `...`.
pub fn shorten(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}...", &text[..end]),
    }
}

/// [`shorten`]ed `text` in quotes, with escapes as Rust writes them.
pub fn quote(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?}...", &text[..end]),
    }
}

/// "1 record", "2 records": `count` of what `one` names.
pub fn counted<N: fmt::Display + PartialEq + From<u8> + Copy>(count: N, one: &str) -> String {
    let is_one = count == N::from(1);
    let ending = match one {
        _ if is_one => "",
        _ if one.ends_with("ss") => "es",
        _ => "s",
    };
    format!("{count} {one}{ending}")
}

/// The bytes of a `char[N]` up to the first NUL.
pub(crate) fn until_nul(bytes: &[u8]) -> &[u8] {
    CStr::from_bytes_until_nul(bytes).map_or(bytes, CStr::to_bytes)
}

/// Displays bytes as UTF-8, lossy, with control characters escaped.
///
/// Allocates nothing, and writes pieces of at most 4 KiB, so that the caller can check for signals
/// between them.
#[derive(Clone, Copy, Debug)]
pub struct Escaped<'a>(pub &'a [u8]);

/// Displays bytes as UTF-8, lossy, without escaping, for a caller that escapes them itself. Writes
/// in pieces as [`Escaped`] does.
#[derive(Clone, Copy, Debug)]
pub struct Lossy<'a>(pub &'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut backslashes = Backslashes(0);
        in_pieces(self.0, |piece| write_escaped(f, piece, &mut backslashes))?;
        backslashes.write(1, f)
    }
}

impl fmt::Display for Lossy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        in_pieces(self.0, |piece| f.write_str(piece))
    }
}

/// Most bytes of a piece.
const PIECE: usize = 4096;

fn in_pieces(bytes: &[u8], mut write: impl FnMut(&str) -> fmt::Result) -> fmt::Result {
    for chunk in bytes.utf8_chunks() {
        let mut rest = chunk.valid();
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE));
            write(piece)?;
            rest = after;
        }
        if !chunk.invalid().is_empty() {
            write("\u{fffd}")?;
        }
    }
    Ok(())
}

/// Backslashes that are written when it is known what follows them, perhaps in the next piece.
struct Backslashes(usize);

impl Backslashes {
    /// Writes each of them `times` times.
    fn write(&mut self, times: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (0..core::mem::take(&mut self.0) * times).try_for_each(|_| f.write_str("\\"))
    }

    /// Writes them in front of `text`, which has none and no control character.
    fn write_before(&mut self, text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(if text.starts_with(['x', 'u']) { 2 } else { 1 }, f)
    }
}

fn write_escaped(
    f: &mut fmt::Formatter<'_>,
    mut text: &str,
    backslashes: &mut Backslashes,
) -> fmt::Result {
    let is_special = |&(_, found): &(usize, char)| found == '\\' || is_control(found);
    while let Some((at, found)) = text.char_indices().find(is_special) {
        if at > 0 {
            backslashes.write_before(text, f)?;
            f.write_str(&text[..at])?;
        }
        if found == '\\' {
            backslashes.0 += 1;
        } else {
            backslashes.write(2, f)?;
            write_code(found.into(), f)?;
        }
        text = &text[at + found.len_utf8()..];
    }
    if text.is_empty() {
        return Ok(());
    }
    backslashes.write_before(text, f)?;
    f.write_str(text)
}

fn write_code(code: u32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if code <= 0xff { write!(f, "\\x{code:02x}") } else { write!(f, "\\u{{{code:x}}}") }
}

#[cfg(test)]
mod tests {
    use super::{Escaped, Lossy, PIECE, counted, has_control, is_control, plain, quote, until_nul};

    #[test]
    fn a_control_character_is_found_at_compile_time_too() {
        for found in '\0'..=char::MAX {
            assert_eq!(has_control(&format!("a{found}b")), is_control(found), "{found:?}");
        }
    }

    #[test]
    fn a_long_text_is_written_completely_in_pieces() {
        // Three bytes a character, so that no piece ends where a block of bytes would.
        let long = "\u{20ac}".repeat(PIECE) + "\x07";
        let bytes = [b"x\xff".as_slice(), long.as_bytes(), b"\xff\0never"].concat();
        let text = until_nul(&bytes);
        let lossy = String::from_utf8_lossy(text).into_owned();
        assert_eq!(Lossy(text).to_string(), lossy);
        assert_eq!(Escaped(text).to_string(), lossy.replace('\x07', "\\x07"));
        let mut longest = 0;
        super::in_pieces(text, |piece| {
            longest = longest.max(piece.len());
            Ok(())
        })
        .expect("nothing fails");
        assert!(longest <= PIECE && longest > PIECE - 3, "{longest}");
    }

    /// The text that [`Escaped`] was written from.
    fn original(written: &str) -> String {
        let mut text = String::new();
        let mut rest = written;
        while let Some(at) = rest.find('\\') {
            text.push_str(&rest[..at]);
            let run = rest[at..].len() - rest[at..].trim_start_matches('\\').len();
            rest = &rest[at + run..];
            if !rest.starts_with(['x', 'u']) {
                text.push_str(&"\\".repeat(run));
                continue;
            }
            text.push_str(&"\\".repeat(run / 2));
            if run % 2 == 1 {
                let braced = rest.strip_prefix("u{").and_then(|code| code.split_once('}'));
                let (code, after) = braced.unwrap_or_else(|| rest[1..].split_at(2));
                let code = u32::from_str_radix(code, 16).expect("a code");
                text.push(char::from_u32(code).expect("a character"));
                rest = after;
            }
        }
        text + rest
    }

    #[test]
    fn no_two_texts_are_written_alike() {
        let alphabet = ["\\", "x", "u", "{1}", "1b", "\x1b", "\u{202e}", "a"];
        let mut texts = vec![String::new()];
        for _ in 0..4 {
            let longer = texts.iter().flat_map(|text| alphabet.map(|more| format!("{text}{more}")));
            texts = longer.collect();
            for text in &texts {
                let written = Escaped(text.as_bytes()).to_string();
                assert_eq!(original(&written), *text, "{written}");
            }
        }
        let escaped = |text: &str| Escaped(text.as_bytes()).to_string();
        assert_eq!(escaped("C:\\dir\\"), "C:\\dir\\");
        assert_eq!((escaped("\x1b"), escaped("\\x1b")), ("\\x1b".into(), "\\\\x1b".into()));
        // Where one piece ends with a backslash and the next one begins with what it is in front of.
        let long = "a".repeat(PIECE - 1) + "\\x1b";
        assert_eq!(original(&escaped(&long)), long);
    }

    #[test]
    fn terminal_controls_and_reading_direction_marks_are_escaped() {
        assert_eq!(plain("/srv/it's \\here/\u{e4}.toml"), "/srv/it's \\here/\u{e4}.toml");
        assert_eq!(plain("\x1b]0;x\x07\n\u{9b}"), "\\u{1b}]0;x\\u{7}\\n\\u{9b}");
        for turn in
            ['\u{61c}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}']
        {
            assert_eq!(plain(&turn.to_string()), format!("\\u{{{:x}}}", u32::from(turn)));
        }
        assert_eq!(plain("\u{2028}\u{2029}"), "\\u{2028}\\u{2029}");
    }

    #[test]
    fn one_is_counted_in_the_singular() {
        assert_eq!([0_u64, 1, 2].map(|n| counted(n, "byte")), ["0 bytes", "1 byte", "2 bytes"]);
        assert_eq!([1_usize, 3].map(|n| counted(n, "process")), ["1 process", "3 processes"]);
    }

    #[test]
    fn a_quoted_text_is_one_short_line_without_control_characters() {
        assert_eq!(quote("a\x1b[2J\n\u{202e}"), r#""a\u{1b}[2J\n\u{202e}""#);
        assert_eq!(quote(&"x".repeat(1000)), format!("\"{}\"...", "x".repeat(60)));
        assert_eq!(quote("\u{e4}"), "\"\u{e4}\"");
    }
}
