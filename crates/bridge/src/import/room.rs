//! Memory for the records that wait, of one mirror and of all of them.
//!
//! Invariant: at most [`MOST`] bytes of one mirror and [`ALL`] of all together, whatever other hosts send.
//!
//! Price: a lock, which one thread takes, for each record that waits.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Most bytes of the records of one mirror, 64 of each for its name and attachment included.
const MOST: usize = 64 << 20;
const ALL: usize = 4 * MOST;
const EACH: usize = 64;

/// The memory of all mirrors.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    taken: Arc<Mutex<usize>>,
}

impl Memory {
    fn taken(&self) -> MutexGuard<'_, usize> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a mirror has taken of it, and gives back when it is dropped.
#[derive(Debug)]
pub(super) struct Room {
    memory: Memory,
    bytes: usize,
}

impl Room {
    pub(super) fn of(memory: &Memory) -> Self {
        Self { memory: memory.clone(), bytes: 0 }
    }

    /// Takes room for a record; `false`: there is none.
    pub(super) fn take(&mut self, record: &[u8]) -> bool {
        let bytes = record.len() + EACH;
        let mut taken = self.memory.taken();
        let fits = self.bytes + bytes <= MOST && *taken + bytes <= ALL;
        if fits {
            *taken += bytes;
            self.bytes += bytes;
        }
        fits
    }

    /// Gives back that of a record.
    pub(super) fn give_back(&mut self, record: &[u8]) {
        self.give_back_bytes(record.len() + EACH);
    }

    /// Gives back all.
    pub(super) fn clear(&mut self) {
        self.give_back_bytes(self.bytes);
    }

    fn give_back_bytes(&mut self, bytes: usize) {
        self.bytes -= bytes;
        *self.memory.taken() -= bytes;
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_mirrors_together_have_the_room_of_four() {
        let (memory, record) = (Memory::default(), vec![0; (1 << 20) - EACH]);
        let mut rooms: Vec<_> = (0..9).map(|_| Room::of(&memory)).collect();
        let mut fill = |room: &mut Room| (0..100).filter(|_| room.take(&record)).count();
        let filled: Vec<_> = rooms.iter_mut().map(&mut fill).collect();
        assert_eq!(filled, [64, 64, 64, 64, 0, 0, 0, 0, 0]);
        rooms.remove(0);
        rooms[0].give_back(&record);
        assert_eq!(fill(&mut rooms[5]), 64);
        assert_eq!(fill(&mut rooms[6]), 1);
    }
}
