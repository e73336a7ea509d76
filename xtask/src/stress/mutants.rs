//! Lines of the protocol that are weakened in the whole workspace, and the tests that must fail then.
//!
//! Invariant: a mutant counts as caught only by a broken claim at the end of a whole run. A compile
//! error, a panic or a missed deadline is a failure here.
//!
//! Price: the first build of a mutant builds what the tests need, in a directory of its own.

use std::fmt;
use std::process::{Command, Output};

use crate::Outcome;
use crate::loom::mutants;
use crate::mutant;
use crate::stress::WITHOUT_PROGRAMS;
use crate::tools::{Fallible, cargo, done};
use crate::verdicts::{Caught, all_caught};

/// The beginning of a message about a broken claim.
const BROKEN: &str = "broken claim: ";

/// A line of the protocol that can be weakened.
struct Mutant {
    /// As in `SYNC T1`.
    name: &'static str,
    /// The weakened line.
    what: &'static str,
    /// What shows it: a word in the names of the paths for `death`, or a test.
    shown_by: &'static str,
}

/// The two lines whose weakening is more than an ordering: a single step shows no other.
const DEATH: [Mutant; 2] = [
    Mutant { name: "T1", what: "take-over believes head", shown_by: "not announced" },
    Mutant { name: "W2", what: "words after complete(n)", shown_by: "publish" },
];

const TORN: [Mutant; 1] = [Mutant {
    name: "R3",
    what: "no re-check of the stamp after the copy",
    shown_by: "no_reader_gets_a_torn_or_misordered_record",
}];

/// Points of each path under a mutant.
const POINTS: &str = "200";

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.what)
    }
}

pub(super) fn death() -> Outcome {
    all_caught(&DEATH, |mutant| Ok(caught(&die_as(mutant)?, mutant, first_claim)))
}

pub(super) fn torn() -> Outcome {
    all_caught(&TORN, |mutant| Ok(caught(&read_as(mutant)?, mutant, torn_records)))
}

/// Whether a run failed by the claim that `claim` finds in what it printed.
fn caught(output: &Output, mutant: &Mutant, claim: fn(&str) -> Option<String>) -> Caught {
    let printed = String::from_utf8_lossy(&output.stdout);
    match claim(&printed) {
        Some(claim) if !output.status.success() => Ok(format!("by {:?}: {claim}", mutant.shown_by)),
        _ => Err(format!("{printed}{}", String::from_utf8_lossy(&output.stderr))),
    }
}

/// The first claim that was broken by a death, if the program got to its end.
fn first_claim(printed: &str) -> Option<String> {
    let (_, failures) = printed.split_once(" deaths, ")?;
    let is_claim = |line: &&str| line.contains(", instruction ") && line.contains(BROKEN);
    failures.lines().find(is_claim).map(str::to_owned)
}

/// How many records were torn, if the test ran and failed by them.
fn torn_records(printed: &str) -> Option<String> {
    let counts = printed.lines().filter_map(|line| line.split_once("torn=")?.1.split(' ').next());
    let torn = counts.filter_map(|count| count.parse::<u64>().ok()).sum::<u64>();
    let is_claim = printed.contains("0 passed; 1 failed") && printed.contains(BROKEN) && torn > 0;
    is_claim.then(|| format!("{torn} torn records"))
}

/// Builds and runs `death` with one line weakened.
fn die_as(mutant: &Mutant) -> Fallible<Output> {
    let bins = ["--bin", "death", "--bin", "stepped_writer"];
    done(weakened(mutant)?.args(["build", "--quiet"]).args(WITHOUT_PROGRAMS).args(bins))?;
    let program = mutant::target()?.join("debug").join("death");
    Ok(Command::new(program).args([POINTS, mutant.shown_by]).output()?)
}

/// Builds and runs a test with one line weakened.
fn read_as(mutant: &Mutant) -> Fallible<Output> {
    let mut cargo = weakened(mutant)?;
    cargo.args(["test", "--quiet"]).args(WITHOUT_PROGRAMS).args(["--test", "torn", "--"]);
    Ok(cargo.args(["--exact", mutant.shown_by, "--show-output"]).output()?)
}

/// Cargo in the workspace with one line weakened.
fn weakened(mutant: &Mutant) -> Fallible<Command> {
    let patch = &mutants::mutant(mutant.name).ok_or("no such mutant")?.patch;
    let mut cargo = cargo();
    cargo.current_dir(mutant::workspace(patch)?).env("CARGO_TARGET_DIR", mutant::target()?);
    cargo.env("CARGO_PROFILE_DEV_DEBUG", "none").env("RUST_BACKTRACE", "0");
    Ok(cargo)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stress::tests::sources;

    #[test]
    fn only_a_claim_at_the_end_of_a_whole_run_catches_a_mutant() {
        let printed = format!(
            "path\n9 deaths, 1 failures (1 s)\nclose, instruction 7 (There): {BROKEN}the value is lost\n"
        );
        assert!(first_claim(&printed).is_some_and(|claim| claim.ends_with("the value is lost")));
        assert_eq!(first_claim("path\n9 deaths, 0 failures (1 s)\n"), None);
        assert_eq!(first_claim(&printed.replace(", instruction 7 (There)", "")), None);
        assert_eq!(first_claim(&format!("{BROKEN}and then a panic\n")), None);
    }

    #[test]
    fn only_torn_records_in_a_test_that_ran_catch_the_mutant() {
        let summary = "test result: FAILED. 0 passed; 1 failed; 0 ignored";
        let found =
            format!("{BROKEN}see the table\n 28 B latest records=9 torn=2 lost=0\n{summary}");
        assert_eq!(torn_records(&found).as_deref(), Some("2 torn records"));
        for (from, to) in
            [("torn=2", "torn=0"), (BROKEN, "not within 20 s: "), ("1 failed", "0 failed")]
        {
            assert_eq!(torn_records(&found.replace(from, to)), None);
        }
    }

    #[test]
    fn the_mutants_and_what_shows_them_are_there() {
        let text = sources("tests");
        for Mutant { name, shown_by, .. } in DEATH.iter().chain(&TORN) {
            assert!(mutants::mutant(name).is_some(), "{name}");
            let word = shown_by.rsplit("::").next().expect("a name");
            assert!(text.contains(word), "nothing is called {word}");
        }
        assert!(text.contains(&format!("\"{BROKEN}\"")) && text.contains(" deaths, "));
    }
}
