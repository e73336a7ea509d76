//! `cargo xtask torn`: the end-to-end story of torn reads, and the mutant that it must catch.
//!
//! Invariant: the mutant counts as caught only if the story itself says that a claim is broken. A
//! compile error, a missed deadline or any other failure is a failure here.
//!
//! ```text
//!   cargo xtask torn --release --seconds 10    ten seconds for each record size: nothing torn
//!   cargo xtask torn --mutant                  the same story without the second look at the stamp
//!                                              (SYNC R3): it must find torn records
//! ```
//!
//! Price: the mutant's first build is a whole one, in a directory of its own.

use std::process::Output;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::loom::mutants;
use crate::mutant;
use crate::tools::{Fallible, cargo};

/// The story, in tests/e2e/torn.rs.
const STORY: &str = "torn::no_reader_ever_gets_a_record_in_parts_or_out_of_order";
/// How the story begins what it found.
const BROKEN: &str = "broken claim: ";
/// The line of crates/channel/src/ring.rs that is removed.
const MUTANT: &str = "R3";

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Remove the re-check after the copy, and demand that torn records are found
    #[arg(long)]
    mutant: bool,

    /// Build as for a release: as fast as it gets, and as it is shipped
    #[arg(long)]
    release: bool,

    /// Read each record size for so long, up to 15; without it, as long as `cargo test` does
    // The story's own deadline for each is 20 s.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=15))]
    seconds: Option<u64>,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let start = Instant::now();
    let mutant = arguments.mutant.then_some(MUTANT);
    let output = story(mutant, arguments)?;
    let said = String::from_utf8_lossy(&output.stdout);
    let (as_wanted, outcome) = match mutant {
        None => (output.status.success(), "nothing torn"),
        Some(_) => (found_torn_records(&said), "caught: torn records without the re-check"),
    };
    if !as_wanted {
        println!("{said}{}", String::from_utf8_lossy(&output.stderr));
        return Err(complaint(arguments.mutant).into());
    }
    println!("{}\n{outcome} ({} s)", table(&said), start.elapsed().as_secs());
    Ok(())
}

fn complaint(mutant: bool) -> &'static str {
    if mutant {
        "the mutant was NOT caught: the story did not fail by torn records; see above"
    } else {
        "a record was torn, or the story did not get that far; see above"
    }
}

/// The counts of each reader, out of all that the test program said.
fn table(said: &str) -> String {
    said.lines().filter(|line| line.contains("torn=")).collect::<Vec<_>>().join("\n")
}

/// Whether the story ran and failed, and what it failed by was torn records.
fn found_torn_records(said: &str) -> bool {
    let counted = said.lines().filter_map(|line| line.split_once("torn=")?.1.split(' ').next());
    let torn = counted.filter_map(|count| count.parse::<u64>().ok()).sum::<u64>();
    said.contains("0 passed; 1 failed") && said.contains(BROKEN) && torn > 0
}

/// Builds and runs the story, with one line of the protocol removed if so asked.
fn story(mutant: Option<&str>, arguments: &Arguments) -> Fallible<Output> {
    let mut cargo = cargo();
    cargo
        .current_dir(mutant::root())
        .args(["test", "--quiet", "--package", "e2e", "--test", "e2e"])
        .args(arguments.release.then_some("--release"))
        .args(["--", "--exact", STORY, "--show-output"])
        .env("RUST_BACKTRACE", "0");
    if let Some(seconds) = arguments.seconds {
        cargo.env("E2E_TORN_MS", Duration::from_secs(seconds).as_millis().to_string());
    }
    if let Some(mutant) = mutant.and_then(mutants::mutant) {
        cargo.current_dir(mutant::workspace(&mutant.patch)?);
        cargo.env("CARGO_TARGET_DIR", mutant::target()?).env("CARGO_PROFILE_DEV_DEBUG", "none");
    }
    Ok(cargo.output()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_torn_records_in_a_story_that_ran_catch_the_mutant() {
        let summary = "test result: FAILED. 0 passed; 1 failed; 0 ignored";
        let found =
            format!("{BROKEN}see the table\n 28 B latest records=9 torn=2 lost=0\n{summary}");
        assert!(found_torn_records(&found));
        assert!(!found_torn_records(&found.replace("torn=2", "torn=0")));
        assert!(!found_torn_records(&found.replace(BROKEN, "not within 20 s: ")));
        assert!(!found_torn_records(&found.replace("1 failed", "0 failed")));
    }

    #[test]
    fn the_story_is_there_under_its_name() {
        let (module, name) = STORY.split_once("::").expect("module::name");
        let path = mutant::root().join(format!("tests/e2e/{module}.rs"));
        let source = std::fs::read_to_string(path).expect("a file of this repository");
        assert!(source.contains(&format!("fn {name}()")) && source.contains(BROKEN));
    }
}
