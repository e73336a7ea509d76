//! What has changed among the instances of a region, for the log.

use layout::InstanceName;

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
