//! Names in messages: a few of them, and how many more there are.

use layout::InstanceName;
use layout::text::{quote, shorten};

/// Names that a message lists.
pub(crate) const LISTED: usize = 8;

/// A few of the names, and how many more there are. One that a list would hide is in quotes.
pub(crate) fn list(names: &[InstanceName]) -> String {
    let is_hidden = |c: char| c.is_whitespace() || matches!(c, ',' | '"');
    listed(
        names.iter().map(|name| if name.contains(is_hidden) { quote(name) } else { shorten(name) }),
    )
}

/// A few of the texts, and how many more there are.
pub(crate) fn listed(texts: impl ExactSizeIterator<Item = String>) -> String {
    let more = texts.len().saturating_sub(LISTED);
    let few = texts.take(LISTED).collect::<Vec<_>>().join(", ");
    if more == 0 { few } else { format!("{few} and {more} more") }
}

#[cfg(test)]
mod tests {
    use layout::InstanceName;

    use super::list;

    #[test]
    fn a_name_that_a_list_would_hide_is_in_quotes() {
        let names = ["a b", "c, d", " ", "e"].map(|name| name.parse::<InstanceName>().expect(name));
        assert_eq!(list(&names), r#""a b", "c, d", " ", e"#);
        let many: Vec<_> = (0..10).map(|n| n.to_string().parse().expect("a name")).collect();
        assert_eq!(list(&many), "0, 1, 2, 3, 4, 5, 6, 7 and 2 more");
    }
}
