//! Lateness and processor time of a tick.
//!
//! A record's time shows when it was published. Ticks are due at a grid whose phase is not known from
//! outside, so lateness is counted from the earliest record: the constant part, some microseconds, is
//! left out for all contenders alike.

use crate::child::{BARE, Measured, PRODUCER, newest, wait_until};
use bench::Failure;
use region::{DynReader, Step};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

/// Ticks without an argument.
const TICKS: [&str; 4] = ["1s", "1ms", "100us", "20us"];
/// What a contender adds to `[producer]`; `None`: the bare loop.
const CONTENDERS: [(&str, Option<&str>); 7] = [
    ("clock_nanosleep", None),
    ("producer", Some("")),
    ("busy_wait = \"100us\"", Some("busy_wait = \"100us\"\n")),
    ("cpu = 1", Some("cpu = 1\n")),
    ("priority = 50", Some("priority = 50\n")),
    ("lock_memory = true", Some("lock_memory = true\n")),
    ("all four", Some("busy_wait = \"100us\"\ncpu = 1\npriority = 50\nlock_memory = true\n")),
];
/// Shortest time to measure, and the most rounds.
const SPAN: Duration = Duration::from_secs(2);
const ROUNDS: usize = 3;

/// What one contender has shown in all rounds.
#[derive(Default)]
struct Found {
    /// How late each record was, in nanoseconds.
    late: Vec<u64>,
    /// Records that were due.
    due: f64,
    processor: Duration,
    failure: Option<String>,
}

pub(crate) fn run(out: &mut impl Write, ticks: &[&str]) -> Result<(), Failure> {
    let dir = bench::place()?;
    writeln!(out, "| tick | | records | late p50 | p99 | max, us | processor time a tick, us |")?;
    writeln!(out, "|--:|---|--:|--:|--:|--:|--:|")?;
    for tick in if ticks.is_empty() { &TICKS } else { ticks } {
        let length = humantime::parse_duration(tick)?;
        let mut found: Vec<Found> = CONTENDERS.iter().map(|_| Found::default()).collect();
        for _ in 0..if length < SPAN / 4 { ROUNDS } else { 1 } {
            for ((_, settings), found) in CONTENDERS.iter().zip(&mut found) {
                if let Err(failure) = measure(dir.path(), tick, length, *settings, found) {
                    found.failure = Some(failure.to_string());
                }
            }
        }
        for ((name, _), found) in CONTENDERS.iter().zip(found) {
            writeln!(out, "| {tick} | {name} | {} |", found.cells())?;
        }
    }
    Ok(())
}

impl Found {
    fn cells(mut self) -> String {
        if let Some(failure) = self.failure {
            return format!("{failure} | | | |");
        }
        self.late.sort_unstable();
        let at = |part: usize| {
            let index = (self.late.len() * part / 1000).min(self.late.len().saturating_sub(1));
            micros(self.late.get(index).copied().unwrap_or_default())
        };
        #[expect(clippy::cast_precision_loss, reason = "for people")]
        let (count, processor) = (self.late.len() as f64, self.processor.as_nanos() as f64);
        let share = 100.0 * count / self.due;
        let each = processor / 1000.0 / count.max(1.0);
        format!("{share:.0} % | {:.1} | {:.1} | {:.1} | {each:.1}", at(500), at(990), at(1000))
    }
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn micros(nanos: u64) -> f64 {
    nanos as f64 / 1000.0
}

fn measure(
    dir: &Path,
    tick: &str,
    length: Duration,
    settings: Option<&str>,
    found: &mut Found,
) -> Result<(), Failure> {
    let (region, config) = (dir.join("x.region"), dir.join("x.toml"));
    let _ = fs::remove_file(&region);
    let mut measured = match settings {
        None => Measured::start(&[BARE, &length.as_nanos().to_string(), text(&region)?])?,
        Some(settings) => {
            fs::write(&config, configuration(&region, tick, settings))?;
            Measured::start(&[PRODUCER, text(&config)?, "--log", "error"])?
        }
    };
    wait_until(&mut measured, || newest(&region).is_some_and(|found| found.sequence > 1))?;
    let mut reader = DynReader::open(&region)?;
    let mut record = vec![0; reader.schema().size() as usize];
    let (began, used) = (Instant::now(), measured.processor_time()?);
    let mut times = Vec::new();
    while began.elapsed() < SPAN.max(4 * length) {
        std::thread::sleep(Duration::from_millis(10));
        while let Step::Record(found) = reader.next(&mut record)? {
            times.push(found.published_at.as_nanos());
        }
    }
    measured.check()?;
    found.processor += measured.processor_time()?.saturating_sub(used);
    let span = times.last().zip(times.first()).map_or(0, |(last, first)| last - first);
    found.due += Duration::from_nanos(span).as_secs_f64() / length.as_secs_f64() + 1.0;
    found.late.extend(lateness(&times, u64::try_from(length.as_nanos())?));
    Ok(())
}

/// How late each of `times` is within the grid of `tick`, counted from the earliest.
fn lateness(times: &[u64], tick: u64) -> Vec<u64> {
    let mut phases: Vec<u64> = times.iter().map(|time| time % tick).collect();
    phases.sort_unstable();
    // The earliest comes after the longest part of a tick in which nothing was published.
    let wrapped = phases.first().map(|first| first + tick);
    let next = phases.iter().skip(1).copied().chain(wrapped);
    let gaps = phases.iter().zip(next).map(|(phase, next)| (next - phase, next % tick));
    let first = gaps.max().map_or(0, |(_, first)| first);
    times.iter().map(|time| (time % tick + tick - first) % tick).collect()
}

fn configuration(region: &Path, tick: &str, settings: &str) -> String {
    format!(
        "[region]\npath = \"{}\"\nslots = 65536\n[record]\nname = \"X\"\n[[record.field]]\n\
         name = \"n\"\ntype = \"u32\"\nsource = {{ counter = {{}} }}\n[producer]\ntick = {tick:?}\n{settings}",
        region.display()
    )
}

fn text(path: &Path) -> Result<&str, Failure> {
    Ok(path.to_str().ok_or("a path that is not UTF-8")?)
}
