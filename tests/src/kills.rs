//! Writers at full speed, killed at random moments while readers read.
//!
//! Invariant: after each death every record that a reader can get is checked before the next writer
//! starts; the first number that it publishes must be the next one.
//!
//! ```text
//!   writers    ready 1 =====X   ready 88,214 ==X   ready 102,530 ========X     publish without a pause
//!   hot        latest, latest, ...   and   next, next, ...                    all the time, all checked
//!   after X    one attached before and a new one: both have the last complete record
//! ```
//!
//! Price: some 3 ms for each kill.

use std::fmt;
use std::ops::AddAssign;
use std::path::Path;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;
use std::time::Duration;

use region::{DynReader, RegionError, RegionErrorKind, State, Step};

use crate::region_dump::{RegionDump, Unannounced};
use crate::torn::{self, Verdict};
use crate::{Place, Program, Tally};

/// Record sizes and numbers of slots: words, and large copies by assembly.
pub const SHAPES: [(u32, u32); 3] = [(28, 8), (4096, 8), (65_536, 4)];

/// Reads between two checks for the end.
const READS: u32 = 256;

/// The results of all kills.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Toll {
    /// Writers killed.
    pub kills: u64,
    /// Of these, while writing a record.
    pub writing: u64,
    /// Of these, with a complete record that head did not name.
    pub unannounced: u64,
    /// Deaths after which a reader had no record.
    pub lost: u64,
    /// Records that were torn or had the wrong number.
    pub torn: u64,
    /// Records older than an earlier one of the same reader, or skipped without a report.
    pub backward: u64,
    /// Writers that published a number that a reader had read before.
    pub twice: u64,
    /// Writers that left a number out.
    pub skipped: u64,
    /// Deaths after which the state was not dead.
    pub not_dead: u64,
    /// Records read in all.
    pub records: u64,
}

impl Toll {
    /// The sum of the counts that must be 0.
    pub fn faults(&self) -> u64 {
        self.lost + self.torn + self.backward + self.twice + self.skipped + self.not_dead
    }
}

impl AddAssign for Toll {
    fn add_assign(&mut self, other: Self) {
        self.kills += other.kills;
        self.writing += other.writing;
        self.unannounced += other.unannounced;
        self.lost += other.lost;
        self.torn += other.torn;
        self.backward += other.backward;
        self.twice += other.twice;
        self.skipped += other.skipped;
        self.not_dead += other.not_dead;
        self.records += other.records;
    }
}

impl fmt::Display for Toll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kills, writing, unannounced, lost, torn, backward, .. } = self;
        let Self { twice, skipped, not_dead, records, .. } = self;
        write!(f, "kills={kills} writing={writing} unannounced={unannounced} lost={lost} ")?;
        write!(f, "torn={torn} backward={backward} twice={twice} skipped={skipped} ")?;
        write!(f, "not_dead={not_dead} records={records}")
    }
}

/// Kills `times` writers of records of `size` bytes in `slots` slots. `progress` is called after
/// each.
///
/// # Panics
/// If a writer does not start.
pub fn kill(
    writer: &Program,
    (size, slots): (u32, u32),
    times: u64,
    mut progress: impl FnMut(&Toll),
) -> Toll {
    let place = Place::new();
    let path = place.path("hot.region");
    let mut toll = Toll::default();
    let mut newest = 0;
    let mut steady = None;
    let mut hot: Vec<Hot> = Vec::new();
    for _ in 0..times {
        let line = format!("{} {size} {slots}", path.display());
        let mut daemon = writer.start_with_input(&place, &line);
        let ready = daemon.out_line("ready", |line| line.starts_with("ready "));
        let first: u64 = ready.trim_start_matches("ready ").parse().expect("ready N");
        toll.twice += u64::from(first <= newest);
        toll.skipped += u64::from(first > newest + 1);
        if hot.is_empty() {
            hot = [Mode::Latest, Mode::Follow].map(|mode| Hot::start(&path, mode)).into();
        }
        let steady = steady.get_or_insert_with(|| Onlooker::attach(&path));
        // A random moment, not synchronisation.
        thread::sleep(Duration::from_micros(fastrand::u64(0..1_000)));
        daemon.kill9();
        toll.kills += 1;
        count_stage(&path, &mut toll);
        newest = newest.max(steady.look(&mut toll)).max(Onlooker::attach(&path).look(&mut toll));
        progress(&toll);
    }
    for tally in hot.into_iter().map(Hot::end) {
        toll.records += tally.records;
        toll.torn += tally.torn + tally.misnumbered;
        toll.backward += tally.backward + tally.lost;
    }
    toll
}

/// Counts how far the dead writer's record had got.
fn count_stage(path: &Path, toll: &mut Toll) {
    match RegionDump::of(path).map(|dump| dump.unannounced()) {
        Some(Unannounced::Writing) => toll.writing += 1,
        Some(Unannounced::Complete) => toll.unannounced += 1,
        Some(Unannounced::None) => {}
        None => toll.lost += 1,
    }
}

/// A reader that checks what a death has left.
#[derive(Debug)]
struct Onlooker {
    reader: DynReader,
    record: Vec<u8>,
    newest: u64,
}

impl Onlooker {
    fn attach(path: &Path) -> Self {
        let reader = DynReader::open(path).expect("a region with a writer, dead or not");
        let record = vec![0; reader.schema().size() as usize];
        Self { reader, record, newest: 0 }
    }

    /// Reads everything; returns the newest number.
    fn look(&mut self, toll: &mut Toll) -> u64 {
        toll.not_dead += u64::from(self.reader.state() != State::Dead);
        match self.reader.latest(&mut self.record) {
            Ok(Some(publication)) => self.judge(publication.sequence, toll),
            Ok(None) | Err(_) => toll.lost += 1,
        }
        loop {
            match self.reader.next(&mut self.record) {
                // It may be older than what `latest` returned; only newer records matter.
                Ok(Step::Record(publication)) if publication.sequence > self.newest => {
                    self.judge(publication.sequence, toll);
                }
                Ok(Step::Record(_) | Step::Missed(_)) => {}
                Ok(Step::Pending) => return self.newest,
                Err(_) => {
                    toll.lost += 1;
                    return self.newest;
                }
            }
        }
    }

    fn judge(&mut self, sequence: u64, toll: &mut Toll) {
        let whole = torn::judge(&self.record, sequence) == Verdict::Whole;
        toll.torn += u64::from(!whole);
        toll.backward += u64::from(sequence < self.newest);
        self.newest = self.newest.max(sequence);
    }
}

/// How a hot reader reads.
#[derive(Clone, Copy, Debug)]
enum Mode {
    Latest,
    Follow,
}

/// A reader that reads all the time.
#[derive(Debug)]
struct Hot {
    thread: thread::JoinHandle<Tally>,
    /// It ends when this is dropped.
    stop: std::sync::mpsc::Sender<()>,
}

impl Hot {
    fn start(path: &Path, mode: Mode) -> Self {
        let (stop, stopped) = channel();
        let reader = DynReader::open(path).expect("a region with a writer");
        let thread = thread::spawn(move || read_until(&stopped, reader, mode));
        Self { thread, stop }
    }

    fn end(self) -> Tally {
        drop(self.stop);
        self.thread.join().expect("a reader that does not panic")
    }
}

fn read_until(stopped: &Receiver<()>, mut reader: DynReader, mode: Mode) -> Tally {
    let mut record = vec![0; reader.schema().size() as usize];
    let mut tally = Tally::default();
    while stopped.try_recv() == Err(TryRecvError::Empty) {
        for _ in 0..READS {
            match read(&mut reader, &mut record, mode, &mut tally) {
                Err(err) if matches!(err.kind(), RegionErrorKind::Unstable) => tally.unstable += 1,
                Err(err) => panic!("a reader lost its region: {err}"),
                Ok(()) => {}
            }
        }
    }
    tally
}

fn read(
    reader: &mut DynReader,
    record: &mut [u8],
    mode: Mode,
    tally: &mut Tally,
) -> Result<(), RegionError> {
    match mode {
        Mode::Latest => {
            if let Some(publication) = reader.latest(record)? {
                tally.record(record, publication);
            }
        }
        Mode::Follow => match reader.next(record)? {
            Step::Record(publication) => tally.next_record(record, publication),
            Step::Missed(missed) => tally.missed(missed),
            Step::Pending => {}
        },
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_fault_is_counted() {
        let fine = Toll { kills: 9, writing: 4, unannounced: 1, records: 77, ..Toll::default() };
        assert_eq!(fine.faults(), 0);
        let one = |change: fn(&mut Toll)| {
            let mut toll = fine.clone();
            change(&mut toll);
            toll.faults()
        };
        assert_eq!(one(|toll| toll.lost = 1) + one(|toll| toll.torn = 1), 2);
        assert_eq!(one(|toll| toll.backward = 1) + one(|toll| toll.twice = 1), 2);
        assert_eq!(one(|toll| toll.skipped = 1) + one(|toll| toll.not_dead = 1), 2);
    }
}
