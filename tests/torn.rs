//! Torn reads: a writer at full speed, several reader processes, and no torn record.
//!
//! Every word of record n is n. The writer publishes without a pause; two readers read the latest
//! record, two follow all of them, as fast as they can. Each record must be whole, have its own
//! number, and never be older than the previous one; a follower must report exactly the records it
//! did not get as missed.
//!
//! `cargo xtask stress torn --mutant` proves that this test can fail: it builds everything without
//! the second check of the stamp (SYNC R3) and requires torn records.

use std::fmt::Write as _;

use e2e::{Daemon, Place, Program, Tally};

/// Bytes and slots: from the tutorial's record through words and remainders to large copies by
/// assembly. With four slots a reader is lapped all the time, with 64 a follower can keep up.
const SHAPES: [(u32, u32); 9] = [
    (28, 4),
    (28, 64),
    (64, 4),
    (248, 64),
    (256, 4),
    (1020, 64),
    (4096, 4),
    (65_536, 64),
    (65_536, 4),
];
const MODES: [&str; 4] = ["latest", "follow", "latest", "follow"];
/// How long each shape is read, unless `E2E_TORN_MS` says otherwise.
const MILLISECONDS: u64 = 400;
/// `cargo xtask stress torn --mutant` searches for this text.
const BROKEN: &str = "broken claim: ";

#[test]
fn no_reader_gets_a_torn_or_misordered_record() {
    let mut report = String::new();
    let mut faults = 0;
    for (size, slots) in SHAPES {
        for (mode, tally) in MODES.iter().zip(read_under_fire(size, slots)) {
            faults += Tally::parse(&tally).faults();
            let _ = writeln!(report, "{size:>6} B in {slots:>2} slots  {mode}  {tally}");
        }
    }
    assert_eq!(faults, 0, "{BROKEN}torn, misnumbered, backward or lost records\n{report}");
    show(&report);
}

/// What each of the readers counted while one writer published records of `size` bytes.
fn read_under_fire(size: u32, slots: u32) -> Vec<String> {
    let place = Place::new();
    let path = place.path("torn.region");
    let path = path.to_str().expect("a plain path");
    let milliseconds = std::env::var("E2E_TORN_MS").unwrap_or_else(|_| MILLISECONDS.to_string());

    let mut writer = writer().start_with_input(&place, &format!("{path} {size} {slots}"));
    writer.out_line("ready", |line| line.starts_with("ready "));
    let start = |mode| reader().start(&place, &format!("{path} {mode} {milliseconds}"));
    let mut readers: Vec<Daemon> = MODES.map(start).into();
    let tallies = readers.iter_mut().map(Daemon::next_out).collect();
    for reader in &mut readers {
        assert_eq!(reader.exit_code(), 0);
    }
    assert_eq!(writer.exit_code(), 0, "it ends with its stdin");
    tallies
}

/// The table, for `cargo test -- --show-output`.
#[allow(clippy::print_stdout, reason = "print! is what the test harness captures")]
fn show(report: &str) {
    println!("{report}");
}

fn writer() -> Program {
    Program::new("torn_writer", env!("CARGO_BIN_EXE_torn_writer"))
}

fn reader() -> Program {
    Program::new("torn_reader", env!("CARGO_BIN_EXE_torn_reader"))
}
