//! What has changed among the instances of a region, for the log.

use layout::InstanceName;
use layout::text::shorten;

/// Names that a message lists.
const LISTED: usize = 8;

/// What has changed since it was logged last.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) joined: Vec<InstanceName>,
    pub(crate) retired: Vec<InstanceName>,
    /// Those that were retired because there is no room for them.
    pub(crate) displaced: Vec<InstanceName>,
    /// Names whose values were dropped before their records were whole, or for which there is no place.
    pub(crate) dropped: Vec<InstanceName>,
    /// What is wrong, if that is news.
    pub(crate) warning: Option<String>,
}

/// A few of the names, and how many more there are.
pub(crate) fn list(names: &[InstanceName]) -> String {
    listed(names.iter().map(|name| shorten(name)))
}

/// A few of the texts, and how many more there are.
pub(super) fn listed(texts: impl ExactSizeIterator<Item = String>) -> String {
    let more = texts.len().saturating_sub(LISTED);
    let few = texts.take(LISTED).collect::<Vec<_>>().join(", ");
    if more == 0 { few } else { format!("{few} and {more} more") }
}
