//! What a reader of records that show whether they are whole has seen, and what was wrong with it.

use std::fmt;

use region::Publication;

use crate::torn::{self, Verdict};

/// What was read, and what was wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Records judged.
    pub records: u64,
    /// Parts of different records.
    pub torn: u64,
    /// Whole, but another record than the number says.
    pub misnumbered: u64,
    /// Older than one that was read before.
    pub backward: u64,
    /// Skipped, though nobody said so.
    pub lost: u64,
    /// Skipped, and said so.
    pub missed: u64,
    /// Refused, because the writer went on lapping this reader: allowed.
    pub unstable: u64,
    /// Records that were not read before.
    pub fresh: u64,
    /// Copies that a reader threw away by itself, because the writer came by.
    pub retries: u64,
    /// Other files of the same path that it went on with.
    pub reattached: u64,
    /// The newest number so far; 0: none.
    pub last: u64,
}

impl Tally {
    /// Takes in a record, as `latest` gives it.
    pub fn record(&mut self, bytes: &[u8], publication: Publication) {
        let sequence = publication.sequence;
        self.records += 1;
        self.retries += u64::from(publication.retries);
        self.fresh += u64::from(sequence > self.last);
        match torn::judge(bytes, sequence) {
            Verdict::Whole => {}
            Verdict::Torn => self.torn += 1,
            Verdict::Misnumbered => self.misnumbered += 1,
        }
        self.backward += u64::from(sequence < self.last);
        self.last = sequence;
    }

    /// As [`Tally::record`], for a reader that gets every record or is told how many it does not.
    pub fn next_record(&mut self, bytes: &[u8], publication: Publication) {
        let sequence = publication.sequence;
        if self.last != 0 {
            self.lost += sequence.saturating_sub(self.last + 1);
            self.backward += u64::from(sequence == self.last); // once more is backward too
        }
        self.record(bytes, publication);
    }

    /// Takes in that so many records were missed, and that it was said.
    pub fn missed(&mut self, missed: u64) {
        self.missed += missed;
        if self.last != 0 {
            self.last += missed;
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { records, torn, misnumbered, backward, lost, missed, unstable, .. } = self;
        let Self { fresh, retries, reattached, .. } = self;
        write!(f, "records={records} torn={torn} misnumbered={misnumbered} backward={backward} ")?;
        write!(f, "lost={lost} missed={missed} unstable={unstable} ")?;
        write!(f, "fresh={fresh} retries={retries} reattached={reattached}")
    }
}
