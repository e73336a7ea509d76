//! What was recorded so far, and what a failure has kept out of the files.
//!
//! Invariant: each record that was to be written is one of `records` or one of `lost`.

/// See the [module](self).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    /// Records in the files, or in the chunk that is committed next.
    pub(crate) records: u64,
    pub(crate) missed: u64,
    /// Records that a failed write, or what failed after it, has kept out of the files.
    pub(crate) lost: u64,
    pub(crate) files: u64,
    /// Bytes of the files.
    pub(crate) bytes: u64,
    /// Records that are not committed.
    uncommitted: u64,
    /// Records that are committed to the present file.
    committed: u64,
}

impl Totals {
    /// Another file is begun.
    pub(super) fn begin(&mut self) {
        self.files += 1;
        self.committed = 0;
    }

    /// A record is in the chunk.
    pub(super) fn record(&mut self) {
        self.records += 1;
        self.uncommitted += 1;
    }

    /// The records of the chunk are in the file.
    pub(super) fn commit(&mut self) {
        self.committed += std::mem::take(&mut self.uncommitted);
    }

    /// The records of the chunk are not in the file. Returns whether the file has others.
    pub(super) fn lose_chunk(&mut self) -> bool {
        let lost = std::mem::take(&mut self.uncommitted);
        self.lose(lost);
        self.committed > 0
    }

    /// No record of the present file is left.
    pub(super) fn lose_file(&mut self) {
        self.commit();
        let lost = std::mem::take(&mut self.committed);
        self.lose(lost);
    }

    fn lose(&mut self, records: u64) {
        self.records -= records;
        self.lost += records;
    }
}
