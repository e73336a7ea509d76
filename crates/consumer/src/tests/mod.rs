//! Whole runs against real regions: arguments in, lines and notices out.
//!
//! The region lives in a directory of the test's own, its writer in the same process. The loops
//! sleep through [`Script`], which runs the next step instead, and requests the stop after the last
//! one. So no test depends on how fast it runs.

mod bare;
mod begin;
mod columns;
mod formats;
mod health;
mod hostile;
mod instances;
mod lifecycle;
mod link;
mod membership;
mod reading;
mod selection;
mod timeout;
mod view;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use clap::Parser;
use daemon::{Exit, Passed};
use layout::{Record, RecordView, Schema, Stu};
use region::{DynWriter, Options};
use render::{Format, Reading, View};
use tempfile::TempDir;

use crate::cli::Args;
use crate::environment::Environment;
use crate::error::ConsumerError;
use crate::link::{LOOK, Link};
use crate::messages::Notice;
use crate::start;
use crate::target::Target;

/// One thing that happens while the consumer runs.
type Step = Box<dyn FnOnce()>;

/// Writes what a consumer prints of `record` in a bare file, with the header of CSV.
fn write_line(
    schema: &Schema,
    record: &[u8],
    format: Format,
    out: &mut impl io::Write,
) -> io::Result<()> {
    let record = RecordView::new(schema, record).unwrap();
    let mut renderer = View { format, ..View::default() }.of(schema).unwrap();
    renderer.render(&Reading { record, instance: None, origin: None }, out)
}

/// Turns of the loop after each step, in which it must be noticed.
const ROUNDS: u32 = 3;

/// What happens at each turn of the loop, given the number of lines that have been printed.
type Turn = Box<dyn FnMut(usize)>;

/// What happens when a notice is logged.
type Logging = Box<dyn FnMut(&str)>;

/// Runs the steps in place of time; collects output and log.
struct Script {
    steps: VecDeque<Step>,
    rounds: u32,
    turn: Option<Turn>,
    logging: Option<Logging>,
    out: Vec<u8>,
    /// Notices, and how many lines had been printed by then.
    logged: Vec<(usize, String)>,
}

impl Script {
    fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        let steps = steps.into_iter().collect();
        let (out, logged) = (Vec::new(), Vec::new());
        Self { steps, rounds: ROUNDS, turn: None, logging: None, out, logged }
    }

    /// How many lines have been printed.
    fn lines(&self) -> usize {
        String::from_utf8_lossy(&self.out).lines().count()
    }
}

impl Environment for Script {
    fn is_stopped(&self) -> bool {
        self.steps.is_empty() && self.rounds == 0
    }

    fn stdout_closed(&mut self) -> bool {
        false
    }

    fn stdout(&mut self) -> &mut dyn io::Write {
        &mut self.out
    }

    fn sleep(&mut self, _: Duration) -> Result<(), ConsumerError> {
        // Long enough for the next look to be due.
        std::thread::sleep(LOOK);
        self.rounds = self.rounds.saturating_sub(1);
        if self.rounds == 0
            && let Some(step) = self.steps.pop_front()
        {
            step();
            self.rounds = ROUNDS;
        }
        Ok(())
    }

    fn wait(&mut self, _: &mut Link, span: Duration) -> Result<(), ConsumerError> {
        self.sleep(span)
    }

    fn turn(&mut self, _: &Link, _: Option<u64>) {
        let lines = self.lines();
        if let Some(turn) = &mut self.turn {
            turn(lines);
        }
    }

    fn notify(&mut self, notice: &Notice) {
        self.logged.push((self.lines(), notice.to_string()));
        if let Some(logging) = &mut self.logging {
            logging(&notice.to_string());
        }
    }
}

/// A directory with one region and its writer.
struct Stage {
    dir: Rc<TempDir>,
    writer: Rc<RefCell<Option<DynWriter>>>,
}

/// The result of a run.
struct Played {
    out: String,
    /// The notices, each without the path it begins with.
    notices: Vec<String>,
    /// The lines that had been printed before each of them.
    lines_before: Vec<usize>,
    result: Result<(), ConsumerError>,
}

impl Stage {
    fn empty() -> Self {
        Self { dir: Rc::new(tempfile::tempdir().unwrap()), writer: Rc::default() }
    }

    /// With an empty region of students.
    fn of_students() -> Self {
        let stage = Self::empty();
        stage.opens(&Stu::schema())();
        stage
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("x.region")
    }

    /// A writer opens the region: creates, resumes or replaces it.
    fn opens(&self, schema: &Schema) -> Step {
        let (writer, path, schema) = (Rc::clone(&self.writer), self.path(), schema.clone());
        Box::new(move || {
            *writer.borrow_mut() =
                Some(DynWriter::open_with(&path, &schema, &Options::new()).unwrap());
        })
    }

    fn with_writer(&self, act: impl FnOnce(&mut DynWriter) + 'static) -> Step {
        let writer = Rc::clone(&self.writer);
        Box::new(move || act(writer.borrow_mut().as_mut().expect("a writer")))
    }

    /// Students with these numbers are published, one after the other.
    fn publishes(&self, ids: impl IntoIterator<Item = i32> + 'static) -> Step {
        self.with_writer(move |writer| {
            for id in ids {
                writer.publish(bytemuck::bytes_of(&Stu::new(id, "xiaoming", 'm'))).unwrap();
            }
        })
    }

    fn publishes_bytes(&self, record: &[u8]) -> Step {
        let record = record.to_vec();
        self.with_writer(move |writer| assert!(writer.publish(&record).is_ok()))
    }

    /// The writer closes the region.
    fn closes(&self) -> Step {
        let writer = Rc::clone(&self.writer);
        Box::new(move || drop(writer.borrow_mut().take()))
    }

    /// The writer dies: its lock is released, its mark stays.
    fn dies(&self) -> Step {
        let writer = Rc::clone(&self.writer);
        Box::new(move || {
            let writer = writer.borrow_mut().take().expect("a writer");
            let crash = std::thread::spawn(move || {
                let _dropped_while_panicking = writer;
                std::panic::resume_unwind(Box::new(()));
            });
            crash.join().expect_err("it panicked");
        })
    }

    /// Something happens to the file.
    fn file(&self, act: impl FnOnce(&Path) + 'static) -> Step {
        let path = self.path();
        Box::new(move || act(&path))
    }

    /// Several things happen at once.
    fn with_region(&self, act: impl FnOnce(&Self) + 'static) -> Step {
        let stage = Self { dir: Rc::clone(&self.dir), writer: Rc::clone(&self.writer) };
        Box::new(move || act(&stage))
    }

    /// The command line `consumer PATH ARGS`.
    fn parsed(&self, args: &[&str]) -> Args {
        let path = self.path();
        let all = ["consumer", path.to_str().unwrap()].into_iter().chain(args.iter().copied());
        Args::try_parse_from(all).unwrap()
    }

    /// Runs `consumer PATH ARGS` while `steps` happen, one after the other.
    fn play(&self, args: &[&str], steps: impl IntoIterator<Item = Step>) -> Played {
        self.play_source(self.path().to_str().unwrap(), args, steps)
    }

    /// As [`play`](Self::play), with `source` as the first argument.
    fn play_source(
        &self,
        source: &str,
        args: &[&str],
        steps: impl IntoIterator<Item = Step>,
    ) -> Played {
        self.play_script(source, args, Script::new(steps))
    }

    /// Runs `consumer PATH ARGS`, and `turn` at each turn of its loop.
    fn play_turns(&self, args: &[&str], turn: Turn) -> Played {
        let script = Script { turn: Some(turn), ..Script::new([]) };
        self.play_script(self.path().to_str().unwrap(), args, script)
    }

    fn play_script(&self, source: &str, args: &[&str], mut script: Script) -> Played {
        let all = ["consumer", source].into_iter().chain(args.iter().copied());
        let args = Args::try_parse_from(all).unwrap();
        let target = Target::resolve(args.source.as_ref(), Passed::default()).unwrap();
        let result = start(&args, target, &mut script);
        let out = String::from_utf8(script.out).unwrap();
        let (lines_before, notices): (Vec<_>, Vec<_>) = script.logged.into_iter().unzip();
        let prefix = format!("{}: ", self.path().display());
        let notices = notices.iter().map(|line| line.replace(&prefix, "")).collect();
        Played { out, notices, lines_before, result }
    }
}

impl Played {
    #[track_caller]
    fn lines(&self) -> Vec<&str> {
        if let Err(error) = &self.result {
            panic!("{error}; notices {:?}", self.notices);
        }
        self.out.lines().collect()
    }

    /// The numbers of the students that were printed as text.
    #[track_caller]
    fn ids(&self) -> Vec<i32> {
        let id = |line: &str| line.strip_prefix("id=")?.split('\t').next()?.parse().ok();
        self.lines().into_iter().map(|line| id(line).expect("a student")).collect()
    }

    /// Exit code and message of a run that failed.
    #[track_caller]
    fn failure(&self) -> (Exit, String) {
        let error = self.result.as_ref().expect_err("it should fail");
        (error.exit(), error.to_string())
    }

    /// Each notice up to its first colon, comma or semicolon: its keyword.
    fn words(&self) -> Vec<&str> {
        self.notices.iter().map(|line| line.split([':', ',', ';']).next().unwrap()).collect()
    }
}
