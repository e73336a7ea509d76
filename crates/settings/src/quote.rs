//! Text out of a file, for a message: one line, escaped, shortened.

/// Longest piece of a file that a message repeats, in characters.
const SHOWN: usize = 60;

/// `text` in quotes: one line, escaped, shortened.
pub fn quote(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?}...", &text[..end]),
    }
}

/// `text`, shortened; for numbers, which need no quotes.
pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}...", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn text_out_of_the_file_is_one_short_line_without_control_characters() {
        assert_eq!(quote("a\x1b[2J\n\u{202e}"), r#""a\u{1b}[2J\n\u{202e}""#);
        assert_eq!(quote(&"x".repeat(1000)), format!("\"{}\"...", "x".repeat(60)));
        assert_eq!(quote("\u{e4}"), "\"\u{e4}\"");
    }
}
