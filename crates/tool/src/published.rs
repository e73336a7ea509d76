//! How many records a region has had until now, to be compared with a later look: for a rate.
//!
//! Invariant: a later look never shows fewer. Records count although their instance joined after the first look, or was
//! retired before the second; what a place had before it was given to another instance does not.
//!
//! ```text
//!   one record   the sequence                            5 .. 9        4 records
//!   instances    the changes of all of them, less one    20 .. 29      8 records, if one has joined
//!                for each that has joined or is gone
//! ```
//!
//! Price: of instances, the file is mapped once more for the look. One that joins and is retired between two looks
//! counts as two records more.

use std::collections::HashSet;

use mapcast::dynamic::{Header, InstanceReader, Reader};
use mapcast::{Error, Instance};

/// See the [module](self).
#[derive(Clone, Debug)]
pub(crate) enum Published {
    /// In a lineage, up to a number.
    One { first_lineage: u64, sequence: u64 },
    /// In a file, with the instances that it has.
    Many { file: Box<Header>, changes: u64, present: HashSet<Instance> },
}

impl Published {
    /// Of a region of one record, whose newest one has this number.
    pub(crate) fn one(reader: &Reader, sequence: u64) -> Self {
        Self::One { first_lineage: reader.header().first_lineage, sequence }
    }

    /// Of all instances.
    pub(crate) fn many(reader: &InstanceReader) -> Result<Self, Error> {
        let present = reader.all().map(|(instance, _)| instance).collect();
        let changes = reader.watch()?.newest();
        Ok(Self::Many { file: Box::new(reader.header().clone()), changes, present })
    }

    /// How many since `earlier`; `None` if the region has begun again in between.
    pub(crate) fn since(&self, earlier: &Self) -> Option<u64> {
        match (self, earlier) {
            (
                Self::One { first_lineage, sequence },
                Self::One { first_lineage: lineage, sequence: before },
            ) if first_lineage == lineage => sequence.checked_sub(*before),
            (
                Self::Many { file, changes, present },
                Self::Many { file: former, changes: before, present: were_present },
            ) if file == former => {
                let others = present.symmetric_difference(were_present).count() as u64;
                Some(changes.checked_sub(*before)?.saturating_sub(others))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use mapcast::dynamic::{InstanceReader, InstanceWriter, Reader, Writer};
    use mapcast::{Options, Record as _, Stu};

    use super::Published;

    const STUDENT: [u8; size_of::<Stu>()] = [0; size_of::<Stu>()];

    #[test]
    fn records_count_of_instances_that_come_and_of_those_that_go() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("net.region");
        let options = Options::new().slots(64);
        let mut writer =
            InstanceWriter::open_with(&path, &Stu::schema(), &options, 2).expect("a writer");
        let [a, b] = ["a", "b"].map(|name| writer.instance(name).expect("an instance"));
        let publish = |writer: &mut InstanceWriter, instance, records| {
            (0..records).for_each(|_| {
                writer.publish(instance, &STUDENT).expect("published");
            });
        };
        publish(&mut writer, a, 100);
        publish(&mut writer, b, 5);
        let reader = InstanceReader::open(&path).expect("a reader");
        let look = || Published::many(&reader).expect("readable");
        let before = look();
        publish(&mut writer, a, 3);
        writer.retire(a).expect("retired");
        assert_eq!(look().since(&before), Some(3), "one is gone");
        // It takes the place of the other one.
        let c = writer.instance("c").expect("an instance");
        publish(&mut writer, c, 7);
        assert_eq!(look().since(&before), Some(10), "and another is there");
        assert_eq!(look().since(&look()), Some(0));
        assert_eq!(before.since(&look()), None);
    }

    #[test]
    fn another_region_in_the_place_of_one_has_no_records_since_then() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("s.region");
        let look = |records: u64| {
            let mut writer = Writer::open(&path, &Stu::schema()).expect("a writer");
            (0..records).for_each(|_| {
                writer.publish(&STUDENT).expect("published");
            });
            let mut reader = Reader::open(&path).expect("a reader");
            let newest = reader.latest(&mut STUDENT.clone()).expect("readable").expect("a record");
            Published::one(&reader, newest.sequence)
        };
        let first = look(3);
        assert_eq!(look(2).since(&first), Some(2), "the next writer continues");
        std::fs::remove_file(&path).expect("removed");
        assert_eq!(look(9).since(&first), None);
    }
}
