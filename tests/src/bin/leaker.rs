//! Repeats one operation and prints its footprint: descriptors, mappings, memory.
//!
//! ```text
//!   leaker KIND ROUNDS PATH      twenty lines, one each twentieth of the way:
//!   round=50000 descriptors=5 mappings=41 threads=1 rss=2404 anonymous=412 data=532
//! ```
//!
//! PATH is a region of the program's own, or for the refused kinds, the file that is refused.

use std::error::Error;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use e2e::proc::{Footprint, threads};
use layout::{Record, Stu};
use region::{BareReader, BareWriter, DynReader, DynWriter, Options, Refreshed, RegionError};

type Outcome = Result<(), Box<dyn Error>>;

/// Lines that are printed.
const LOOKS: u64 = 20;

fn main() -> Outcome {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [kind, rounds, path] = &arguments[..] else { return Err("KIND ROUNDS PATH".into()) };
    let (rounds, path) = (rounds.parse()?, Path::new(path));
    match kind.as_str() {
        "replaced" => replaced(rounds, path),
        "cut" => cut(rounds, path),
        "bare" => bare(rounds, path),
        "attached" => attached(rounds, path),
        "resumed" => resumed(rounds, path),
        "taken-over" => taken_over(rounds, path),
        "given-up" => given_up(rounds, path),
        "busy" => busy(rounds, path),
        "refused" => over_and_over(rounds, |_| is_refused(DynReader::open(path))),
        _ => Err("no such kind".into()),
    }
}

/// Runs `work` `rounds` times and measures this process in between.
fn over_and_over(rounds: u64, mut work: impl FnMut(u64) -> Outcome) -> Outcome {
    let every = (rounds / LOOKS).max(1);
    let pid = std::process::id();
    for round in 1..=rounds {
        work(round)?;
        if round % every == 0 {
            let mut out = io::stdout().lock();
            writeln!(out, "round={round} {}", Footprint::of(pid))?;
        }
    }
    Ok(())
}

fn open(path: &Path, slots: u32) -> Result<DynWriter, RegionError> {
    // The cut must be seen here, not repaired by the writer.
    let options = Options::new().slots(slots).check_every(Duration::MAX);
    DynWriter::open_with(path, &Stu::schema(), &options)
}

fn publish(writer: &mut DynWriter) -> Result<u64, RegionError> {
    writer.publish(bytemuck::bytes_of(&Stu::new(10, "xiaoming", 'm')))
}

fn read(reader: &mut DynReader, want: u64) -> Outcome {
    let found = reader.latest(&mut [0; 28])?.map(|publication| publication.sequence);
    if found == Some(want) { Ok(()) } else { Err(format!("read {found:?}, not {want}").into()) }
}

fn is_refused<T>(result: Result<T, RegionError>) -> Outcome {
    match result.map(drop) {
        Err(_) => Ok(()),
        Ok(()) => Err("not refused".into()),
    }
}

/// The region changes its shape: a new file, to which the reader re-attaches.
fn replaced(rounds: u64, path: &Path) -> Outcome {
    let mut writer = open(path, 4)?;
    publish(&mut writer)?;
    let mut reader = DynReader::open(path)?;
    over_and_over(rounds, |round| {
        let slots = if round % 2 == 0 { 4 } else { 8 };
        writer.change(&Stu::schema(), &Options::new().slots(slots))?;
        let sequence = publish(&mut writer)?;
        if reader.refresh()? != Refreshed::Reattached {
            return Err("not re-attached".into());
        }
        read(&mut reader, sequence)
    })
}

/// The file is cut short under writer and reader, and recreated.
fn cut(rounds: u64, path: &Path) -> Outcome {
    let mut writer = open(path, 4)?;
    publish(&mut writer)?;
    let mut reader = DynReader::open(path)?;
    over_and_over(rounds, |_| {
        File::options().write(true).open(path)?.set_len(0)?;
        is_refused(reader.latest(&mut [0; 28]))?;
        is_refused(publish(&mut writer))?;
        is_refused(reader.refresh().and_then(|_| reader.latest(&mut [0; 28])))?;
        writer.recreate()?;
        let sequence = publish(&mut writer)?;
        reader.refresh()?;
        read(&mut reader, sequence)
    })
}

/// A bare file is deleted and recreated.
fn bare(rounds: u64, path: &Path) -> Outcome {
    let schema = Stu::schema();
    let mut writer = BareWriter::open(path, &schema, &Options::new())?;
    let mut reader = BareReader::open(path, &schema)?;
    over_and_over(rounds, |_| {
        std::fs::remove_file(path)?;
        writer.recreate()?;
        if reader.refresh(&schema)? != Refreshed::Reattached {
            return Err("not re-attached".into());
        }
        Ok(reader.latest(&mut [0; 28])?)
    })
}

/// A new reader each time.
fn attached(rounds: u64, path: &Path) -> Outcome {
    let mut writer = open(path, 4)?;
    let sequence = publish(&mut writer)?;
    over_and_over(rounds, |_| read(&mut DynReader::open(path)?, sequence))
}

/// A new writer each time, in the same file.
fn resumed(rounds: u64, path: &Path) -> Outcome {
    over_and_over(rounds, |_| {
        publish(&mut open(path, 4)?)?;
        Ok(())
    })
}

/// A standby each time, which takes over from the previous one.
fn taken_over(rounds: u64, path: &Path) -> Outcome {
    let (schema, options) = (Stu::schema(), Options::new().slots(4));
    let mut last = Some(open(path, 4)?);
    over_and_over(rounds, |_| {
        let mut first = last.take();
        let end = |_: &region::Holder| drop(first.take());
        let next = DynWriter::open_standby(path, &schema, &options, end, || false)?;
        publish(last.insert(next.ok_or("stopped")?))?;
        wait_for_threads();
        Ok(())
    })
}

/// A standby each time, which is stopped while it waits.
fn given_up(rounds: u64, path: &Path) -> Outcome {
    let (schema, options) = (Stu::schema(), Options::new().slots(4));
    over_and_over(rounds, |_| {
        let first = open(path, 4)?;
        if DynWriter::open_standby(path, &schema, &options, |_| {}, || true)?.is_some() {
            return Err("took over".into());
        }
        drop(first);
        wait_for_threads();
        Ok(())
    })
}

/// Waits for the threads that close the standbys' inotify descriptors, so that their stacks are
/// reused.
fn wait_for_threads() {
    while threads(std::process::id()) > 1 {
        std::thread::yield_now();
    }
}

/// A second writer, refused each time.
fn busy(rounds: u64, path: &Path) -> Outcome {
    let _first = open(path, 4)?;
    over_and_over(rounds, |_| is_refused(open(path, 4)))
}
