//! The progress board: what the processes of one copy know of each other, in shared memory.
//!
//! Invariant: each part of the file is taken once; what a worker has done stands in its own lane,
//! whole, even if it dies at that moment.
//!
//! ```text
//!   Shared<u64>              the next part: taken by adding 1
//!   Region::anonymous  x n   one lane a worker: its Progress, published after each part
//! ```
//!
//! Price: a memfd for each; a publish after each part (some nanoseconds against milliseconds).

use layout::{FieldSpec, Record, Scalar, Schema};
use region::{DynReader, DynWriter, Options, Region, RegionError, Shared};

use crate::engine::Engine;
use crate::fault::Fault;

/// What one worker has done.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, bytemuck::Pod, bytemuck::Zeroable)]
pub(crate) struct Progress {
    /// Bytes done.
    pub(crate) bytes: u64,
    /// The byte at which it failed, if it did.
    at: u64,
    /// What failed; 0: nothing.
    fault: u32,
    /// The system's answer, if there is one.
    errno: i32,
    /// The engine of the last part; 0: none yet.
    engine: u32,
    reserved: u32,
}

impl Progress {
    /// So many bytes, by this engine.
    pub(crate) fn of(bytes: u64, engine: Engine) -> Self {
        Self { bytes, engine: engine.to_number(), ..Self::default() }
    }

    pub(crate) fn set_engine(&mut self, engine: Engine) {
        self.engine = engine.to_number();
    }

    pub(crate) fn engine(&self) -> Option<Engine> {
        Engine::from_number(self.engine)
    }

    pub(crate) fn set_fault(&mut self, fault: Fault) {
        (self.fault, self.errno, self.at) = fault.to_numbers();
    }

    pub(crate) fn fault(&self) -> Option<Fault> {
        Fault::from_numbers((self.fault, self.errno, self.at))
    }
}

impl Record for Progress {
    fn schema() -> Schema {
        Schema::builder("PROGRESS")
            .field(FieldSpec::new("bytes", Scalar::U64).unit("B").help("done so far"))
            .field(FieldSpec::new("at", Scalar::U64).unit("B").help("where it failed, if it did"))
            .field(FieldSpec::new("fault", Scalar::U32).help("what failed; 0: nothing"))
            .field(FieldSpec::new("errno", Scalar::I32).help("the answer of the system"))
            .field(FieldSpec::new("engine", Scalar::U32).help("of the last part; 0: none yet"))
            .field(FieldSpec::new("reserved", Scalar::U32).help("0"))
            .build()
            .expect("six numbers make a record")
    }
}

/// The board of one copy.
#[derive(Debug)]
pub(crate) struct Board {
    next: Shared<u64>,
    lanes: Vec<Region>,
}

impl Board {
    /// A board for so many workers. Made before they are, so that they inherit it.
    pub(crate) fn new(workers: usize) -> Result<Self, RegionError> {
        let schema = Progress::schema();
        // Nobody sleeps on a lane: the parent looks at its own pace, and at a worker's end.
        let options = Options::new().wake(false);
        let lanes = (0..workers).map(|_| Region::anonymous(&schema, &options));
        Ok(Self { next: Shared::anonymous(1)?, lanes: lanes.collect::<Result<_, _>>()? })
    }

    /// The number of a part that no other worker has.
    pub(crate) fn take(&self) -> u64 {
        self.next.add(0, 1)
    }

    /// The worker's side of lane `worker`.
    pub(crate) fn writer(&self, worker: usize) -> Result<DynWriter, RegionError> {
        self.lanes[worker].writer()
    }

    /// The parent's side of all lanes.
    pub(crate) fn readers(&self) -> Result<Vec<DynReader>, RegionError> {
        self.lanes.iter().map(Region::reader).collect()
    }
}

/// What a worker has published last.
pub(crate) fn latest(lane: &mut DynReader) -> Result<Progress, RegionError> {
    let mut progress = Progress::default();
    lane.latest(bytemuck::bytes_of_mut(&mut progress))?;
    Ok(progress)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::FaultKind;

    #[test]
    fn a_lane_carries_what_its_worker_has_done() {
        let board = Board::new(2).unwrap();
        let mut readers = board.readers().unwrap();
        assert_eq!(latest(&mut readers[0]).unwrap(), Progress::default());
        let mut progress = Progress { bytes: 7, ..Progress::default() };
        progress.set_engine(Engine::Mmap);
        progress.set_fault(Fault::new(FaultKind::Shrunk, 9));
        board.writer(1).unwrap().publish(bytemuck::bytes_of(&progress)).unwrap();
        let read = latest(&mut readers[1]).unwrap();
        assert_eq!((read, read.engine()), (progress, Some(Engine::Mmap)));
        assert_eq!(read.fault(), Some(Fault::new(FaultKind::Shrunk, 9)));
        assert_eq!(latest(&mut readers[0]).unwrap().fault(), None);
    }

    #[test]
    fn every_part_is_taken_once() {
        let board = Board::new(1).unwrap();
        assert_eq!([board.take(), board.take(), board.take()], [0, 1, 2]);
    }
}
