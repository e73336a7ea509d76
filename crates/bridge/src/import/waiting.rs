//! Records that cannot be published yet, the newest one of each instance.
//!
//! Invariant: at most so many bytes as there is [`Room`] for, whatever another host sends.

use std::collections::HashMap;

use layout::InstanceName;

use super::room::{Memory, Room};
use crate::wire::{Attachment, RecordId};

type Records = HashMap<Option<InstanceName>, (Attachment, Vec<u8>)>;

/// The records.
#[derive(Debug)]
pub(super) struct Waiting {
    records: Records,
    room: Room,
}

impl Waiting {
    /// None yet, for which there is room in `memory`.
    pub(super) fn of(memory: &Memory) -> Self {
        Self { records: Records::new(), room: Room::of(memory) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The record of an instance that waits.
    pub(super) fn id(&self, instance: Option<&InstanceName>) -> RecordId {
        self.records
            .get(&instance.copied())
            .map_or_else(RecordId::default, |(waiting, _)| waiting.id)
    }

    /// The greatest lineage of those that wait.
    pub(super) fn lineage(&self) -> u64 {
        self.records.values().map(|(attachment, _)| attachment.id.lineage).max().unwrap_or(0)
    }

    /// Whether a record waits for which `is_wanted`.
    pub(super) fn any(&self, is_wanted: impl Fn(&Attachment) -> bool) -> bool {
        self.records.values().any(|(attachment, _)| is_wanted(attachment))
    }

    /// Keeps a record in place of an older one. One for which there is no room is asked for again.
    pub(super) fn insert(
        &mut self,
        instance: Option<InstanceName>,
        attachment: Attachment,
        record: Vec<u8>,
    ) {
        self.remove(instance);
        if self.room.take(&record) {
            self.records.insert(instance, (attachment, record));
        }
    }

    pub(super) fn remove(&mut self, instance: Option<InstanceName>) {
        if let Some((_, record)) = self.records.remove(&instance) {
            self.room.give_back(&record);
        }
    }

    /// Forgets those that are described in none of these ways.
    pub(super) fn keep_described(&mut self, ways: [Option<u64>; 2]) {
        let is_described =
            |(attachment, _): &(Attachment, _)| ways.contains(&Some(attachment.description));
        let unknown = self.records.iter().filter(|(_, record)| !is_described(record));
        let unknown: Vec<_> = unknown.map(|(instance, _)| *instance).collect();
        for instance in unknown {
            self.remove(instance);
        }
    }

    /// Takes all of them.
    pub(super) fn take(&mut self) -> Records {
        self.room.clear();
        std::mem::take(&mut self.records)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Readers;

    #[test]
    fn records_without_end_fill_no_memory_and_a_newer_one_takes_the_place_of_an_older() {
        let mut waiting = Waiting::of(&Memory::default());
        let attachment = |sequence| Attachment {
            len: 1 << 20,
            description: 0,
            id: RecordId { lineage: 1, order: 0, sequence },
            time: 0,
            missed: 0,
            readers: Readers::default(),
        };
        for number in 0..200 {
            let name = InstanceName::new(&number.to_string()).ok();
            waiting.insert(name, attachment(1), vec![0; 1 << 20]);
        }
        let first = InstanceName::new("0").expect("a name");
        waiting.insert(Some(first), attachment(2), vec![0; 1 << 20]);
        assert_eq!(waiting.id(Some(&first)).sequence, 2);
        assert_eq!(waiting.take().len(), 63);
        assert!(waiting.is_empty());
        waiting.insert(None, attachment(1), vec![0; 1 << 20]);
        assert!(waiting.any(|waiting| waiting.id.sequence == 1));
    }
}
