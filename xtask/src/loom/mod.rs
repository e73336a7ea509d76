//! `cargo xtask loom`: the models of crates/channel, and the mutants that they must catch.
//!
//! Invariant: a mutant counts as caught only if it compiles and each model named for it fails by a
//! broken claim. A compile error, a hang cut short by loom or any other panic is a failure here.
//!
//! ```text
//!   cargo xtask loom                  build with --cfg loom, run all models, they must pass;
//!                                     meanwhile patch a copy of channel for each mutant and build all
//!                                     of them; then run the models of each, they must fail
//!   cargo xtask loom --models-only    the first half alone
//!   cargo xtask loom --mutant W1      that one mutant alone
//! ```
//!
//! Price: the flag changes every dependency of loom, so the first build takes about a minute; all of it
//! goes to target/loom. The workspace of the mutants is written anew, and built, each time.

mod copies;
pub(crate) mod mutants;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Instant;

use crate::Outcome;
use crate::mutant;
use crate::tools::{Fallible, built, cargo, printed, target_directory};
use crate::verdicts::{Caught, all_caught_at_once};
use mutants::Mutant;

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
    mutants::all().map(Mutant::name).collect::<Vec<_>>().into()
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    if arguments.models_only {
        return Models::start()?.finish();
    }
    let wanted = wanted(&arguments.mutant);
    let models = arguments.mutant.is_empty().then(Models::start).transpose()?;
    let programs = build_mutants(&wanted);
    models.map_or(Ok(()), Models::finish)?;
    let programs = programs?;
    all_caught_at_once(wanted, |mutant| catch(mutant, &programs))
}

/// The lines of the protocol that can be weakened, by name.
#[cfg(test)]
pub(crate) fn lines() -> impl Iterator<Item = &'static str> {
    mutants::all().map(Mutant::name)
}

/// The mutants with these names, or all.
fn wanted(names: &[String]) -> Vec<&'static Mutant> {
    let is_wanted = |mutant: &&Mutant| names.iter().any(|name| name == mutant.name());
    mutants::all().filter(|mutant| names.is_empty() || is_wanted(mutant)).collect()
}

/// All models, which run.
struct Models {
    process: Child,
    start: Instant,
}

impl Models {
    fn start() -> Fallible<Self> {
        let program = build(&mutant::root(), &["--package", copies::PACKAGE], "2")?;
        let [(_, program)] = Vec::from_iter(program).try_into().map_err(|_| "not one program")?;
        Ok(Self { process: Command::new(program).spawn()?, start: Instant::now() })
    }

    fn finish(mut self) -> Outcome {
        if !self.process.wait()?.success() {
            return Err("a model failed: the protocol allows what it must not; see above".into());
        }
        println!("all models hold ({:.1} s)", self.start.elapsed().as_secs_f32());
        Ok(())
    }
}

/// Builds the models once for each mutant; the programs have the names of the mutants.
fn build_mutants(mutants: &[&Mutant]) -> Fallible<Programs> {
    let workspace = directory()?.join("mutants");
    copies::write(mutants, &workspace)?;
    // A claim breaks within a second: less than it takes to optimise one of them.
    build(&workspace, &["--workspace"], "0")
}

/// Each of the mutant's models must fail by a broken claim.
fn catch(mutant: &Mutant, programs: &Programs) -> Fallible<Caught> {
    let models = programs.get(OsStr::new(mutant.name())).ok_or("cargo built no program")?;
    for model in mutant.models {
        // One at a time, so that what is printed is known to be printed by this model.
        let output =
            Command::new(models).arg("--exact").arg(format!("models::{model}")).output()?;
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

/// Test programs of the models, by the name of their package's directory.
type Programs = BTreeMap<OsString, PathBuf>;

/// Builds the models of these packages, optimised to `level`; loom itself is to 2.
///
/// `--cfg loom` goes to every crate, for loom is a dependency of that configuration only.
fn build(workspace: &Path, packages: &[&str], level: &str) -> Fallible<Programs> {
    let mut cargo = cargo();
    cargo
        .current_dir(workspace)
        .env("RUSTFLAGS", "--cfg loom")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env("CARGO_TARGET_DIR", directory()?)
        .env("CARGO_PROFILE_DEV_OPT_LEVEL", level)
        .env("CARGO_PROFILE_DEV_DEBUG", "none")
        .args(["test", "--no-run", "--quiet", "--lib"])
        .args(["--config", r#"profile.dev.package."*".opt-level=2"#])
        .args(packages)
        .args(["--message-format", "json-render-diagnostics"]);
    let messages = printed(&mut cargo)?;
    let programs = messages.lines().filter_map(built).filter_map(|built| {
        Some((built.manifest_path.parent()?.file_name()?.to_owned(), built.executable))
    });
    Ok(programs.collect())
}

/// Where all of it is built: cargo keeps the packages apart by their names.
fn directory() -> Fallible<PathBuf> {
    Ok(target_directory()?.join("loom"))
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
        assert_eq!(all.len(), mutants::all().count());
        let named = wanted(&["T1".to_owned(), "W1".to_owned()]);
        assert_eq!(named.iter().map(|mutant| mutant.name()).collect::<Vec<_>>(), ["W1", "T1"]);
    }

    #[test]
    fn every_model_that_a_mutant_names_is_there() {
        for mutant in mutants::all() {
            for model in mutant.models {
                let (module, name) = model.split_once("::").expect("module::name");
                let path = mutant::root().join(format!("crates/channel/src/models/{module}.rs"));
                let source = std::fs::read_to_string(path).expect("a file of this repository");
                assert!(source.contains(&format!("fn {name}()")), "{}: no {model}", mutant.name());
            }
        }
    }
}
