//! `cargo bench -p mapcast-bench --bench producer -- COMMAND`: how punctual a producer is, what it costs, and how
//! fast a consumer prints what it publishes.
//!
//! ```text
//!   ticks [TICK]...      lateness and processor time of each tick, beside a bare loop around clock_nanosleep,
//!                        and with each setting of [producer] that is to be on time
//!   regions [NUMBER]...  processor time and memory of one process that publishes so many regions
//!   memory               what a producer takes, and each of many consumers
//!   lines                records a second that a following consumer prints, beside jq
//! ```
//!
//! Invariant: every contender is a process of its own, measured from outside in the same run, in turns.

mod child;
mod lines;
mod memory;
mod regions;
mod ticks;

use bench::{Failure, machine};
use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    bench::exit(run(&args))
}

fn run(args: &[String]) -> Result<(), Failure> {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let out = &mut io::stdout().lock();
    match words[..] {
        [child::BARE, tick, path] => return child::bare_loop(tick, path.as_ref()),
        [child::PRODUCER, ..] => return child::produce(&args[1..]),
        [child::CONSUMER, ..] => return child::consume(&args[1..]),
        ["ticks", ref ticks @ ..] => ticks::run(out, ticks)?,
        ["regions", ref numbers @ ..] => regions::run(out, numbers)?,
        ["memory"] => memory::run(out)?,
        ["lines"] => lines::run(out)?,
        _ => {
            // No failure: `cargo bench` runs every benchmark without arguments of its own.
            writeln!(out, "producer: give a command: ticks, regions, memory or lines")?;
            return Ok(());
        }
    }
    writeln!(out, "\nMeasured on {}.", machine::line())?;
    Ok(())
}
