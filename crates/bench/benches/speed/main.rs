//! `cargo bench`: how fast, and how near to the bare limits.
//!
//! ```text
//!   cargo bench                                        statistics by criterion, then the ratios
//!   cargo bench -p mapcast-bench -- --quick               the same in less than a minute
//!   cargo bench -p mapcast-bench -- --ratios [WORD]...    the ratios alone; rows that have each WORD
//!   cargo bench -p mapcast-bench -- latest                criterion alone, by its own arguments
//! ```

mod groups;
mod ratios;

use bench::ping_pong::{self, PingPong};
use bench::{Failure, handover, machine};
use criterion::Criterion;
use std::cell::RefCell;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, ExitCode};

/// The argument that makes this program the other process of a ping-pong, followed by a directory.
const HELPER: &str = "--helper";

/// The argument that makes it a holder of something that is handed over, followed by what, where, and
/// on which processor.
const HOLDER: &str = "--holder";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    bench::exit(run(&args))
}

fn run(args: &[String]) -> Result<(), Failure> {
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [HELPER, dir] => {
            machine::stay_on(1)?;
            return ping_pong::help(Path::new(dir), io::stdin().lock(), io::stdout());
        }
        [HOLDER, handover, path, processor] => {
            let (orders, answers) = (io::stdin().lock(), io::stdout());
            return handover::hold(handover, Path::new(path), processor, orders, answers);
        }
        _ => {}
    }
    let has = |flag: &str| args.iter().any(|arg| arg == flag);
    // Before this process is bound to one processor.
    let (machine, processors) = (machine::line(), machine::usable()?);
    let dir = bench::place()?;
    let mut command = Command::new(std::env::current_exe()?);
    let ping_pong = RefCell::new(PingPong::start(dir.path(), command.arg(HELPER).arg(dir.path()))?);
    machine::stay_on(0)?;
    if !has("--ratios") {
        groups::run(&mut Criterion::default().configure_from_args(), dir.path(), &ping_pong)?;
    }
    // Other arguments are criterion's; without --bench it is `cargo test`.
    let plain = has("--bench") && args.iter().all(|arg| arg == "--bench" || arg == "--quick");
    if plain || has("--ratios") {
        let words: Vec<&String> = args.iter().filter(|arg| !arg.starts_with('-')).collect();
        let out = &mut io::stdout().lock();
        writeln!(out, "\nMeasured on {machine}.\n")?;
        let place =
            ratios::Place { dir: dir.path(), ping_pong: &ping_pong, processors: &processors };
        ratios::run(out, place, has("--quick"), &words)?;
    }
    Ok(())
}

/// A command that makes this program a holder; its last arguments name what it holds.
fn holder() -> Result<Command, Failure> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(HOLDER);
    Ok(command)
}
