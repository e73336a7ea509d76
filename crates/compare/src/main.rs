//! `mapcast-compare`: runs the race, or is one process of it.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "tables and progress")]

use bench::machine;
use clap::{Args, Parser, Subcommand};
use compare::library::Work;
use compare::race::{Race, Scale};
use compare::side::{Part, Seat};
use compare::{Failure, contenders, plot, table};
use rustix::process::{Signal, set_parent_process_death_signal};
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

/// Records of 1 MiB are returned by value, in an unoptimized build several times.
const STACK: usize = 128 << 20;

#[derive(Debug, Parser)]
#[command(about = "mapcast beside other ways to share a record between processes, in one run")]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(flatten)]
    race: RaceArguments,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Args)]
struct RaceArguments {
    /// Records of 28 bytes only, three rounds: half a minute
    #[arg(long)]
    quick: bool,

    /// How many rounds
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    rounds: Option<u16>,

    /// Write all figures to this file
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,

    /// Write the tables (figures.md) and a plot of each kind of work to this directory
    #[arg(long, value_name = "DIR")]
    plots: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// One process of a measurement
    #[command(hide = true)]
    Side(SideArguments),
}

#[derive(Debug, Args)]
struct SideArguments {
    #[arg(long)]
    contender: String,
    #[arg(long)]
    work: String,
    #[arg(long)]
    size: usize,
    #[arg(long)]
    seat: Seat,
    #[arg(long)]
    scale: Scale,
    #[arg(long)]
    dir: PathBuf,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match arguments.command {
        Some(Command::Side(arguments)) => side(arguments),
        None => race(&arguments.race),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("mapcast-compare: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn side(arguments: SideArguments) -> Result<(), Failure> {
    let SideArguments { contender, work, size, seat, scale, dir } = arguments;
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let work = work.parse()?;
    let contender = contenders::called(&contender, work)?;
    let part = Part { work, size, dir, seat, effort: scale.effort() };
    let thread = thread::Builder::new().stack_size(STACK);
    let report = thread.spawn(move || contender.run(&part))?.join();
    println!("{}", report.map_err(|_| "the measurement panicked")??);
    Ok(())
}

fn race(arguments: &RaceArguments) -> Result<(), Failure> {
    let scale = if arguments.quick { Scale::Quick } else { Scale::Full };
    let rounds = arguments.rounds.map_or(scale.rounds(), usize::from);
    let race = Race { program: std::env::current_exe()?, scale, rounds };
    let machine = machine::line();
    let figures = race.run(|line| eprintln!("{line}"))?;
    let tables = table::markdown(&figures)?;
    let text = format!("# Figures\n\nMeasured on {machine}, {rounds} rounds.\n\n{tables}");
    println!("{text}");
    if let Some(path) = &arguments.csv {
        fs::write(path, figures.csv()?)?;
    }
    if let Some(dir) = &arguments.plots {
        fs::create_dir_all(dir)?;
        fs::write(dir.join("figures.md"), text.trim_end().to_owned() + "\n")?;
        for work in Work::ALL {
            fs::write(dir.join(format!("{work}.svg")), plot::svg(&figures, work)?)?;
        }
    }
    Ok(())
}
