//! The progress board of the processes of one copy, in shared memory.
//!
//! Invariant: each part of the file is taken once. A worker stores its fault last, and the parent
//! reads a fault only after the worker has exited.
//!
//! ```text
//!   next part | bytes engine at fault | bytes engine at fault | ...      one lane a worker
//! ```
//!
//! Price: one memfd; four stores after each part.

use shared::{Shared, SharedError};

use crate::engine::Engine;
use crate::fault::Fault;

/// Where the number of the next part is; the lanes follow.
const NEXT: usize = 0;
/// The layout of a lane.
const BYTES: usize = 0;
const ENGINE: usize = 1;
const AT: usize = 2;
const FAULT: usize = 3;
const LANE: usize = 4;

/// What one worker has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) bytes: u64,
    /// The engine of the last part.
    pub(crate) engine: Option<Engine>,
    /// Why it ended early.
    pub(crate) fault: Option<Fault>,
}

/// The board of one copy.
#[derive(Debug)]
pub(crate) struct Board(Shared<u64>);

impl Board {
    /// A board for so many workers. Made before they are, so that they inherit it.
    pub(crate) fn new(workers: usize) -> Result<Self, SharedError> {
        Shared::anonymous(lane(workers)).map(Self)
    }

    /// The number of a part that no other worker has.
    pub(crate) fn take(&self) -> u64 {
        self.0.add(NEXT, 1)
    }

    /// Stores what `worker` has done.
    pub(crate) fn publish(&self, worker: usize, progress: &Progress) {
        let lane = lane(worker);
        let (fault, at) = progress.fault.map_or((0, 0), Fault::to_numbers);
        self.0.set(lane + BYTES, progress.bytes);
        self.0.set(lane + ENGINE, progress.engine.map_or(0, Engine::to_number));
        self.0.set(lane + AT, at);
        self.0.set(lane + FAULT, fault);
    }

    /// What `worker` has published last.
    pub(crate) fn latest(&self, worker: usize) -> Progress {
        let cell = |index| self.0.get(lane(worker) + index);
        Progress {
            bytes: cell(BYTES),
            engine: Engine::from_number(cell(ENGINE)),
            fault: Fault::from_numbers((cell(FAULT), cell(AT))),
        }
    }
}

/// Where the lane of `worker` begins.
fn lane(worker: usize) -> usize {
    NEXT + 1 + worker * LANE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::FaultKind;

    #[test]
    fn a_lane_carries_what_its_worker_has_done() {
        let board = Board::new(2).unwrap();
        assert_eq!(board.latest(0), Progress::default());
        let fault = Some(Fault::new(FaultKind::Shrunk, 9));
        let progress = Progress { bytes: 7, engine: Some(Engine::Mmap), fault };
        board.publish(1, &progress);
        assert_eq!([board.latest(0), board.latest(1)], [Progress::default(), progress]);
    }

    #[test]
    fn every_part_is_taken_once() {
        let board = Board::new(1).unwrap();
        assert_eq!([board.take(), board.take(), board.take()], [0, 1, 2]);
    }
}
