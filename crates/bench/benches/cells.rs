//! `cargo bench -p mapcast-bench --bench cells`: where the newest record is best kept.
//!
//! A ring, one cell, or a ring with a front, without anything around them, and mapcast: alone, and beside a
//! thread that publishes without a pause. A record of 32 bytes fits in one cache line with its stamp, one of 96
//! in two. In turns, in one run; medians of the rounds, each a median of batches.

use bench::bare::{Cell, Design, Front, Ring};
use bench::beside::{self, Figures, Latest, Publish};
use bench::compare::Spread;
use bench::{Failure, machine};
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

const ROUNDS: usize = 15;
/// For each of the three things that are measured.
const TIME: Duration = Duration::from_millis(60);

fn main() -> ExitCode {
    // `cargo test` runs every benchmark without this argument.
    let is_asked_for = std::env::args().any(|arg| arg == "--bench");
    bench::exit(if is_asked_for { run() } else { Ok(()) })
}

fn run() -> Result<(), Failure> {
    let (dir, machine, processors) = (bench::place()?, machine::line(), machine::two()?);
    let out = &mut io::stdout().lock();
    writeln!(
        out,
        "| record | kept in | publish ns | latest ns | beside a writer ns | new M/s | written M/s |"
    )?;
    writeln!(out, "|--:|---|--:|--:|--:|--:|--:|")?;
    table::<4>(out, &dir.path().join("4.region"), processors)?;
    table::<12>(out, &dir.path().join("12.region"), processors)?;
    writeln!(out, "\nMeasured on {machine}.")?;
    Ok(())
}

fn table<const WORDS: usize>(
    out: &mut impl Write,
    path: &Path,
    processors: [usize; 2],
) -> Result<(), Failure> {
    let names = [Ring::NAME, Cell::NAME, Front::NAME, "mapcast"];
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push([
            figures(beside::bare::<Ring, WORDS>(), processors)?,
            figures(beside::bare::<Cell, WORDS>(), processors)?,
            figures(beside::bare::<Front, WORDS>(), processors)?,
            figures(beside::mapcast::<WORDS>(path)?, processors)?,
        ]);
    }
    for (index, name) in names.into_iter().enumerate() {
        write!(out, "| {} B | {name} |", WORDS * size_of::<u64>())?;
        for column in 0..Figures::COLUMNS {
            let median =
                Spread::of(rounds.iter().map(|round| round[index].all()[column]).collect());
            write!(out, " {:.1} |", median.median)?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn figures<const WORDS: usize>(
    (mut writer, mut reader): (impl Publish<WORDS>, impl Latest<WORDS>),
    processors: [usize; 2],
) -> Result<Figures, Failure> {
    beside::measure(&mut writer, &mut reader, processors, TIME)
}
