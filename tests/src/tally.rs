//! Counts the records of a reader, and the errors in them.

use std::fmt;
use std::ops::AddAssign;

use region::Publication;

use crate::torn::{self, Verdict};

/// Counts of records and errors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Records checked.
    pub records: u64,
    /// Parts of different records.
    pub torn: u64,
    /// Whole, but not the record with that number.
    pub misnumbered: u64,
    /// Older than one that was read before.
    pub backward: u64,
    /// Skipped, and not reported as missed.
    pub lost: u64,
    /// Skipped, and reported.
    pub missed: u64,
    /// Refused, because the writer kept lapping this reader: allowed.
    pub unstable: u64,
    /// Records that were not read before.
    pub fresh: u64,
    /// Copies that `latest` discarded, because the writer had reused the slot.
    pub retries: u64,
    /// How often it switched to another file of the same path.
    pub reattached: u64,
    /// The newest number so far; 0: none.
    pub last: u64,
}

impl Tally {
    /// Counts a record that `latest` returned.
    pub fn record(&mut self, bytes: &[u8], publication: Publication) {
        let sequence = publication.sequence;
        self.records += 1;
        self.fresh += u64::from(sequence > self.last);
        match torn::judge(bytes, sequence) {
            Verdict::Whole => {}
            Verdict::Torn => self.torn += 1,
            Verdict::Misnumbered => self.misnumbered += 1,
        }
        self.backward += u64::from(sequence < self.last);
        self.last = sequence;
    }

    /// As [`Tally::record`], for a follower, which gets every record or the number of missed ones.
    pub fn next_record(&mut self, bytes: &[u8], publication: Publication) {
        let sequence = publication.sequence;
        if self.last != 0 {
            self.lost += sequence.saturating_sub(self.last + 1);
            self.backward += u64::from(sequence == self.last); // a repetition is backward, too
        }
        self.record(bytes, publication);
    }

    /// Counts records that were reported as missed.
    pub fn missed(&mut self, missed: u64) {
        self.missed += missed;
        if self.last != 0 {
            self.last += missed;
        }
    }
}

impl Tally {
    /// Parses the output of a reader: `records=12 torn=0 ...`.
    ///
    /// # Panics
    /// If a count is missing.
    #[track_caller]
    pub fn parse(line: &str) -> Self {
        let count = |wanted: &str| -> u64 {
            let mut words = line.split_whitespace().filter_map(|word| word.split_once('='));
            let count = words.find_map(|(name, count)| (name == wanted).then_some(count));
            let count = count.and_then(|count| count.parse().ok());
            count.unwrap_or_else(|| panic!("no count of {wanted} in {line:?}"))
        };
        Self {
            records: count("records"),
            torn: count("torn"),
            misnumbered: count("misnumbered"),
            backward: count("backward"),
            lost: count("lost"),
            missed: count("missed"),
            unstable: count("unstable"),
            fresh: count("fresh"),
            retries: count("retries"),
            reattached: count("reattached"),
            last: 0,
        }
    }

    /// The sum of all that must be zero.
    pub fn faults(&self) -> u64 {
        self.torn + self.misnumbered + self.backward + self.lost
    }

    /// Whether the reader met every situation that a reader can meet.
    pub fn is_pressed(&self) -> bool {
        self.fresh > 0 && self.missed > 0 && self.reattached > 0
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.records += other.records;
        self.torn += other.torn;
        self.misnumbered += other.misnumbered;
        self.backward += other.backward;
        self.lost += other.lost;
        self.missed += other.missed;
        self.unstable += other.unstable;
        self.fresh += other.fresh;
        self.retries += other.retries;
        self.reattached += other.reattached;
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

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "records=9 torn=0 misnumbered=0 backward=0 lost=0 missed=7 unstable=1 \
                        fresh=8 retries=2 reattached=3";

    #[test]
    fn a_printed_line_is_parsed_and_lines_add_up() {
        let one = Tally::parse(LINE);
        assert_eq!(one.to_string(), LINE);
        let mut two = one.clone();
        two += one;
        assert_eq!((two.records, two.fresh, two.retries, two.unstable), (18, 16, 4, 2));
    }

    #[test]
    fn faults_are_counted_and_an_idle_reader_is_not_pressed() {
        assert_eq!(Tally::parse(LINE).faults(), 0);
        for kind in ["torn", "misnumbered", "backward", "lost"] {
            let line = LINE.replace(&format!("{kind}=0"), &format!("{kind}=3"));
            assert_eq!(Tally::parse(&line).faults(), 3);
        }
        assert!(Tally::parse(LINE).is_pressed());
        for (busy, idle) in
            [("fresh=8", "fresh=0"), ("missed=7", "missed=0"), ("reattached=3", "reattached=0")]
        {
            assert!(!Tally::parse(&LINE.replace(busy, idle)).is_pressed(), "{idle}");
        }
    }
}
