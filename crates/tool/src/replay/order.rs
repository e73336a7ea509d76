//! Records in the order of their times, also where the file has them in another one.
//!
//! ```text
//!   file      a1 a2 a5 | b3 b4          each region's records in order, one region behind the other
//!   replay    a1 a2 b3 b4 a5
//! ```
//!
//! Invariant: the records of one region leave as the file has them, also if their clock was set back between two. A record
//! waits for earlier ones until [`ROOM`] bytes of others have come behind it.
//!
//! Price: a copy of each record, and [`ROOM`]; nothing for a file that is in order, which a [`Clock`] finds out.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::decode::Topic;

/// Most bytes of records that wait.
const ROOM: usize = 64 << 20;
/// Bytes that a record takes beside its own, about.
const AROUND: usize = 64;

/// When each record is due: at its time, but never before the one in front of it in its region.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    of_region: HashMap<String, u64>,
    newest: u64,
    is_late: bool,
}

impl Clock {
    /// When the next record is due, which is on `topic` and of this `time`.
    pub(crate) fn due(&mut self, topic: &Topic, time: u64) -> u64 {
        let due = match self.of_region.get_mut(&topic.region) {
            Some(due) => {
                *due = time.max(*due);
                *due
            }
            None => *self.of_region.entry(topic.region.clone()).or_insert(time),
        };
        self.is_late |= due < self.newest;
        self.newest = self.newest.max(due);
        due
    }

    /// Whether no record was due before the one in front of it.
    pub(crate) fn is_in_order(&self) -> bool {
        !self.is_late
    }
}

/// A record that is due, and the place of its topic.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Due {
    pub(crate) time: u64,
    /// Records of one time keep their order.
    number: u64,
    pub(crate) topic: usize,
    pub(crate) record: Vec<u8>,
}

/// Records that wait for earlier ones: see the [module](self).
#[derive(Debug)]
pub(crate) struct Order {
    clock: Clock,
    waiting: BinaryHeap<Reverse<Due>>,
    room: usize,
    bytes: usize,
    count: u64,
}

impl Order {
    /// For records that come in order.
    pub(crate) fn of_file() -> Self {
        let waiting = BinaryHeap::new();
        Self { clock: Clock::default(), waiting, room: 0, bytes: 0, count: 0 }
    }

    /// For records that do not.
    pub(crate) fn by_time() -> Self {
        Self { room: ROOM, ..Self::of_file() }
    }

    /// Whether records need not wait.
    pub(crate) fn is_in_order(&self) -> bool {
        self.room == 0
    }

    /// Takes the next record of the file, which is on `topic`, at this place, and of this `time`.
    pub(crate) fn push(&mut self, (topic, place): (&Topic, usize), time: u64, record: &[u8]) {
        let time = self.clock.due(topic, time);
        self.count += 1;
        self.bytes += AROUND + record.len();
        let record = record.to_vec();
        self.waiting.push(Reverse(Due { time, number: self.count, topic: place, record }));
    }

    /// The next record that has waited long enough.
    pub(crate) fn pop(&mut self) -> Option<Due> {
        if self.bytes <= self.room { None } else { self.pop_last() }
    }

    /// The next record, at the end of the file.
    pub(crate) fn pop_last(&mut self) -> Option<Due> {
        let Reverse(due) = self.waiting.pop()?;
        self.bytes -= AROUND + due.record.len();
        Some(due)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use mapcast::{Record as _, Stu};
    use mcap::records::Channel;

    use super::{AROUND, Clock, Order};
    use crate::replay::decode::{Layout, SchemaText, Topic};

    fn topic(name: &str) -> Topic {
        let data = Stu::schema().encode();
        let schema = SchemaText { name: "STU".into(), encoding: "mapcast".into(), data };
        let layout = Layout::of("mapcast", &schema).expect("a record");
        let (topic, message_encoding) = (name.to_owned(), "mapcast".to_owned());
        let channel =
            Channel { id: 1, schema_id: 1, topic, message_encoding, metadata: BTreeMap::new() };
        Topic::of(&channel, Arc::new(layout)).expect("a region")
    }

    /// What comes out of records with these topics and times, each of one byte.
    fn ordered(room: usize, records: &[(usize, u64)]) -> Vec<(usize, u64)> {
        let topics = ["a", "b"].map(topic);
        let mut order = Order { room, ..Order::of_file() };
        let mut out = Vec::new();
        for &(place, time) in records {
            order.push((&topics[place], place), time, b"x");
            out.extend(std::iter::from_fn(|| order.pop()).map(|due| (due.topic, due.time)));
        }
        out.extend(std::iter::from_fn(|| order.pop_last()).map(|due| (due.topic, due.time)));
        assert_eq!(order.bytes, 0);
        out
    }

    #[test]
    fn records_of_two_regions_leave_by_their_times_and_those_of_one_time_as_they_came() {
        let file = [(0, 1), (0, 2), (0, 5), (1, 2), (1, 3), (1, 5)];
        let want = [(0, 1), (0, 2), (1, 2), (1, 3), (0, 5), (1, 5)];
        assert_eq!(ordered(1 << 20, &file), want);
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_change_the_order_within_a_region() {
        let file = [(0, 10), (0, 4), (0, 5), (1, 6)];
        assert_eq!(ordered(1 << 20, &file), [(1, 6), (0, 10), (0, 10), (0, 10)]);
    }

    #[test]
    fn a_record_leaves_when_as_many_bytes_as_there_is_room_for_wait() {
        let room = 2 * (AROUND + 1);
        assert_eq!(
            ordered(room, &[(0, 8), (0, 9), (0, 10), (1, 1)]),
            [(0, 8), (1, 1), (0, 9), (0, 10)]
        );
    }

    #[test]
    fn a_clock_knows_whether_a_file_is_in_order() {
        let topics = ["a", "b"].map(topic);
        let in_order = |records: &[(usize, u64)]| {
            let mut clock = Clock::default();
            for &(place, time) in records {
                clock.due(&topics[place], time);
            }
            clock.is_in_order()
        };
        assert!(in_order(&[(0, 1), (1, 1), (0, 3)]) && in_order(&[(0, 5), (0, 1), (1, 5)]));
        assert!(!in_order(&[(0, 5), (1, 4)]));
    }
}
