//! The state of a region's writer, derived without asking any process.

use crate::clock::BootTime;
use crate::lock;
use crate::mapped_region::MappedRegion;
use crate::mapping;
use crate::writer_status::WriterStatus;
use channel::{Blocks, Memory};
use layout::header::StateWord;
use std::fmt;
use std::fs::File;
use std::time::Duration;

/// The state of a region's writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// A writer holds the region and sends heartbeats.
    Live,
    /// A writer holds the region but was silent for three periods (and at least half a second).
    /// Where the kernel does not report lock holders (a file system without locks), the heartbeat
    /// alone decides: then the writer may also have died.
    Stalled,
    /// The writer ended without closing: killed, or crashed. The last record stays readable.
    Dead,
    /// The writer closed the region. The last record stays readable.
    Closed,
    /// Another region has taken, or will take, this one's name.
    Retired,
    /// Left over from an earlier boot of the machine: the value is history.
    Stale,
}

impl State {
    /// Its name in every output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Stalled => "stalled",
            Self::Dead => "dead",
            Self::Closed => "closed",
            Self::Retired => "retired",
            Self::Stale => "stale",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Shortest silence of a stalled writer: shorter ones happen to any process on a busy machine.
const PATIENCE: Duration = Duration::from_millis(500);

/// How often to look again at a region that is just changing writers, before its state is reported.
const LOOKS: usize = 4;

/// The state of the region in `file`, mapped as `mapped`. One system call: about 0.2 us.
pub(crate) fn of(file: &File, mapped: &MappedRegion) -> State {
    let status = WriterStatus::of(mapped);
    for _ in 1..LOOKS {
        // A writer may begin or end between the looks at its lock and at its line: the answer
        // counts only if the line did not change around it.
        let before = (status.mark(), status.epoch());
        let lock = LockState::of(file);
        if before == (status.mark(), status.epoch()) {
            return judge(mapped, before.0, lock);
        }
    }
    judge(mapped, status.mark(), LockState::of(file))
}

/// The writer's lock, as reported by the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LockState {
    Held,
    Free,
    /// Unknown: the file system has no locks, or a sandbox refuses the call.
    Unknown,
}

impl LockState {
    fn of(file: &File) -> Self {
        match lock::is_taken(file) {
            Ok(true) => Self::Held,
            Ok(false) => Self::Free,
            Err(_) => Self::Unknown,
        }
    }
}

fn judge(mapped: &MappedRegion, mark: StateWord, lock: LockState) -> State {
    match mark {
        StateWord::Closed => State::Closed,
        StateWord::Retired => State::Retired,
        _ if is_of_another_boot(mapped, lock) => State::Stale,
        // No writer leaves `Invalid` behind: the page was lost, and only the lock shows whether there is a writer.
        StateWord::Live | StateWord::Invalid if lock == LockState::Free => State::Dead,
        StateWord::Live if is_overdue(mapped, BootTime::now()) => State::Stalled,
        StateWord::Live | StateWord::Invalid => State::Live,
    }
}

/// A sandbox may hide the boot id: then a lock that is held, or a sign of life that does not lie
/// in the future, decides.
pub(crate) fn is_of_another_boot(mapped: &MappedRegion, lock: LockState) -> bool {
    match mapped.is_of_this_boot() {
        Some(this_boot) => !this_boot,
        None => lock != LockState::Held && last_sign(mapped) > BootTime::now(),
    }
}

fn is_overdue(mapped: &MappedRegion, now: BootTime) -> bool {
    WriterStatus::of(mapped)
        .period()
        .is_some_and(|period| now.since(last_sign(mapped)) > period.saturating_mul(3).max(PATIENCE))
}

/// The later of the heartbeat and the newest publication.
pub(crate) fn last_sign(mapped: &MappedRegion) -> BootTime {
    let newest = match mapped.blocks() {
        None => published_at(mapped, mapped),
        Some(blocks) => {
            let block = blocks.changes().newest_block().filter(|block| blocks.has(*block));
            block.map_or(0, |block| published_at(mapped, &blocks.at(block)))
        }
    };
    WriterStatus::of(mapped).heartbeat().max(BootTime::from_nanos(newest))
}

/// When the newest record of a plain region or a block was published, in nanoseconds.
fn published_at(mapped: &MappedRegion, memory: &impl Memory) -> u64 {
    let slots = u64::from(mapped.header().slots);
    mapping::peek(&memory.slot(slot_of(mapping::peek(memory.head()), slots), 0)[1])
}

#[allow(clippy::cast_possible_truncation)] // less than `slots`, a u32
fn slot_of(sequence: u64, slots: u64) -> usize {
    (sequence % slots) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapped_region::Preamble;
    use crate::mapping::Access;
    use crate::options::Options;
    use crate::writer::DynWriter;
    use layout::header::offset;
    use layout::{Record, Stu};
    use rustix::fs::{Mode, OFlags};
    use std::os::unix::fs::FileExt;

    #[test]
    fn a_lock_that_cannot_be_probed_does_not_mean_dead() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stu.region");
        // Long enough for a busy machine, and shorter than it has been up.
        let options = Options::new().period(Duration::from_secs(5));
        let writer = DynWriter::open_with(&path, &Stu::schema(), &options).unwrap();
        let file = File::options().read(true).write(true).open(&path).unwrap();
        let header = Preamble::read(&file, &path).unwrap().header;
        let mapped = MappedRegion::map(&file, &path, &header, Access::Read).unwrap();
        // A descriptor without an open file: the question for its lock is EBADF.
        let mute = rustix::fs::open(&path, OFlags::PATH, Mode::empty()).map(File::from).unwrap();
        assert!(lock::is_taken(&mute).is_err());

        assert_eq!(of(&mute, &mapped), State::Live, "it has just shown a sign of life");
        file.write_all_at(&1_u64.to_le_bytes(), offset::HEARTBEAT as u64).unwrap();
        assert_eq!(of(&mute, &mapped), State::Stalled);
        assert_eq!(of(&file, &mapped), State::Stalled, "its lock is held");
        drop(writer);
        assert_eq!(of(&mute, &mapped), State::Closed);
    }
}
