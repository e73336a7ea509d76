//! `cargo xtask death`: a writer is killed before each instruction of each path; and the mutants
//! that this must catch.
//!
//! Invariant: a mutant counts as caught only if the program ran to its end and found a broken claim. A
//! compile error or a panic is a failure here.
//!
//! ```text
//!   cargo xtask death                  every instruction of every path, a process for each: minutes
//!   cargo xtask death --points 100     about so many of each path
//!   cargo xtask death --mutant         with one line of the protocol weakened, for each of MUTANTS
//! ```
//!
//! The program that does it is `tests/src/bin/death.rs`; the story `death` of `cargo test` takes some
//! of the same points.
//!
//! Price: the first build of a mutant is a whole one, in a directory of its own.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Instant;

use crate::Outcome;
use crate::loom::mutants;
use crate::mutant;
use crate::tools::{Fallible, cargo, done, target_directory};

/// A line of the protocol that can be weakened, and the paths on which a death must show it.
struct Mutant {
    /// As in `SYNC T1`.
    name: &'static str,
    /// What becomes of the line.
    what: &'static str,
    /// A word in the names of the paths.
    path: &'static str,
}

/// The two lines whose weakening is more than an ordering: a single step shows no other.
const MUTANTS: [Mutant; 2] = [
    Mutant { name: "T1", what: "take-over believes head", path: "not announced" },
    Mutant { name: "W2", what: "words after complete(n)", path: "publish" },
];

/// Points of each path under a mutant.
const POINTS_OF_A_MUTANT: usize = 200;

/// How the program begins what it found (tests/src/death/mod.rs).
const BROKEN: &str = "broken claim: ";

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Weaken lines of the protocol in turn, and demand that deaths show it
    #[arg(long, conflicts_with = "points")]
    mutant: bool,

    /// Kill at about so many points of each path; without it, at every instruction
    #[arg(long, value_name = "N")]
    points: Option<usize>,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    if arguments.mutant {
        return run_mutants();
    }
    done(build(&mutant::root()).arg("--release"))?;
    let program = target_directory()?.join("release").join("death");
    done(Command::new(program).args(arguments.points.map(|points| points.to_string())))
}

fn run_mutants() -> Outcome {
    let mut survivors = Vec::new();
    for mutant in &MUTANTS {
        let Mutant { name, what, path } = mutant;
        let start = Instant::now();
        let output = die_as(mutant)?;
        let said = String::from_utf8_lossy(&output.stdout);
        let seconds = start.elapsed().as_secs();
        if let (false, Some(claim)) = (output.status.success(), first_claim(&said)) {
            println!("{name} ({what}) caught on {path:?} ({seconds} s)\n  {claim}");
        } else {
            println!("{said}{}", String::from_utf8_lossy(&output.stderr));
            survivors.push(*name);
        }
    }
    println!("{} of {} mutants caught", MUTANTS.len() - survivors.len(), MUTANTS.len());
    if survivors.is_empty() {
        Ok(())
    } else {
        Err(format!("not caught: {}; see above", survivors.join(", ")).into())
    }
}

/// The first claim that was broken by a death, if the program got to its end.
fn first_claim(said: &str) -> Option<&str> {
    let (_, failures) = said.split_once(" deaths, ")?;
    failures.lines().find(|line| line.contains(", instruction ") && line.contains(BROKEN))
}

/// Builds all with one line weakened, and tries some points.
fn die_as(mutant: &Mutant) -> Fallible<Output> {
    let patch = &mutants::mutant(mutant.name).ok_or("no such mutant")?.patch;
    let target = mutant::target()?;
    let mut cargo = build(&mutant::workspace(patch)?);
    done(cargo.env("CARGO_PROFILE_DEV_DEBUG", "none").env("CARGO_TARGET_DIR", &target))?;
    let mut program = Command::new(target.join("debug").join("death"));
    Ok(program.arg(POINTS_OF_A_MUTANT.to_string()).arg(mutant.path).output()?)
}

/// The command that builds the programs, in one workspace or another.
fn build(workspace: &Path) -> Command {
    let bins = ["--bin", "death", "--bin", "stepped_writer"];
    let mut cargo = cargo();
    cargo.current_dir(workspace).args(["build", "--quiet", "--package", "e2e"]).args(bins);
    cargo
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str) -> String {
        std::fs::read_to_string(mutant::root().join(path)).expect("a file of this repository")
    }

    #[test]
    fn only_a_claim_at_the_end_of_a_whole_run_catches_a_mutant() {
        let said = format!(
            "path\n9 deaths, 1 failures (1 s)\nclose, instruction 7 (There): {BROKEN}the value is lost\n"
        );
        assert!(first_claim(&said).is_some_and(|claim| claim.ends_with("the value is lost")));
        assert_eq!(first_claim("path\n9 deaths, 0 failures (1 s)\n"), None);
        assert_eq!(first_claim(&said.replace(", instruction 7 (There)", "")), None);
        assert_eq!(first_claim(&format!("{BROKEN}and then a panic\n")), None);
    }

    #[test]
    fn the_mutants_their_paths_and_the_words_of_the_program_are_there() {
        let routes = read("tests/src/death/route.rs");
        for Mutant { name, path, .. } in &MUTANTS {
            assert!(mutants::mutant(name).is_some(), "{name}");
            assert!(routes.contains(path), "no path is called so: {path}");
        }
        assert!(read("tests/src/death/mod.rs").contains(&format!("\"{BROKEN}\"")));
        assert!(read("tests/src/bin/death.rs").contains(" deaths, "));
    }
}
