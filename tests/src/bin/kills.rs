//! Kills writers at full speed at random moments, and counts what is lost: `kills TIMES`.
//!
//! `cargo xtask stress kill` runs it. It exits with 1 if a guarantee was violated.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "telling people is its whole work")]

use std::io::{IsTerminal as _, stderr};
use std::process::ExitCode;
use std::time::Instant;

use e2e::Program;
use e2e::kills::{SHAPES, Toll, kill};

fn main() -> ExitCode {
    let Some(times) = std::env::args().nth(1).and_then(|times| times.parse::<u64>().ok()) else {
        eprintln!("usage: kills TIMES");
        return ExitCode::from(2);
    };
    let path = std::env::current_exe().expect("this program").with_file_name("torn_writer");
    let program = Program::new("torn_writer", path);
    let start = Instant::now();
    let mut total = Toll::default();
    for (shape, times) in SHAPES.into_iter().zip(shares(times)) {
        let (size, slots) = shape;
        let toll = kill(&program, shape, times, |toll| {
            if stderr().is_terminal() && toll.kills.is_multiple_of(50) {
                eprint!("\r{size} B: {toll}\x1b[K\r");
            }
        });
        println!("{size:>5} B in {slots} slots  {toll}");
        total += toll;
    }
    println!("all                 {total}\n{} s", start.elapsed().as_secs());
    if total.faults() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// `times` in as many parts as there are shapes.
fn shares(times: u64) -> impl Iterator<Item = u64> {
    let parts = SHAPES.len() as u64;
    (0..parts).map(move |part| (times + part) / parts)
}
