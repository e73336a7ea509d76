//! The processes that are measured: a producer, a consumer, or the bare loop that a producer is compared with.

use bench::Failure;
use clap::Parser;
use layout::{Record, Stu};
use region::{BootTime, DynReader, DynWriter, Options, Publication};
use rustix::process::{Signal, set_parent_process_death_signal};
use rustix::thread::{ClockId, Timespec, clock_nanosleep_absolute};
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The argument that makes this program a bare loop; a tick and a region follow.
pub(crate) const BARE: &str = "--bare";
/// The argument that makes it a producer, whose arguments follow.
pub(crate) const PRODUCER: &str = "--producer";

/// The argument that makes it a consumer, whose arguments follow.
pub(crate) const CONSUMER: &str = "--consumer";

const NANOS: u64 = 1_000_000_000;

/// Publishes to the region at `path` each `tick` nanoseconds, as a program would that does nothing
/// else, until it is killed.
pub(crate) fn bare_loop(tick: &str, path: &Path) -> Result<(), Failure> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let tick: u64 = tick.parse()?;
    let options = Options::new().slots(65_536);
    let mut writer = DynWriter::open_with(path, &Stu::schema(), &options)?;
    let record = Stu::new(1, "xiaoming", 'm');
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let mut next = u64::try_from(now.tv_sec)? * NANOS + u64::try_from(now.tv_nsec)?;
    loop {
        next += tick;
        let until = Timespec {
            tv_sec: i64::try_from(next / NANOS)?,
            tv_nsec: i64::try_from(next % NANOS)?,
        };
        clock_nanosleep_absolute(ClockId::Monotonic, &until)?;
        writer.publish_at(bytemuck::bytes_of(&record), BootTime::now())?;
    }
}

/// Is a producer with these arguments.
pub(crate) fn produce(args: &[String]) -> Result<(), Failure> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let args = std::iter::once("producer").chain(args.iter().map(String::as_str));
    producer::run(&producer::cli::Args::try_parse_from(args)?)?;
    Ok(())
}

/// Is a consumer with these arguments.
pub(crate) fn consume(args: &[String]) -> Result<(), Failure> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let args = std::iter::once("consumer").chain(args.iter().map(String::as_str));
    consumer::run(&consumer::cli::Args::try_parse_from(args)?)?;
    Ok(())
}

/// A measured process, killed when it is dropped.
pub(crate) struct Measured(Child);

impl Measured {
    /// This program with `args`.
    pub(crate) fn start(args: &[&str]) -> Result<Self, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        Ok(Self(command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).spawn()?))
    }

    /// An error if it has ended.
    pub(crate) fn check(&mut self) -> Result<(), Failure> {
        match self.0.try_wait()? {
            None => Ok(()),
            Some(status) => Err(format!("the measured process has ended: {status}").into()),
        }
    }

    /// The processor time that it has used.
    pub(crate) fn processor_time(&self) -> Result<Duration, Failure> {
        let text = fs::read_to_string(format!("/proc/{}/schedstat", self.0.id()))?;
        let nanos = text.split(' ').next().ok_or("no figure in schedstat")?;
        Ok(Duration::from_nanos(nanos.parse()?))
    }

    /// A figure of its memory in KiB: `Pss`, `Rss` and others.
    pub(crate) fn memory(&self, name: &str) -> Result<u64, Failure> {
        let text = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.0.id()))?;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let number =
            line.and_then(|line| line.split_whitespace().next()).ok_or("no such figure")?;
        Ok(number.parse()?)
    }

    /// How many descriptors it has open.
    pub(crate) fn descriptors(&self) -> Result<usize, Failure> {
        Ok(fs::read_dir(format!("/proc/{}/fd", self.0.id()))?.count())
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The newest record of the region at `path`, if there is one.
pub(crate) fn newest(path: &Path) -> Option<Publication> {
    let mut reader = DynReader::open(path).ok()?;
    let mut record = vec![0; reader.schema().size() as usize];
    reader.latest(&mut record).ok()?
}

/// Waits until `ready` returns true, at most a minute.
pub(crate) fn wait_until(
    measured: &mut Measured,
    mut ready: impl FnMut() -> bool,
) -> Result<(), Failure> {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !ready() {
        measured.check()?;
        if Instant::now() > deadline {
            return Err("nothing is published within a minute".into());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}
