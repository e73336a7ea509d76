//! `cargo xtask loom`: the models of crates/channel, and the mutants that they must catch.
//!
//! Invariant: a mutant counts as caught only if it compiles and each model named for it fails by a
//! broken claim. A compile error, a hang cut short by loom or any other panic is a failure here.
//!
//! ```text
//!   cargo xtask loom                  build with --cfg loom, run all models, they must pass;
//!                                     then for each mutant: patch a copy of channel, build it, run
//!                                     its models, they must fail
//!   cargo xtask loom --models-only    the first half alone
//!   cargo xtask loom --mutant W1      that one mutant alone
//! ```
//!
//! Price: the flag changes every dependency of loom, so the first build takes about a minute; it
//! goes to target/loom, mutants to target/loom-mutants, where each rebuilds nothing but channel.

pub(crate) mod mutants;

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::Outcome;
use crate::caught::{Caught, all_caught};
use crate::mutant;
use crate::tools::{Fallible, cargo, executable, target_directory};
use mutants::{MUTANTS, Mutant};

/// How the models begin a broken claim (crates/channel/src/models/mod.rs).
const BROKEN: &str = "broken claim: ";

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only run the models, and weaken nothing
    #[arg(long, conflicts_with = "mutant")]
    models_only: bool,

    /// Only weaken this line of the protocol, W1 for example; may be given several times
    #[arg(long, value_name = "LINE", value_parser = names())]
    mutant: Vec<String>,
}

fn names() -> clap::builder::PossibleValuesParser {
    MUTANTS.map(|mutant| mutant.name()).into()
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let wanted = wanted(&arguments.mutant);
    if arguments.mutant.is_empty() {
        run_models()?;
    }
    if arguments.models_only { Ok(()) } else { all_caught(wanted, |mutant| catch(mutant)) }
}

/// The lines of the protocol that can be weakened, by name.
#[cfg(test)]
pub(crate) fn lines() -> impl Iterator<Item = &'static str> {
    MUTANTS.iter().map(Mutant::name)
}

/// The mutants with these names, or all.
fn wanted(names: &[String]) -> Vec<&'static Mutant> {
    let is_wanted = |mutant: &&Mutant| names.iter().any(|name| name == mutant.name());
    MUTANTS.iter().filter(|mutant| names.is_empty() || is_wanted(mutant)).collect()
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

/// Each of the mutant's models must fail by a broken claim.
fn catch(mutant: &Mutant) -> Fallible<Caught> {
    let models = build(Some(mutant))?;
    for model in mutant.models {
        // One at a time, so that what is printed is known to be printed by this model.
        let output =
            Command::new(&models).arg("--exact").arg(format!("models::{model}")).output()?;
        if output.status.success() || !broke_a_claim(&output.stdout) {
            return Ok(Err(format!("{model} holds")));
        }
    }
    Ok(Ok(format!("by {}", mutant.models.join(", "))))
}

/// Whether a test run reports one failed test, which failed by a broken claim.
fn broke_a_claim(stdout: &[u8]) -> bool {
    let said = String::from_utf8_lossy(stdout);
    said.contains("0 passed; 1 failed") && said.contains(BROKEN)
}

/// Builds the models, with one line weakened, and returns the path of the test program.
///
/// `--cfg loom` goes to every crate, for loom is a dependency of that configuration only.
fn build(mutant: Option<&Mutant>) -> Fallible<PathBuf> {
    let workspace = match mutant {
        Some(mutant) => mutant::workspace(&mutant.patch)?,
        None => mutant::root(),
    };
    let mut cargo = cargo();
    cargo
        .current_dir(workspace)
        .env("RUSTFLAGS", "--cfg loom")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        // Not one for both: cargo would take a mutant's program for that of the unchanged sources.
        .env(
            "CARGO_TARGET_DIR",
            target_directory()?.join(if mutant.is_some() { "loom-mutants" } else { "loom" }),
        )
        .env("CARGO_PROFILE_DEV_OPT_LEVEL", "2")
        .args(["rustc", "--quiet", "--package", "mapcast-channel", "--lib", "--profile", "test"])
        .args(["--message-format", "json-render-diagnostics"])
        .stderr(if mutant.is_some() { Stdio::piped() } else { Stdio::inherit() });
    let what = mutant.map_or("the protocol", Mutant::name);
    let output = cargo.output()?;
    if !output.status.success() {
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
        return Err(format!("{what} does not compile under loom; see above").into());
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    messages
        .lines()
        .find_map(executable)
        .ok_or_else(|| format!("cargo built no test program for {what}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_that_is_no_broken_claim_catches_nothing() {
        let summary = "test result: FAILED. 0 passed; 1 failed; 0 ignored";
        assert!(broke_a_claim(format!("broken claim: torn\n{summary}").as_bytes()));
        assert!(!broke_a_claim(format!("Model exceeded maximum number\n{summary}").as_bytes()));
        assert!(!broke_a_claim(b"test result: ok. 0 passed; 0 failed; 0 ignored"));
    }

    #[test]
    fn every_mutant_runs_unless_some_are_named() {
        let all = wanted(&[]);
        assert_eq!(all.len(), MUTANTS.len());
        let named = wanted(&["T1".to_owned(), "W1".to_owned()]);
        assert_eq!(named.iter().map(|mutant| mutant.name()).collect::<Vec<_>>(), ["W1", "T1"]);
    }

    #[test]
    fn every_model_that_a_mutant_names_is_there() {
        for mutant in &MUTANTS {
            for model in mutant.models {
                let (module, name) = model.split_once("::").expect("module::name");
                let path = mutant::root().join(format!("crates/channel/src/models/{module}.rs"));
                let source = std::fs::read_to_string(path).expect("a file of this repository");
                assert!(source.contains(&format!("fn {name}()")), "{}: no {model}", mutant.name());
            }
        }
    }
}
