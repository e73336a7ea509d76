//! A name of something else as that of a record, which is a C identifier.

/// Longest part that is taken: a record's name has 64 bytes, and one may come in front.
const MOST: usize = 63;

/// `name` with `_` for what an identifier does not have.
pub(crate) fn record_name(name: &str) -> String {
    let word = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let name: String = name.chars().take(MOST).map(word).collect();
    let is_first = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    if is_first { name } else { format!("_{name}") }
}

#[cfg(test)]
mod tests {
    use super::record_name;

    #[test]
    fn any_text_becomes_an_identifier_of_at_most_64_bytes() {
        for (name, want) in [("fan", "fan"), ("2-axes", "_2_axes"), ("a/Imu", "a_Imu"), ("", "_")] {
            assert_eq!(record_name(name), want);
        }
        assert_eq!(record_name(&"1".repeat(100)).len(), 64);
    }
}
