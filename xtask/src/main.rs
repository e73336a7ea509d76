//! The project's own commands: `cargo xtask COMMAND`.
//!
//! Each command is a module with a `run`; this file only selects one. `cargo xtask` builds it without
//! the libraries of the largest ones, which `large` replaces.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "its output is for people")]

mod again;
#[cfg(feature = "large")]
mod arm64;
mod bridge;
mod compare;
#[cfg(feature = "large")]
mod compare_copy;
mod demo;
mod deps;
#[cfg(feature = "large")]
mod dist;
mod fuzz;
mod instructions;
mod languages;
#[cfg(not(feature = "large"))]
mod large;
mod loom;
mod mutant;
mod pictures;
mod python;
mod spin;
mod stress;
#[cfg(feature = "large")]
mod systemd;
#[cfg(test)]
mod tidy;
#[cfg_attr(not(feature = "large"), allow(dead_code))]
mod tools;
mod vectors;
mod verdicts;
mod views;
mod workers;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
#[cfg(not(feature = "large"))]
use large::{self as arm64, self as compare_copy, self as dist, self as systemd};

/// The result of a command: an error is one line for the person who typed it.
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
    /// Run the core's tests, and a producer and a consumer, as arm64 programs
    #[cfg_attr(not(feature = "large"), command(disable_help_flag = true))]
    Arm64(arm64::Arguments),
    /// Try bridges in network namespaces: links that are cut or slow, processes that are killed, hosts that lie
    Bridge(bridge::Arguments),
    /// Time mapcast beside other ways to share a record, in one run
    #[command(disable_help_flag = true)]
    Compare(compare::Arguments),
    /// Time copier beside cp, xcp and fcp, in one run
    #[cfg_attr(not(feature = "large"), command(disable_help_flag = true))]
    CompareCopy(compare_copy::Arguments),
    /// Build, then show a producer and a consumer sharing a live record
    Demo(demo::Arguments),
    /// Check licences, sources and known advisories of every dependency
    Deps,
    /// Make the Debian packages, in target/dist
    #[cfg_attr(not(feature = "large"), command(disable_help_flag = true))]
    Dist(dist::Arguments),
    /// Feed hostile bytes to every parser, on the stable compiler
    Fuzz(fuzz::Arguments),
    /// Count the instructions of publish, latest and next, and compare them with their budget
    Instructions(instructions::Arguments),
    /// Let writers of Rust, C, C++ and Python take over one region from each other, under followers of each
    Languages(languages::Arguments),
    /// Run the protocol's models, then weaken each of its lines: a model must fail for each
    Loom(loom::Arguments),
    /// Make the pictures of the documents, out of a terminal
    Pictures(pictures::Arguments),
    /// Build the wheel for Python, and test it in two versions
    Python(python::Arguments),
    /// Search every state of the protocol's Promela models: writers that die, and their successors
    Spin(spin::Arguments),
    /// Run a test at full length: kill, death, soak, torn, faults, lineage or leaks
    Stress(stress::Arguments),
    /// Try the package under a real systemd, thrown away afterwards
    #[cfg_attr(not(feature = "large"), command(disable_help_flag = true))]
    Systemd(systemd::Arguments),
    /// Write the region files that any implementation of the format can test itself with, in docs/vectors
    Vectors(vectors::Arguments),
    /// Try exports with promtool, Prometheus and Chromium, and recordings with MCAP's own library
    Views(views::Arguments),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Again(arguments) => again::run(&arguments),
        Command::Arm64(arguments) => arm64::run(&arguments),
        Command::Bridge(arguments) => bridge::run(&arguments),
        Command::Compare(arguments) => compare::run(&arguments),
        Command::CompareCopy(arguments) => compare_copy::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Deps => deps::run(),
        Command::Dist(arguments) => dist::run(&arguments),
        Command::Fuzz(arguments) => fuzz::run(&arguments),
        Command::Instructions(arguments) => instructions::run(&arguments),
        Command::Languages(arguments) => languages::run(&arguments),
        Command::Loom(arguments) => loom::run(&arguments),
        Command::Pictures(arguments) => pictures::run(&arguments),
        Command::Python(arguments) => python::run(&arguments),
        Command::Spin(arguments) => spin::run(&arguments),
        Command::Stress(arguments) => stress::run(&arguments),
        Command::Systemd(arguments) => systemd::run(&arguments),
        Command::Vectors(arguments) => vectors::run(&arguments),
        Command::Views(arguments) => views::run(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            eprintln!("cargo xtask: {err}");
            ExitCode::FAILURE
        }
    }
}
