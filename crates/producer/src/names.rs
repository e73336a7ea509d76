//! Names in messages: a few of them, and how many more there are.

use layout::InstanceName;
use layout::text::shorten;

/// Names that a message lists.
pub(crate) const LISTED: usize = 8;

/// A few of the names, and how many more there are.
pub(crate) fn list(names: &[InstanceName]) -> String {
    listed(names.iter().map(|name| shorten(name)))
}

/// A few of the texts, and how many more there are.
pub(crate) fn listed(texts: impl ExactSizeIterator<Item = String>) -> String {
    let more = texts.len().saturating_sub(LISTED);
    let few = texts.take(LISTED).collect::<Vec<_>>().join(", ");
    if more == 0 { few } else { format!("{few} and {more} more") }
}
