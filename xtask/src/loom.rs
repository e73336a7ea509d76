//! `cargo xtask loom`: the models of crates/channel, and the mutants that they must catch.
//!
//! Invariant: a mutant counts as caught only if it compiles and each model named for it fails by a
//! broken claim. A compile error, a hang cut short by loom or any other panic is a failure here.
//!
//! ```text
//!   cargo xtask loom              build with --cfg loom, run all models, they must pass
//!   cargo xtask loom --mutants    then for each of MUTANTS: build with --cfg mutant="W1", run its
//!                                 models, they must fail
//! ```
//!
//! Price: the flags change every dependency of loom, so the first build takes about a minute; it
//! goes to target/loom, where a mutant rebuilds nothing but channel.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::Outcome;

/// A line of the protocol that can be weakened, and the models that must then fail.
struct Mutant {
    /// As in `--cfg mutant="W1"`, in crates/channel/src/sync.rs and in docs/protocol.md.
    name: &'static str,
    models: &'static [&'static str],
}

const NEXT: &str = "publish::next_gives_a_whole_record_or_none";
const AT_ONCE: &str = "publish::latest_never_needs_a_second_look";
const AGREE: &str = "publish::next_has_what_latest_gave";
const LAPPED_NEXT: &str = "lapping::next_from_a_slot_being_used_again_is_whole_or_lapped";
const LAPPED_LATEST: &str = "lapping::latest_from_a_slot_being_used_again_is_whole";
const TWICE: &str = "takeover::a_takeover_never_uses_a_number_twice";
const BACK: &str = "takeover::a_takeover_is_never_seen_going_back";

const MUTANTS: [Mutant; 9] = [
    Mutant { name: "W1", models: &[LAPPED_NEXT, LAPPED_LATEST] },
    Mutant { name: "W2", models: &[NEXT, TWICE] },
    Mutant { name: "W3", models: &[NEXT, TWICE] },
    Mutant { name: "W4", models: &[AT_ONCE, AGREE] },
    Mutant { name: "R0", models: &[AT_ONCE, AGREE] },
    Mutant { name: "R1", models: &[NEXT, TWICE] },
    Mutant { name: "R2", models: &[LAPPED_NEXT, LAPPED_LATEST] },
    Mutant { name: "R3", models: &[LAPPED_NEXT, LAPPED_LATEST] },
    Mutant { name: "T1", models: &[TWICE, BACK] },
];

/// How the models begin a broken claim (crates/channel/src/models/mod.rs).
const BROKEN: &str = "broken claim: ";

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Then weaken each named line of the protocol in turn, and demand that its models fail
    #[arg(long)]
    mutants: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    run_models()?;
    if arguments.mutants { run_mutants() } else { Ok(()) }
}

fn run_models() -> Outcome {
    let models = build(None)?;
    let start = Instant::now();
    if !Command::new(models).status()?.success() {
        return Err("a model failed: the protocol allows what it must not; see above".into());
    }
    println!("all models hold ({:.1} s)", start.elapsed().as_secs_f32());
    Ok(())
}

fn run_mutants() -> Outcome {
    let mut missed = Vec::new();
    for mutant in &MUTANTS {
        let start = Instant::now();
        let survivors = survivors(mutant)?;
        let seconds = start.elapsed().as_secs_f32();
        if survivors.is_empty() {
            println!("{} caught by {} ({seconds:.1} s)", mutant.name, mutant.models.join(", "));
        } else {
            println!("{} NOT caught by {}", mutant.name, survivors.join(", "));
            missed.push(mutant.name);
        }
    }
    println!("{} of {} mutants caught", MUTANTS.len() - missed.len(), MUTANTS.len());
    if missed.is_empty() {
        Ok(())
    } else {
        Err(format!("not caught: {}; a model must fail for each", missed.join(", ")).into())
    }
}

/// The models of a mutant that did not fail by a broken claim.
fn survivors(mutant: &Mutant) -> Result<Vec<&'static str>, Box<dyn std::error::Error>> {
    let models = build(Some(mutant.name))?;
    let mut survivors = Vec::new();
    for model in mutant.models {
        // One at a time, so that what is said is known to be said by this model.
        let output =
            Command::new(&models).arg("--exact").arg(format!("models::{model}")).output()?;
        if output.status.success() || !broke_a_claim(&output.stdout) {
            survivors.push(*model);
        }
    }
    Ok(survivors)
}

/// Whether a test run reports one failed test and what it said was a broken claim.
fn broke_a_claim(stdout: &[u8]) -> bool {
    let said = String::from_utf8_lossy(stdout);
    said.contains("0 passed; 1 failed") && said.contains(BROKEN)
}

/// Builds the models, with one line weakened, and returns the path of the test program.
///
/// `--cfg loom` goes to every crate, for loom is a dependency of that configuration only; the
/// mutant goes to channel alone, so that nothing else is built again.
fn build(mutant: Option<&str>) -> Result<PathBuf, Box<dyn std::error::Error>> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(workspace())
        .env("RUSTFLAGS", "--cfg loom")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env("CARGO_TARGET_DIR", target_dir())
        .env("CARGO_PROFILE_DEV_OPT_LEVEL", "2")
        .args(["rustc", "--quiet", "--package", "channel", "--lib", "--profile", "test"])
        .args(["--message-format", "json-render-diagnostics"])
        .stderr(Stdio::inherit());
    if let Some(name) = mutant {
        cargo.arg("--").arg("--cfg").arg(format!("mutant=\"{name}\""));
    }
    let what = mutant.unwrap_or("the protocol");
    let output = cargo.output()?;
    if !output.status.success() {
        return Err(format!("{what} does not compile under loom; see above").into());
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    messages
        .lines()
        .find_map(test_program)
        .ok_or_else(|| format!("cargo built no test program for {what}").into())
}

/// The program that one of cargo's messages announces.
fn test_program(message: &str) -> Option<PathBuf> {
    let message: serde_json::Value = serde_json::from_str(message).ok()?;
    message.get("executable")?.as_str().map(PathBuf::from)
}

fn workspace() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// A directory of its own: other flags, and no waiting for a cargo that runs elsewhere.
fn target_dir() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    target.unwrap_or_else(|| workspace().join("target")).join("loom")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str) -> String {
        std::fs::read_to_string(workspace().join(path)).expect("a file of this repository")
    }

    #[test]
    fn a_failure_that_is_no_broken_claim_catches_nothing() {
        let summary = "test result: FAILED. 0 passed; 1 failed; 0 ignored";
        assert!(broke_a_claim(format!("broken claim: torn\n{summary}").as_bytes()));
        assert!(!broke_a_claim(format!("Model exceeded maximum number\n{summary}").as_bytes()));
        assert!(!broke_a_claim(b"test result: ok. 0 passed; 0 failed; 0 ignored"));
    }

    #[test]
    fn the_test_program_is_read_from_cargos_messages() {
        let artifact = r#"{"reason":"compiler-artifact","executable":"/t/channel-1"}"#;
        assert_eq!(test_program(artifact), Some(PathBuf::from("/t/channel-1")));
        let library = r#"{"reason":"compiler-artifact","executable":null}"#;
        assert_eq!(test_program(library), None);
    }

    #[test]
    fn every_named_line_of_the_protocol_has_a_mutant_and_a_row_in_the_document() {
        let (sync, document) = (read("crates/channel/src/sync.rs"), read("docs/protocol.md"));
        let named = sync.lines().filter_map(|line| line.strip_prefix("/// SYNC "));
        let mut named: Vec<&str> = named.filter_map(|line| line.split(':').next()).collect();
        let mut mutants: Vec<&str> = MUTANTS.iter().map(|mutant| mutant.name).collect();
        named.sort_unstable();
        mutants.sort_unstable();
        assert_eq!(named, mutants);

        for mutant in &MUTANTS {
            let switch = format!("mutant = \"{}\"", mutant.name);
            assert!(sync.contains(&switch), "sync.rs has no {switch}");
            let start = format!("| {} |", mutant.name);
            let row = document.lines().find(|line| line.starts_with(&start));
            let row = row.unwrap_or_else(|| panic!("docs/protocol.md has no row {start}"));
            for model in mutant.models {
                assert!(row.contains(model), "{model} is not named in: {row}");
            }
        }
    }
}
