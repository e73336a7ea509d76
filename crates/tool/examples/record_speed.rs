//! How fast `mapcast record` writes, beside `cp`: a writer at full speed, the recorder, a copy of its file.
//!
//! ```text
//! cargo build --release -p mapcast-cli
//! cargo run --release -p mapcast-cli --example record_speed -- /tmp
//! ```
//!
//! The writer does not wait for the recorder, which misses what it cannot keep up with: the figure is what it
//! has written.

#![allow(clippy::print_stdout, reason = "its output is for people")]

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mapcast::Options;
use mapcast::dynamic::{CType, FieldSpec, Scalar, Schema, Writer};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

type Fallible<T> = Result<T, Box<dyn Error>>;

/// How long the writer publishes.
const SPAN: Duration = Duration::from_secs(3);
/// Bytes of the slots: the writer is as far ahead before the recorder misses something.
const SLOTS: u32 = 64 << 20;

fn main() -> Fallible<()> {
    let place = std::env::args_os().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    println!(
        "| record | encoding | records/s | MB/s | missed | cp, MB/s |\n|---|---|---|---|---|---|"
    );
    for numbers in [4, 128, 8192] {
        for encoding in ["raw", "json"] {
            row(&place, numbers, encoding)?;
        }
    }
    Ok(())
}

/// Records numbers of 8 bytes, so many of them in a record, and prints a line of the table.
fn row(place: &Path, numbers: u32, encoding: &str) -> Fallible<()> {
    let directory = tempfile::tempdir_in(place)?;
    let numbers_type = CType::array(Scalar::F64, numbers)?;
    let schema = Schema::builder("SPEED").field(FieldSpec::new("x", numbers_type)).build()?;
    let slots = (SLOTS / schema.size()).clamp(4, 65_536);
    let region = directory.path().join("speed.region");
    let mut writer = Writer::open_with(&region, &schema, &Options::new().slots(slots))?;
    let file = directory.path().join("speed.mcap");
    let mut recorder = Command::new(program()?)
        .arg("record")
        .args([&file, &region])
        .args(["--encoding", encoding])
        .stderr(Stdio::piped())
        .spawn()?;
    let record: Vec<u8> =
        (0..numbers).flat_map(|number| (f64::from(number) / 7.0).to_le_bytes()).collect();
    let begin = Instant::now();
    while begin.elapsed() < SPAN {
        writer.publish(&record)?;
    }
    kill(Pid::from_raw(recorder.id().cast_signed()), Signal::SIGTERM)?;
    let output = recorder
        .wait()
        .and_then(|_| std::io::read_to_string(recorder.stderr.take().expect("a pipe")))?;
    let took = begin.elapsed().as_secs_f64();
    let counts: Vec<f64> = output
        .lines()
        .last()
        .unwrap_or_default()
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|word| word.parse().ok())
        .collect();
    let [.., records, missed, _, _, _] = counts[..] else {
        return Err(format!("the recorder said: {output}").into());
    };
    #[allow(clippy::cast_precision_loss)] // a figure for people
    let bytes = fs::metadata(&file)?.len() as f64;
    println!(
        "| {} B | {encoding} | {:.0} | {:.0} | {missed} | {:.0} |",
        schema.size(),
        records / took,
        bytes / took / 1e6,
        bytes / copied(&file)? / 1e6
    );
    Ok(())
}

/// Seconds that `cp` takes for the file.
fn copied(file: &Path) -> Fallible<f64> {
    let begin = Instant::now();
    let status = Command::new("cp").arg(file).arg(file.with_extension("copy")).status()?;
    if status.success() { Ok(begin.elapsed().as_secs_f64()) } else { Err("cp failed".into()) }
}

/// `mapcast`, which was built beside this program.
fn program() -> Fallible<PathBuf> {
    let here = std::env::current_exe()?;
    let programs = here.parent().and_then(Path::parent).ok_or("no directory of programs")?;
    Ok(programs.join("mapcast"))
}
