//! All measurements, in rounds: within a round the contenders of a row take turns.
//!
//! Each measurement has a directory in memory and one or two processes of its own. If one of them
//! fails, or both are not done by the deadline, that measurement has a failure instead of figures,
//! and the others are not affected.

use crate::contenders::{self, Contender};
use crate::figures::Figures;
use crate::library::Work;
use crate::record::{SIZES, size_name};
use crate::side::{Effort, Report, Seat};
use crate::{Failure, alone, pair};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Where directories are made: memory, for a disk is not what is measured.
const MEMORY: &str = "/dev/shm";
const PREFIX: &str = "mapcast-compare-";
const DEADLINE: Duration = Duration::from_mins(1);

/// How much is measured, and so how long it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Scale {
    /// To see that it works: milliseconds for each measurement.
    Test,
    /// 28 bytes, three rounds.
    Quick,
    /// All sizes.
    Full,
}

impl Scale {
    /// Rounds, unless the caller wants others.
    pub fn rounds(self) -> usize {
        match self {
            Self::Test => 1,
            Self::Quick => 3,
            Self::Full => 9,
        }
    }

    /// Sizes of the records.
    pub fn sizes(self) -> &'static [usize] {
        if self == Self::Quick { &SIZES[..1] } else { &SIZES }
    }

    /// The effort of one measurement.
    pub fn effort(self) -> Effort {
        let millis = Duration::from_millis;
        let (batch, batches, contended, trips) = match self {
            Self::Test => (Duration::from_micros(1), 3, millis(1), 3),
            Self::Quick => (Duration::from_micros(100), 100, millis(50), 200),
            Self::Full => (Duration::from_micros(100), 200, millis(100), 400),
        };
        Effort { alone: alone::Effort { batch, batches }, pair: pair::Effort { contended, trips } }
    }
}

/// What is run.
#[derive(Clone, Debug)]
pub struct Race {
    /// The program whose subcommand `side` is a process of a measurement.
    pub program: PathBuf,
    /// How much.
    pub scale: Scale,
    /// How often.
    pub rounds: usize,
}

impl Race {
    /// Runs all of it. `progress` gets a line before each row of each round.
    pub fn run(&self, mut progress: impl FnMut(&str)) -> Result<Figures, Failure> {
        let mut figures = Figures::default();
        let all = contenders::all();
        for round in 0..self.rounds {
            for (size, work) in rows(self.scale.sizes()) {
                let (of, name) = (self.rounds, size_name(size));
                progress(&format!("round {} of {of}: {name}, {}", round + 1, work.title()));
                let mut turn: Vec<&Contender> =
                    all.iter().filter(|contender| contender.does(work, size)).collect();
                let first = round % turn.len().max(1);
                turn.rotate_left(first);
                for contender in turn {
                    figures.add(contender.name, work, size, self.measure(contender, work, size));
                }
            }
        }
        Ok(figures)
    }

    fn measure(&self, contender: &Contender, work: Work, size: usize) -> Result<Report, Failure> {
        let arena = Arena::new()?;
        let start = |seat| self.start(&arena, contender, work, size, seat);
        let mut sides = vec![start(Seat::Lead)?];
        if work.takes_two() {
            sides.push(start(Seat::Partner)?);
        }
        wait(&mut sides)?;
        fs::read_to_string(arena.output(Seat::Lead))?.parse()
    }

    fn start(
        &self,
        arena: &Arena,
        contender: &Contender,
        work: Work,
        size: usize,
        seat: Seat,
    ) -> Result<Side, Failure> {
        let errors = arena.errors(seat);
        let child = Command::new(&self.program)
            .args(["side", "--contender", contender.name, "--work", work.name()])
            .args([
                "--size",
                &size.to_string(),
                "--seat",
                &value(&seat),
                "--scale",
                &value(&self.scale),
            ])
            .arg("--dir")
            .arg(arena.dir.path())
            .env_clear()
            .stdout(File::create(arena.output(seat))?)
            .stderr(File::create(&errors)?)
            .spawn()?;
        Ok(Side { child, errors, ended: None })
    }
}

/// The name of an argument's value.
fn value(of: &impl clap::ValueEnum) -> String {
    of.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

fn rows(sizes: &[usize]) -> impl Iterator<Item = (usize, Work)> {
    sizes.iter().flat_map(|&size| Work::ALL.into_iter().map(move |work| (size, work)))
}

/// The directory of one measurement, and what a library put beside it.
struct Arena {
    dir: TempDir,
}

impl Arena {
    fn new() -> io::Result<Self> {
        let dir = tempfile::Builder::new().prefix(PREFIX).tempdir_in(MEMORY)?;
        Ok(Self { dir })
    }

    fn output(&self, seat: Seat) -> PathBuf {
        self.dir.path().join(format!("{seat:?}.out"))
    }

    fn errors(&self, seat: Seat) -> PathBuf {
        self.dir.path().join(format!("{seat:?}.err"))
    }
}

impl Drop for Arena {
    /// Shared memory of iceoryx2 is beside the directory, with the directory's name before its own;
    /// a process that was killed leaves it.
    fn drop(&mut self) {
        let Some(name) = self.dir.path().file_name().map(|name| name.to_string_lossy()) else {
            return;
        };
        let beside = format!("{name}_");
        for entry in fs::read_dir(MEMORY).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(&beside) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// A process of a measurement.
struct Side {
    child: Child,
    errors: PathBuf,
    ended: Option<ExitStatus>,
}

impl Side {
    fn failure(&self) -> Option<Failure> {
        let status = self.ended.filter(|status| !status.success())?;
        let said = last_line(&self.errors);
        Some(if said.is_empty() { status.to_string() } else { said }.into())
    }
}

impl Drop for Side {
    fn drop(&mut self) {
        if self.ended.is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

fn last_line(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().last().unwrap_or_default();
    line.trim_start_matches("mapcast-compare: ").to_owned()
}

/// Waits until all have ended; the first failure is enough.
fn wait(sides: &mut [Side]) -> Result<(), Failure> {
    let deadline = Instant::now() + DEADLINE;
    while Instant::now() < deadline {
        for side in &mut *sides {
            side.ended = side.child.try_wait()?;
            if let Some(failure) = side.failure() {
                return Err(failure);
            }
        }
        if sides.iter().all(|side| side.ended.is_some()) {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(2));
    }
    Err(format!("not done within {} s", DEADLINE.as_secs()).into())
}
