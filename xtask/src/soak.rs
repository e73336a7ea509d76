//! `cargo xtask soak`: reads for as long as one likes, at full speed, and counts what was wrong.
//!
//! Invariant: a reader that saw anything torn, misnumbered, backward or silently lost fails the
//! command, and so does a run in which no region was ever replaced.
//!
//! ```text
//!   for every record size, in rounds:
//!     readers   one takes the latest, one follows; both until the round is over
//!     writers   one after the other, each killed (SIGKILL) while it publishes:
//!               slots 4, 4, 8, 8, 64, 64 ...    the same again: taken over in place
//!                                               another number: the file is replaced, re-attached
//! ```
//!
//! Price: two processors at full load.

use std::io::{BufRead as _, BufReader, IsTerminal as _, Read as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::tools::{Fallible, cargo, done, target_directory};

/// Bytes of a record: words, their rests, and copies by assembly.
const SIZES: [u32; 8] = [4, 28, 64, 248, 256, 1020, 4096, 65_536];
/// Slots of the writers of one round, one after the other.
const SLOTS: [u32; 8] = [4, 4, 8, 8, 64, 64, 1024, 4];
const MODES: [&str; 2] = ["latest", "follow"];
/// How long one writer publishes before it is killed.
const TURN: Duration = Duration::from_millis(500);

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Go on for so long; at least one round of all sizes is made (about half a minute)
    #[arg(long, value_name = "N", default_value_t = 10)]
    minutes: u64,
}

/// What the readers count, in the words of the program `torn_reader`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Tally {
    records: u64,
    fresh: u64,
    faults: [u64; FAULTS.len()],
    missed: u64,
    unstable: u64,
    retries: u64,
    reattached: u64,
}

/// What must never be counted.
const FAULTS: [&str; 4] = ["torn", "misnumbered", "backward", "lost"];

impl Tally {
    fn add(&mut self, other: &Self) {
        self.records += other.records;
        self.fresh += other.fresh;
        for (mine, others) in self.faults.iter_mut().zip(other.faults) {
            *mine += others;
        }
        self.missed += other.missed;
        self.unstable += other.unstable;
        self.retries += other.retries;
        self.reattached += other.reattached;
    }

    /// Of a line such as `records=12 torn=0 ...`.
    fn parse(line: &str) -> Fallible<Self> {
        let count = |what: &str| -> Fallible<u64> {
            let mut words = line.split_whitespace().filter_map(|word| word.split_once('='));
            let found = words.find(|(name, _)| *name == what);
            let (_, count) = found.ok_or_else(|| format!("no count of {what} in {line:?}"))?;
            Ok(count.parse()?)
        };
        let mut faults = [0; FAULTS.len()];
        for (fault, name) in faults.iter_mut().zip(FAULTS) {
            *fault = count(name)?;
        }
        Ok(Self {
            records: count("records")?,
            fresh: count("fresh")?,
            faults,
            missed: count("missed")?,
            unstable: count("unstable")?,
            retries: count("retries")?,
            reattached: count("reattached")?,
        })
    }

    /// Why this is no success; `None` if it is one.
    fn complaint(&self) -> Option<String> {
        let wrong = self.faults.iter().zip(FAULTS).find(|(count, _)| **count > 0);
        if let Some((count, name)) = wrong {
            return Some(format!("{count} records {name}"));
        }
        let idle = self.fresh == 0 || self.missed == 0 || self.reattached == 0;
        idle.then(|| "the readers were never pressed: nothing fresh, missed or replaced".to_owned())
    }

    fn row(&self, first: &str) -> String {
        let [torn, misnumbered, backward, lost] = self.faults;
        let Self { records, fresh, missed, unstable, retries, reattached, .. } = self;
        format!(
            "{first:>7} {records:>14} {fresh:>14} {torn:>5} {misnumbered:>8} {backward:>8} {lost:>5} \
             {missed:>14} {retries:>11} {unstable:>8} {reattached:>10}"
        )
    }
}

const HEADINGS: &str = "  bytes          reads    not the same  torn misnumb. backward  lost         \
                        missed     retries unstable reattached";

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let programs = build()?;
    let start = Instant::now();
    let span = Duration::from_secs(arguments.minutes * 60);
    let mut by_size = vec![Tally::default(); SIZES.len()];
    let mut rounds = 0;
    while rounds == 0 || start.elapsed() < span {
        for (size, tally) in SIZES.into_iter().zip(&mut by_size) {
            tally.add(&read_under_fire(&programs, size)?);
        }
        rounds += 1;
        progress(rounds, start.elapsed(), &by_size);
    }
    let mut total = Tally::default();
    println!("{HEADINGS}");
    for (size, tally) in SIZES.into_iter().zip(&by_size) {
        println!("{}", tally.row(&size.to_string()));
        total.add(tally);
    }
    println!("{}\n{} s, {rounds} rounds", total.row("all"), start.elapsed().as_secs());
    match total.complaint() {
        None => Ok(()),
        Some(complaint) => Err(complaint.into()),
    }
}

/// A line for whoever waits, on a terminal only.
fn progress(rounds: u32, elapsed: Duration, by_size: &[Tally]) {
    if std::io::stderr().is_terminal() {
        let records: u64 = by_size.iter().map(|tally| tally.records).sum();
        let faults: u64 = by_size.iter().flat_map(|tally| tally.faults).sum();
        eprintln!("round {rounds}, {} s: {records} reads, {faults} wrong", elapsed.as_secs());
    }
}

/// The two programs under test.
struct Programs {
    reader: std::path::PathBuf,
    writer: std::path::PathBuf,
}

fn build() -> Fallible<Programs> {
    let bins = ["--bin", "torn_reader", "--bin", "torn_writer"];
    done(cargo().args(["build", "--release", "--quiet", "--package", "e2e"]).args(bins))?;
    let release = target_directory()?.join("release");
    Ok(Programs { reader: release.join("torn_reader"), writer: release.join("torn_writer") })
}

/// What two readers count while writer after writer publishes records of `size` bytes.
fn read_under_fire(programs: &Programs, size: u32) -> Fallible<Tally> {
    let dir = tempfile::Builder::new().prefix("mapcast-soak-").tempdir_in("/dev/shm")?;
    let path = dir.path().join("soak.region");
    let mut readers = Vec::new();
    for slots in SLOTS {
        let mut writer = Writer::start(&programs.writer, &path, size, slots)?;
        let end = Instant::now() + TURN;
        if readers.is_empty() {
            let span = TURN * u32::try_from(SLOTS.len())?;
            readers = start_readers(&programs.reader, &path, span)?;
        }
        std::thread::sleep(end.saturating_duration_since(Instant::now()));
        writer.kill()?;
    }
    let mut total = Tally::default();
    for reader in &mut readers {
        total.add(&reader.tally()?);
    }
    Ok(total)
}

/// A process of ours: ended with this one, whatever happens.
struct Reader(Child);

fn start_readers(program: &Path, path: &Path, span: Duration) -> Fallible<Vec<Reader>> {
    let start = |mode: &str| {
        let mut command = Command::new(program);
        command.arg(path).arg(mode).arg(span.as_millis().to_string()).stdout(Stdio::piped());
        Ok(Reader(command.spawn()?))
    };
    MODES.into_iter().map(start).collect()
}

impl Reader {
    fn tally(&mut self) -> Fallible<Tally> {
        let mut said = String::new();
        if let Some(stdout) = &mut self.0.stdout {
            stdout.read_to_string(&mut said)?;
        }
        let status = self.0.wait()?;
        if !status.success() {
            return Err(format!("a reader ended with {status}").into());
        }
        Tally::parse(&said)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Writer {
    child: Child,
    /// It ends with this one's end of the pipe.
    _stdin: Option<ChildStdin>,
}

impl Writer {
    /// Starts one, and waits for its first record.
    fn start(program: &Path, path: &Path, size: u32, slots: u32) -> Fallible<Self> {
        let mut child = Command::new(program)
            .arg(path)
            .args([size, slots].map(|number| number.to_string()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let writer = Self { child, _stdin: stdin };
        let mut line = String::new();
        stdout.map_or(Ok(0), |stdout| BufReader::new(stdout).read_line(&mut line))?;
        if line.starts_with("ready ") { Ok(writer) } else { Err("a writer did not start".into()) }
    }

    fn kill(&mut self) -> Outcome {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "records=9 torn=0 misnumbered=0 backward=0 lost=0 missed=7 unstable=1 \
                        fresh=8 retries=2 reattached=3";

    #[test]
    fn a_line_of_the_reader_is_understood_and_lines_add_up() {
        let one = Tally::parse(LINE).expect("a tally");
        assert_eq!((one.records, one.missed, one.reattached, one.faults), (9, 7, 3, [0; 4]));
        let mut two = one.clone();
        two.add(&one);
        assert_eq!((two.records, two.fresh, two.retries, two.unstable), (18, 16, 4, 2));
        assert!(Tally::parse("records=9 torn=0").is_err());
    }

    #[test]
    fn each_kind_of_fault_and_an_idle_run_fail() {
        let complaint = |line: &str| Tally::parse(line).expect("a tally").complaint();
        assert_eq!(complaint(LINE), None);
        for fault in FAULTS {
            let line = LINE.replace(&format!("{fault}=0"), &format!("{fault}=2"));
            assert_eq!(complaint(&line), Some(format!("2 records {fault}")));
        }
        for idle in ["fresh=8", "missed=7", "reattached=3"] {
            let (name, _) = idle.split_once('=').expect("name and count");
            assert!(complaint(&LINE.replace(idle, &format!("{name}=0"))).is_some(), "{idle}");
        }
    }
}
