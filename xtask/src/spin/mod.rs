//! `cargo xtask spin`: the protocol's Promela models, and the mutants that SPIN must find.
//!
//! Invariant: a model holds only if SPIN has visited every state of it, taken every step of it and
//! reached every claim; otherwise a claim could be vacuous. A mutant counts as caught only by a broken claim,
//! and by the one named for it: the others are switched off.
//!
//! ```text
//!   cargo xtask spin              docs/model/*.pml: no error in any state, and every mutant has one
//!   cargo xtask spin --last 7     one publish more: many more states
//!
//!   spin -a -DMUTANT_W1 ...   ->  pan.c   ->  gcc  ->  pan   ->  its report (report.rs)
//! ```
//!
//! Price: about 10 million states for the whole model, half a GiB of memory; spin and gcc must be there.

mod report;
mod runs;

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::Outcome;
use crate::tools::{Fallible, target_directory, transcript};
use crate::verdicts::{Caught, all_caught_at_once};
use crate::workers;
use report::Report;
use runs::{MODELS, MUTANTS, Model, Mutant};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Let the writer publish so many records to the ring that begins at 1, instead of 6
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(5..=8))]
    last: Option<u8>,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    present("spin", "-V")?;
    present("gcc", "--version")?;
    let states = check_models(arguments)?;
    println!("{} models hold in all of their {states} states", MODELS.len());
    all_caught_at_once(&MUTANTS, |mutant| catch(mutant))
}

/// Whether a program is there, and what to do if not. Nothing is installed from here.
fn present(program: &str, version: &str) -> Outcome {
    match Command::new(program).arg(version).output() {
        Err(err) if err.kind() == ErrorKind::NotFound => {
            Err(format!("{program} is not installed; on Debian: apt-get install spin gcc").into())
        }
        other => Ok(other.map(drop)?),
    }
}

/// Searches every model; returns the number of states seen.
fn check_models(arguments: &Arguments) -> Fallible<u64> {
    Ok(workers::each(&MODELS, |model| check_model(model, arguments.last))?.into_iter().sum())
}

/// Searches one model, of which `last` is the argument; returns the number of states seen.
fn check_model(model: &Model, last: Option<u8>) -> Fallible<u64> {
    let start = Instant::now();
    let mut defines: Vec<String> = model.defines.iter().map(ToString::to_string).collect();
    if model.defines.is_empty() && model.file == runs::PUBLISH {
        defines.extend(last.map(|last| format!("LAST={last}")));
    }
    let printed = search(model.file, &defines, "-O2")?;
    let source = std::fs::read_to_string(model_path(model.file))?;
    let report = Report::of(&printed).holds(&source);
    let report = report.map_err(|why| format!("{model}: {why}\n{printed}"))?;
    let seconds = start.elapsed().as_secs_f32();
    println!("{model} holds: {} states, all steps taken ({seconds:.1} s)", report.states);
    Ok(report.states)
}

/// Each search for the mutant must break the one claim that is left.
fn catch(mutant: &Mutant) -> Fallible<Caught> {
    for defines in mutant.searches() {
        // Most claims break within a few thousand states, in less time than gcc would take to optimise.
        let printed = search(mutant.file, &defines, "-O0")?;
        if !Report::of(&printed).breaks_a_claim() {
            return Ok(Err(format!("{printed}\n{} holds", defines.join(" "))));
        }
    }
    Ok(Ok(format!("by {}", mutant.claims())))
}

/// Makes the verifier of a model, runs it, and returns what it printed. `level` is gcc's, of optimisation.
fn search(file: &str, defines: &[String], level: &str) -> Fallible<String> {
    let directory = target_directory()?.join("spin");
    std::fs::create_dir_all(&directory)?;
    let room = tempfile::tempdir_in(directory)?;
    let defines = defines.iter().map(|define| format!("-D{define}"));
    let model = model_path(file).into_os_string();
    // -o3: no steps merged into others, so that each is seen to be reached.
    let spin = ["-a", "-o3"].map(OsString::from).into_iter().chain(defines.map(OsString::from));
    transcript(Command::new("spin").args(spin).arg(model).current_dir(&room))?;
    // Every state is kept, compressed without loss: no bit state, no hash compaction.
    let gcc = [level, "-w", "-DSAFETY", "-DNOFAIR", "-DCOLLAPSE", "-DMEMLIM=8000"];
    transcript(Command::new("gcc").args(gcc).args(["-o", "pan", "pan.c"]).current_dir(&room))?;
    let output =
        Command::new(room.path().join("pan")).arg("-m1000000").current_dir(&room).output()?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn model_path(file: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/model")).join(file)
}
