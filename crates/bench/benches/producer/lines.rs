//! How many records a second a following consumer prints, beside `jq -c .` over the same lines.
//!
//! Every contender prints the same records to a file in memory, and to a pipe that this process empties.
//! What it takes to start is measured with one record, and left out.

use crate::child::CONSUMER;
use bench::Failure;
use layout::{Record, Stu};
use region::{DynWriter, Options};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// One record less than the region keeps.
const RECORDS: usize = 65_000;
const SLOTS: u32 = 65_536;
const ROUNDS: usize = 5;

/// What prints: a format of the consumer, or a program that prints lines of JSON again.
const CONTENDERS: [(&str, Printer); 5] = [
    ("`consumer --follow --format json`", Printer::Consumer("json")),
    ("`consumer --follow --format csv`", Printer::Consumer("csv")),
    ("`consumer --follow`, text", Printer::Consumer("text")),
    ("`jq -c .` of the lines of JSON", Printer::Program("jq", &["-c", "."])),
    ("`cat` of them", Printer::Program("cat", &[])),
];

#[derive(Clone, Copy)]
enum Printer {
    Consumer(&'static str),
    Program(&'static str, &'static [&'static str]),
}

#[derive(Clone, Copy)]
enum To {
    File,
    Pipe,
}

struct Place<'a> {
    dir: &'a Path,
    region: PathBuf,
}

pub(crate) fn run(out: &mut impl Write) -> Result<(), Failure> {
    let dir = bench::place()?;
    let place = Place { dir: dir.path(), region: dir.path().join("x.region") };
    let mut writer =
        DynWriter::open_with(&place.region, &Stu::schema(), &Options::new().slots(SLOTS))?;
    for id in (0..).take(RECORDS) {
        writer.publish(bytemuck::bytes_of(&Stu::new(id, "xiaoming", 'm')))?;
    }
    // The lines that the other programs read: all of them, and one.
    let json = Printer::Consumer("json");
    for (count, name) in [(RECORDS, "all"), (1, "one")] {
        let lines = File::create(place.dir.join(name))?;
        expect(json.command(&place, count)?.stdout(lines))?;
    }
    let mut least = [[(Duration::MAX, Duration::MAX); 2]; CONTENDERS.len()];
    for _ in 0..ROUNDS {
        for ((_, printer), least) in CONTENDERS.iter().zip(&mut least) {
            for (to, (all, one)) in [To::File, To::Pipe].into_iter().zip(least) {
                *all = printer.time(&place, RECORDS, to)?.min(*all);
                *one = printer.time(&place, 1, to)?.min(*one);
            }
        }
    }
    writeln!(out, "| million records/s | into a file | into a pipe |\n|---|--:|--:|")?;
    for ((name, _), [file, pipe]) in CONTENDERS.iter().zip(least) {
        writeln!(out, "| {name} | {:.2} | {:.2} |", millions(file), millions(pipe))?;
    }
    Ok(())
}

/// Records in a microsecond, without the start.
#[expect(clippy::cast_precision_loss, reason = "for people")]
fn millions((all, one): (Duration, Duration)) -> f64 {
    (RECORDS - 1) as f64 / all.saturating_sub(one).as_secs_f64() / 1e6
}

impl Printer {
    fn command(self, place: &Place<'_>, count: usize) -> Result<Command, Failure> {
        Ok(match self {
            Self::Consumer(format) => {
                let mut command = Command::new(std::env::current_exe()?);
                command.arg(CONSUMER).arg(&place.region).stdin(Stdio::null());
                command.args(["--follow", "--from", "oldest", "--log", "error"]);
                command.args(["--format", format, "--count", &count.to_string()]);
                command
            }
            Self::Program(name, args) => {
                let lines = place.dir.join(if count == 1 { "one" } else { "all" });
                let mut command = Command::new(name);
                command.args(args).stdin(File::open(lines)?);
                command
            }
        })
    }

    fn time(self, place: &Place<'_>, count: usize, to: To) -> Result<Duration, Failure> {
        let mut command = self.command(place, count)?;
        let start = Instant::now();
        match to {
            To::File => expect(command.stdout(File::create(place.dir.join("out"))?))?,
            To::Pipe => {
                let mut child = command.stdout(Stdio::piped()).spawn()?;
                io::copy(&mut child.stdout.take().ok_or("no pipe")?, &mut io::sink())?;
                succeeded(child.wait()?)?;
            }
        }
        Ok(start.elapsed())
    }
}

fn expect(command: &mut Command) -> Result<(), Failure> {
    succeeded(command.status()?)
}

fn succeeded(status: std::process::ExitStatus) -> Result<(), Failure> {
    if status.success() { Ok(()) } else { Err(format!("a printing process: {status}").into()) }
}
