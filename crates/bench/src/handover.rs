//! The time from the SIGKILL of a holder to the take-over of its lock or region by a successor.
//!
//! ```text
//!   this process              the holder                    the next one, on the other processor
//!                             holds the lock                sleeps in F_OFD_SETLKW (ours: in poll)
//!   kill (the clock starts)   ends; the kernel cleans up
//!                             and frees the lock      --->  wakes
//!                                                           bare: the clock stops
//!                                                           ours: takes over, publishes, then it stops
//!   starts one more                                         is the holder now
//! ```
//!
//! Both sides contain the end of a process: that is the larger part of either. Each batch is one
//! hand-over; the start of a process, which takes longer, is not in the measured time.

use crate::records::stu;
use crate::{Batch, Failure, machine};
use clap::Parser;
use layout::{Record, Stu};
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc::{self, flock};
use producer::cli::Args;
use region::{BootTime, DynWriter, Options, Reader, Step};
use rustix::process::{Signal, set_parent_process_death_signal};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::iter::Cycle;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::slice::Iter;
use std::thread;
use std::time::Duration;

/// The system calls that wait for a lock, or for the file to be closed.
#[cfg(target_arch = "x86_64")]
const WAITS: &[libc::c_long] = &[libc::SYS_fcntl, libc::SYS_ppoll, libc::SYS_poll];
/// Newer architectures have no `poll`.
#[cfg(not(target_arch = "x86_64"))]
const WAITS: &[libc::c_long] = &[libc::SYS_fcntl, libc::SYS_ppoll];

/// What is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handover {
    /// A lock, by two plain processes: the bare limit.
    Lock,
    /// A region, by a standby of the library.
    Region,
    /// A region, by `producer --standby`.
    Producer,
}

impl Handover {
    /// Its name on a holder's command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lock => "lock",
            Self::Region => "region",
            Self::Producer => "producer",
        }
    }

    /// The handover called `name`.
    pub fn called(name: &str) -> Result<Self, Failure> {
        let all = [Self::Lock, Self::Region, Self::Producer];
        let found = all.into_iter().find(|handover| handover.name() == name);
        found.ok_or_else(|| format!("no such handover: {name}").into())
    }
}

/// Passes a lock or a region from process to process, alternating between `processors`. `holder` makes a
/// command that calls [`hold`] with the name of `what`, the path and the processor as its last arguments.
pub fn over<'a>(
    what: Handover,
    dir: &Path,
    processors: &'a [usize],
    holder: impl Fn() -> Result<Command, Failure> + 'a,
) -> Batch<'a> {
    let path = dir.join(format!("handover-{}", what.name()));
    let processors = processors.iter().cycle();
    let mut relay = Relay { what, path, processors, holder, current: None, reader: None };
    Box::new(move |times| (0..times).map(|_| relay.pass()).sum())
}

struct Relay<'a, F> {
    what: Handover,
    path: PathBuf,
    processors: Cycle<Iter<'a, usize>>,
    holder: F,
    current: Option<Holder>,
    /// Of what a producer publishes, from its first record on.
    reader: Option<Reader<Stu>>,
}

impl<F: Fn() -> Result<Command, Failure>> Relay<'_, F> {
    /// One hand-over: returns the time from the kill on.
    fn pass(&mut self) -> Result<Duration, Failure> {
        let current = self.current.take().map_or_else(|| self.first(), Ok)?;
        let mut next = self.start()?;
        next.is_asleep()?;
        let start = BootTime::now();
        drop(current); // SIGKILL
        let end = self.moment(&mut next)?;
        self.current = Some(next);
        Ok(end.since(start))
    }

    /// A holder that has it because no other process does.
    fn first(&mut self) -> Result<Holder, Failure> {
        let mut first = self.start()?;
        self.moment(&mut first)?;
        Ok(first)
    }

    /// When `holder` had the lock or the region.
    fn moment(&mut self, holder: &mut Holder) -> Result<BootTime, Failure> {
        if self.what != Handover::Producer {
            return holder.moment();
        }
        // A producer does not print it, but its record has it.
        let reader = match &mut self.reader {
            Some(reader) => reader,
            none => none.insert(attach(&self.path)?),
        };
        for _ in 0..SLEEPS {
            if let Step::Record(sample) = reader.next()? {
                return Ok(sample.publication.published_at);
            }
            reader.wait(SLEEP)?;
        }
        Err("a producer does not publish".into())
    }

    fn start(&mut self) -> Result<Holder, Failure> {
        let mut command = (self.holder)()?;
        let processor = self.processors.next().ok_or("no processor to be used")?;
        command.arg(self.what.name()).arg(&self.path).arg(processor.to_string());
        Holder::start(&mut command)
    }
}

/// How often, and how long, a sleep for a record may last.
const SLEEPS: u32 = 200;
const SLEEP: Duration = Duration::from_millis(50);

/// Attaches to a region that is still to be made.
fn attach(path: &Path) -> Result<Reader<Stu>, Failure> {
    for _ in 0..SLEEPS {
        match Reader::open(path) {
            Err(err) if err.is_not_there() => thread::sleep(SLEEP),
            attached => return Ok(attached?),
        }
    }
    Err("a producer makes no region".into())
}

/// A process that holds the lock or the region, or will. Dropping it kills it.
struct Holder {
    child: Child,
    answers: BufReader<ChildStdout>,
    /// Its end of it: it does not outlive this process.
    _orders: Option<ChildStdin>,
}

impl Holder {
    fn start(command: &mut Command) -> Result<Self, Failure> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let answers = BufReader::new(child.stdout.take().ok_or("a holder has no output")?);
        Ok(Self { _orders: child.stdin.take(), child, answers })
    }

    /// When it had the lock or the region.
    fn moment(&mut self) -> Result<BootTime, Failure> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let nanos = line.trim().parse().map_err(|_| format!("a holder printed {line:?}"))?;
        Ok(BootTime::from_nanos(nanos))
    }

    /// Waits until one of its threads sleeps for the lock: in `fcntl`, or a standby in `poll`, until
    /// the file is closed.
    fn is_asleep(&self) -> Result<(), Failure> {
        const TRIES: usize = 20_000;
        let tasks = format!("/proc/{}/task", self.child.id());
        let sleeps = |task: std::fs::DirEntry| {
            let call = std::fs::read_to_string(task.path().join("syscall")).unwrap_or_default();
            let number = call.split(' ').next().and_then(|number| number.parse().ok());
            number.is_some_and(|number| WAITS.contains(&number))
        };
        for _ in 0..TRIES {
            if std::fs::read_dir(&tasks)?.flatten().any(sleeps) {
                return Ok(());
            }
            thread::sleep(Duration::from_micros(100));
        }
        Err("a holder does not wait for the lock".into())
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a holder process does: waits for the lock or the region, writes when it had it, and keeps it
/// until it is killed, or `orders` end.
pub fn hold(
    handover: &str,
    path: &Path,
    processor: &str,
    mut orders: impl Read,
    mut answers: impl Write,
) -> Result<(), Failure> {
    machine::go_to(processor.parse()?)?;
    let (moment, _held) = match Handover::called(handover)? {
        Handover::Lock => take_lock(path)?,
        Handover::Region => take_region(path)?,
        Handover::Producer => return produce(path),
    };
    writeln!(answers, "{}", moment.as_nanos())?;
    answers.flush()?;
    orders.read_to_end(&mut Vec::new())?;
    Ok(())
}

/// What must not be dropped while it is held.
type Held = Box<dyn std::any::Any>;

fn take_lock(path: &Path) -> Result<(BootTime, Held), Failure> {
    let file = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
    let kind = |value: i32| i16::try_from(value);
    let whole = flock {
        l_type: kind(libc::F_WRLCK)?,
        l_whence: kind(libc::SEEK_SET)?,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    fcntl(&file, FcntlArg::F_OFD_SETLKW(&whole))?;
    Ok((BootTime::now(), Box::new(file)))
}

/// Runs a producer that publishes once and then not for a long time.
fn produce(path: &Path) -> Result<(), Failure> {
    // It does not read its orders: this ends it with its parent.
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let path = path.as_os_str();
    let words = ["producer", "--standby", "--tick", "1h", "--region"].map(OsStr::new);
    producer::run(&Args::try_parse_from(words.into_iter().chain([path]))?)?;
    Ok(())
}

fn take_region(path: &Path) -> Result<(BootTime, Held), Failure> {
    let (schema, options) = (Stu::schema(), Options::new());
    let record = stu(1);
    let writer = DynWriter::open_standby(path, &schema, &options, |_| {}, || false)?;
    let mut writer = writer.ok_or("the standby was not to stop")?;
    writer.publish(bytemuck::bytes_of(&record))?;
    Ok((BootTime::now(), Box::new(writer)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{PipeReader, pipe};

    /// A holder as a thread: its orders, and its answers.
    fn holder(handover: Handover, path: &Path) -> (impl Write + use<>, BufReader<PipeReader>) {
        let (their_orders, orders) = pipe().unwrap();
        let (answers, their_answers) = pipe().unwrap();
        let (path, processor) = (path.to_owned(), machine::usable().unwrap()[0].to_string());
        thread::spawn(move || {
            hold(handover.name(), &path, &processor, their_orders, their_answers)
        });
        (orders, BufReader::new(answers))
    }

    fn moment(answers: &mut impl BufRead) -> u64 {
        let mut line = String::new();
        answers.read_line(&mut line).unwrap();
        line.trim().parse().expect("a moment")
    }

    #[test]
    fn the_next_holder_has_it_when_the_first_one_ends_and_not_before() {
        let dir = tempfile::tempdir().unwrap();
        for handover in [Handover::Lock, Handover::Region] {
            let path = dir.path().join(handover.name());
            let (orders, mut answers) = holder(handover, &path);
            moment(&mut answers);
            let (_next_orders, mut next_answers) = holder(handover, &path);
            let ended = BootTime::now().as_nanos();
            drop(orders);
            assert!(moment(&mut next_answers) > ended, "{handover:?}");
        }
    }

    #[test]
    fn a_handover_is_called_by_its_name() {
        assert_eq!(Handover::called(Handover::Region.name()).unwrap(), Handover::Region);
        assert!(Handover::called("crown").is_err());
    }
}
