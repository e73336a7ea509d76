//! The project's own commands: `cargo xtask COMMAND`.
//!
//! Each command is a module with a `run`; this file only tells them apart. `cargo xtask` builds it without
//! the libraries of the largest ones, for which `large` stands in.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "telling people is its whole work")]

mod again;
#[cfg(feature = "large")]
mod compare_copy;
mod death;
mod demo;
mod deps;
#[cfg(feature = "large")]
mod dist;
mod faults;
mod fuzz;
mod kill;
#[cfg(not(feature = "large"))]
mod large;
mod leaks;
mod loom;
mod mutant;
mod picture;
mod soak;
mod spin;
#[cfg(feature = "large")]
mod systemd;
#[cfg(test)]
mod tidy;
#[cfg_attr(not(feature = "large"), allow(dead_code))]
mod tools;
mod torn;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
#[cfg(not(feature = "large"))]
use large::{self as compare_copy, self as dist, self as systemd};

/// What a command comes to: an error is one line for the person who typed it.
type Outcome = Result<(), Box<dyn std::error::Error>>;

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "The project's own commands")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the tests again and again, each time under other conditions
    Again(again::Arguments),
    /// Time copier beside cp, xcp and fcp, in one run
    #[cfg_attr(not(feature = "large"), command(disable_help_flag = true))]
    CompareCopy(compare_copy::Arguments),
    /// Kill writers at every instruction of every path: nothing may be lost, nobody be held up
    Death(death::Arguments),
    /// Build, then show a producer and a consumer sharing a live record
    Demo(demo::Arguments),
    /// Check licences, sources and known advisories of every dependency
    Deps,
    /// Make the Debian package, in target/dist
    #[cfg_attr(not(feature = "large"), command(disable_help_flag = true))]
    Dist(dist::Arguments),
    /// Run the stories of the world's faults, longer and with more of everything
    Faults(faults::Arguments),
    /// Feed hostile bytes to every door that takes them, on the stable compiler
    Fuzz(fuzz::Arguments),
    /// Kill writers at full speed, at random moments: no value may be lost
    Kill(kill::Arguments),
    /// Attach a million times and tick for a day, both in minutes: nothing may pile up
    Leaks(leaks::Arguments),
    /// Draw docs/region.svg from the numbers of the format
    Picture,
    /// Run the protocol's models, then weaken each of its lines: a model must fail for each
    Loom(loom::Arguments),
    /// Read for minutes at full speed, over all sizes, slots and new writers: nothing may be torn
    Soak(soak::Arguments),
    /// Search every state of the protocol's Promela models: writers that die, and their successors
    Spin(spin::Arguments),
    /// Try the package under a real systemd, thrown away afterwards
    #[cfg_attr(not(feature = "large"), command(disable_help_flag = true))]
    Systemd(systemd::Arguments),
    /// Read while a writer publishes at full speed: nothing may be torn
    Torn(torn::Arguments),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Again(arguments) => again::run(&arguments),
        Command::CompareCopy(arguments) => compare_copy::run(&arguments),
        Command::Death(arguments) => death::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Deps => deps::run(),
        Command::Dist(arguments) => dist::run(&arguments),
        Command::Faults(arguments) => faults::run(&arguments),
        Command::Fuzz(arguments) => fuzz::run(&arguments),
        Command::Kill(arguments) => kill::run(&arguments),
        Command::Leaks(arguments) => leaks::run(&arguments),
        Command::Picture => picture::run(),
        Command::Loom(arguments) => loom::run(&arguments),
        Command::Soak(arguments) => soak::run(&arguments),
        Command::Spin(arguments) => spin::run(&arguments),
        Command::Systemd(arguments) => systemd::run(&arguments),
        Command::Torn(arguments) => torn::run(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            eprintln!("cargo xtask: {err}");
            ExitCode::FAILURE
        }
    }
}
