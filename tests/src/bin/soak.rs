//! Reads at full speed while writers are killed, over all sizes of record: `soak MINUTES`.
//!
//! ```text
//!   for every record size, in rounds:
//!     readers   one reads the latest, one follows; both until the round ends
//!     writers   one after the other, each killed (SIGKILL) while it publishes:
//!               slots 4, 4, 8, 8, 64, 64 ...    the same again: taken over in place
//!                                               another number: the file is replaced, re-attached
//! ```
//!
//! `cargo xtask stress soak` runs it. It exits with 1 if a record was torn, misnumbered, backward
//! or silently lost, or if no region was ever replaced.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "its output is the result")]

use std::io::{IsTerminal as _, stderr};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use e2e::{Daemon, Place, Program, Tally};

/// Record sizes in bytes: words, remainders, and copies by assembly.
const SIZES: [u32; 8] = [4, 28, 64, 248, 256, 1020, 4096, 65_536];
/// Slots of the writers of one round, one after the other.
const SLOTS: [u32; 8] = [4, 4, 8, 8, 64, 64, 1024, 4];
const MODES: [&str; 2] = ["latest", "follow"];
/// How long one writer publishes before it is killed.
const TURN: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    let Some(minutes) = std::env::args().nth(1).and_then(|text| text.parse::<u64>().ok()) else {
        eprintln!("usage: soak MINUTES");
        return ExitCode::from(2);
    };
    let span = Duration::from_secs(minutes * 60);
    let start = Instant::now();
    let mut by_size = vec![Tally::default(); SIZES.len()];
    let mut rounds = 0;
    while rounds == 0 || start.elapsed() < span {
        for (size, tally) in SIZES.into_iter().zip(&mut by_size) {
            *tally += round(size);
            if stderr().is_terminal() {
                eprint!("\rround {rounds}, {size} B: {tally}\x1b[K\r");
            }
        }
        rounds += 1;
    }
    let mut total = Tally::default();
    for (size, tally) in SIZES.into_iter().zip(by_size) {
        println!("{size:>6} B  {tally}");
        total += tally;
    }
    println!("all       {total}\n{} s, {rounds} rounds", start.elapsed().as_secs());
    if total.faults() == 0 && total.is_pressed() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The counts of two readers while writer after writer publishes records of `size` bytes.
fn round(size: u32) -> Tally {
    let place = Place::new();
    let span = TURN.as_millis() * SLOTS.len() as u128;
    let read = |mode| program("torn_reader").start(&place, &format!("./soak {mode} {span}"));
    let mut readers: Vec<Daemon> = Vec::new();
    for slots in SLOTS {
        let arguments = format!("./soak {size} {slots}");
        let mut writer = program("torn_writer").start_with_input(&place, &arguments);
        writer.out_line("ready", |line| line.starts_with("ready "));
        if readers.is_empty() {
            readers.extend(MODES.map(read));
        }
        std::thread::sleep(TURN);
        writer.kill9();
    }
    let mut total = Tally::default();
    for reader in &mut readers {
        total += Tally::parse(&reader.next_out());
        assert_eq!(reader.exit_code(), 0);
    }
    total
}

/// A program beside this one.
fn program(name: &str) -> Program {
    Program::new(name, std::env::current_exe().expect("this program").with_file_name(name))
}
