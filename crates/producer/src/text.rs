//! Byte order marks before text that another program wrote.

/// U+FEFF in UTF-8, which programs on Windows write in front of text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// `text` without a byte order mark at its start.
pub(crate) fn without_bom(text: &[u8]) -> &[u8] {
    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::without_bom;

    #[test]
    fn one_byte_order_mark_at_the_start_is_removed() {
        assert_eq!(without_bom("\u{feff}42".as_bytes()), b"42");
        assert_eq!(without_bom("\u{feff}".as_bytes()), b"");
        assert_eq!(without_bom("\u{feff}\u{feff}".as_bytes()), "\u{feff}".as_bytes());
        for text in ["", "42", "4\u{feff}2", "\u{fefe}"] {
            assert_eq!(without_bom(text.as_bytes()), text.as_bytes());
        }
        assert_eq!(without_bom(b"\xef\xbb"), b"\xef\xbb", "half of one is none");
    }
}
