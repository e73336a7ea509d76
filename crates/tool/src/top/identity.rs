//! What tells a region from what had its name before.

use super::source::Source;

/// What tells one file of a region, its records and its writer from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    fingerprint: u64,
    has_instances: bool,
    /// When the file was made.
    made_at: u64,
    epoch: u64,
    lineage: u64,
    /// The lineage in which the sequence began.
    first_lineage: u64,
    /// As the writer wrote it down: of two in different pid namespaces it may be the same.
    writer_pid: u64,
}

impl Identity {
    /// That of the attached file, now.
    pub(crate) fn of(source: &Source) -> Self {
        let reader = source.reader();
        let header = reader.header();
        Self {
            fingerprint: header.fingerprint,
            has_instances: matches!(source, Source::Instances(_)),
            made_at: header.created_at,
            epoch: reader.epoch(),
            lineage: header.lineage,
            first_lineage: header.first_lineage,
            writer_pid: reader.writer_pid(),
        }
    }

    /// What has happened since `before`, if it is another.
    pub(crate) fn news(self, before: Self) -> Option<&'static str> {
        if self.is_other_record(before) {
            Some("its record has changed")
        } else if self.is_other_region(before) {
            Some("another region has its name: the records begin again")
        } else if (self.epoch, self.lineage) == (before.epoch, before.lineage) {
            None
        } else if self.writer_pid != before.writer_pid {
            Some("another writer has taken over")
        } else if self.made_at != before.made_at {
            Some("its writer has made a new file")
        } else {
            Some("its writer has opened it again")
        }
    }

    /// Whether its records do not continue those before.
    pub(crate) fn is_other_region(self, before: Self) -> bool {
        self.first_lineage != before.first_lineage
    }

    /// Whether what was kept of the records before is of no use for these.
    pub(crate) fn is_other_record(self, before: Self) -> bool {
        (self.fingerprint, self.has_instances) != (before.fingerprint, before.has_instances)
    }
}

#[cfg(test)]
mod tests {
    use super::Identity;

    #[test]
    fn a_writer_of_another_process_has_taken_over_also_with_a_new_file() {
        let before = Identity {
            fingerprint: 1,
            has_instances: false,
            made_at: 1,
            epoch: 1,
            lineage: 1,
            first_lineage: 1,
            writer_pid: 831,
        };
        let now = Identity { epoch: 2, writer_pid: 832, ..before };
        assert_eq!(now.news(before), Some("another writer has taken over"));
        assert_eq!(Identity { made_at: 2, ..now }.news(before), now.news(before));
        assert_eq!(now.news(now), None);
    }
}
