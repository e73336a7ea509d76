//! Writers of several languages take over one region from each other under kill -9, while followers of each language read
//! it: no record is torn, lost or returned twice.
//!
//! ```text
//!   writers     Rust *===X  C *===X  C++ *==X  Python *==X  Rust *===X ...       killed, the next one is started
//!   followers   1 2 3 ...                                                        one of each language, all the time
//! ```
//!
//! Those of Rust, and the readers of docs/readers, are always there. `cargo xtask languages` builds the programs of
//! tests/languages, which use the libraries for C, C++ and Python, and sets `E2E_LANGUAGES` to their directory.

use std::path::{Path, PathBuf};

use e2e::{Daemon, Place, Program, judge_lines, readers};

/// How often each writer takes over, unless `E2E_ROUNDS` says otherwise.
const ROUNDS: usize = 3;
/// Records that a follower reads of each writer before that is killed.
const RECORDS: u64 = 50;
/// More than there will be: the readers of docs/readers are killed like the others.
const FOLLOW: &str = "./torn.region follow 1000000000";

#[test]
fn writers_of_all_languages_take_over_from_each_other_and_followers_of_all_lose_nothing() {
    let (compiled, place) = (Place::on_disk(), Place::new());
    let mut writers =
        vec![(torn("torn_writer", env!("CARGO_BIN_EXE_torn_writer")), "./torn.region 64 8 200")];
    let mut followers =
        vec![(torn("torn_follower", env!("CARGO_BIN_EXE_torn_follower")), "./torn.region")];
    followers.extend(readers(&compiled).into_iter().map(|reader| (reader, FOLLOW)));
    for (name, path) in built() {
        let program = (Program::new(&name, path), "./torn.region");
        if name.starts_with("writer") { writers.push(program) } else { followers.push(program) }
    }

    let rounds = std::env::var("E2E_ROUNDS").map_or(Ok(ROUNDS), |rounds| rounds.parse());
    let (mut last, mut seen) = (0, vec![0; followers.len()]);
    let mut running: Vec<Daemon> = Vec::new();
    for (writer, arguments) in (0..rounds.expect("a number")).flat_map(|_| &writers) {
        let mut writer = writer.start_with_input(&place, arguments);
        let ready = writer.out_line("ready", |line| line.starts_with("ready "));
        let first: u64 = ready["ready ".len()..].parse().expect("a number");
        assert!(first > last, "{first} is used again after {last}: {:?}", writer.err());
        if running.is_empty() {
            running = followers.iter().map(|(program, args)| program.start(&place, args)).collect();
        }
        for (follower, seen) in running.iter_mut().zip(&mut seen) {
            let has_come =
                |line: &str| sequence_of(line).is_some_and(|sequence| sequence >= first + RECORDS);
            let line = follower.out_line("a record of this writer", has_come);
            *seen = sequence_of(&line).expect("a number");
            last = last.max(*seen);
        }
        writer.kill9();
    }
    for ((follower, (program, _)), seen) in running.iter_mut().zip(&followers).zip(seen) {
        // The newest record is still there: each follower comes as far as the others.
        if seen < last {
            let is_as_far = |line: &str| sequence_of(line).is_some_and(|sequence| sequence >= last);
            follower.out_line("a record as new as the others'", is_as_far);
        }
        follower.kill9();
        let mut lines = follower.out();
        lines.pop(); // the last one may have been cut
        let (records, newest) = judge_lines(true, &lines);
        show(&format!("{}: {records} records up to number {newest}", program.name()));
    }
}

fn torn(name: &str, path: &str) -> Program {
    Program::new(name, path)
}

/// What `cargo xtask languages` has built: names and paths.
fn built() -> Vec<(String, PathBuf)> {
    let Some(directory) = std::env::var_os("E2E_LANGUAGES") else {
        show(
            "skipped: writers and followers of C, C++ and Python, which cargo xtask languages builds",
        );
        return Vec::new();
    };
    let entries = std::fs::read_dir(Path::new(&directory)).expect("the programs");
    let mut built: Vec<(String, PathBuf)> = entries
        .flatten()
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path()))
        .filter(|(name, _)| name.starts_with("writer") || name.starts_with("follower"))
        .collect();
    built.sort();
    built
}

/// The number of a record's line.
fn sequence_of(line: &str) -> Option<u64> {
    let (_, rest) = line.split_once("\"sequence\":")?;
    rest.trim_start().split([',', '}']).next()?.parse().ok()
}

#[allow(clippy::print_stdout, reason = "print! is what the test harness captures")]
fn show(line: &str) {
    println!("{line}");
}
