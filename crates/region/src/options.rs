//! How a writer makes its region.

use layout::InstanceName;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

/// Settings of a new region. `Options::new()` is what most want.
///
/// ```
/// use std::time::Duration;
/// let options = region::Options::new().slots(16).mode(0o640).period(Duration::from_millis(10));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    pub(crate) slots: u32,
    pub(crate) mode: u32,
    pub(crate) group: Option<String>,
    pub(crate) wake: bool,
    pub(crate) period: Option<Duration>,
    pub(crate) check_every: Duration,
    /// Most instances; `None`: a plain region.
    pub(crate) instances: Option<u32>,
    /// The only instances that stay; `None`: all do.
    only: Option<Arc<HashSet<InstanceName>>>,
    /// Whether those with the oldest records make room in a file for fewer instances.
    pub(crate) retires_oldest: bool,
    /// Those of the region whose records are copied; `None`: the region has its own.
    pub(crate) numbering: Option<Numbering>,
}

/// The lineage and the first number of records that are copies of another region's, on this host or another.
///
/// A copy keeps the name of its record, lineage and sequence, so one lineage has the same records in both regions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbering {
    /// The lineage of the records, 1 to [`MAX_LINEAGE`](layout::header::MAX_LINEAGE).
    pub lineage: u64,
    /// The lineage in which their sequence began, not after `lineage`.
    pub first_lineage: u64,
    /// The number after which a new file begins: the numbers up to it are no part of the copy.
    pub after: u64,
}

impl Options {
    /// 8 slots, mode 0644, the process's own group, waking on, no period, a check every second.
    pub const fn new() -> Self {
        let check_every = Duration::from_secs(1);
        Self {
            slots: 8,
            mode: 0o644,
            group: None,
            wake: true,
            period: None,
            check_every,
            instances: None,
            only: None,
            retires_oldest: false,
            numbering: None,
        }
    }

    /// Records that the region keeps: a power of two, 4 to 65,536.
    ///
    /// A follower may fall behind by `slots - 1` records without missing one, and a copy
    /// is not disturbed while the writer publishes fewer than `slots` records.
    #[must_use]
    pub fn slots(self, slots: u32) -> Self {
        Self { slots, ..self }
    }

    /// Permission bits of the file, whatever the umask: 0o644 for all readers, 0o640 for a group. The
    /// owner has to be able to read and write, 0o600.
    ///
    /// A mode that takes permissions away makes a new file in place of the old one, so that readers
    /// who have the old one open lose access.
    #[must_use]
    pub fn mode(self, mode: u32) -> Self {
        Self { mode, ..self }
    }

    /// The group that the file belongs to, by name or number.
    #[must_use]
    pub fn group(self, group: impl Into<String>) -> Self {
        Self { group: Some(group.into()), ..self }
    }

    /// Wake sleeping readers at each publish (one system call, about 0.15 us without sleepers),
    /// or let them poll.
    #[must_use]
    pub fn wake(self, wake: bool) -> Self {
        Self { wake, ..self }
    }

    /// How often the writer publishes or stores a [heartbeat](crate::DynWriter::heartbeat). Readers call a writer
    /// stalled that was silent for three periods, and never without a period.
    #[must_use]
    pub fn period(self, period: Duration) -> Self {
        Self { period: Some(period), ..self }
    }

    /// Which of the instances that a region has stay when a writer opens or changes it: those of these
    /// names, the others are retired. Without it all stay.
    ///
    /// So a file for fewer instances can take the place of one with more.
    #[must_use]
    pub fn only_instances(self, names: impl IntoIterator<Item = InstanceName>) -> Self {
        Self { only: Some(Arc::new(names.into_iter().collect())), ..self }
    }

    /// Retires the instances with the oldest records when a writer opens or changes a region that has more of
    /// them than there can be now. Without it that is an error.
    #[must_use]
    pub fn retire_oldest(self) -> Self {
        Self { retires_oldest: true, ..self }
    }

    /// The lineage of a region whose records are copies: see [`DynWriter::publish_copy`](crate::DynWriter::publish_copy).
    /// A region of another lineage is replaced; the same one continues, also after its file was deleted.
    #[must_use]
    pub fn numbering(self, numbering: Numbering) -> Self {
        Self { numbering: Some(numbering), ..self }
    }

    /// The same for a region of up to `max` instances.
    pub(crate) fn for_instances(&self, max: u32) -> Self {
        Self { instances: Some(max), ..self.clone() }
    }

    /// All instances stay from now on: those that join later are not among the names.
    pub(crate) fn keep_all(&mut self) {
        self.only = None;
    }

    /// Whether an instance that a region has stays.
    pub(crate) fn keeps(&self, name: &InstanceName) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(name))
    }

    /// How often a publish or a [heartbeat](crate::DynWriter::heartbeat) checks that the region still has its
    /// name and its length. [`Duration::MAX`]: never, for a loop that calls
    /// [`check`](crate::DynWriter::check) itself; a truncated file is then an error of the publish.
    #[must_use]
    pub fn check_every(self, every: Duration) -> Self {
        Self { check_every: every, ..self }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}
