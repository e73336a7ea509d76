//! `cargo xtask instructions`: how many instructions publish, latest and next take, and what they may.
//!
//! Invariant: a count depends neither on the machine's load nor on its processor: valgrind shows a program
//! the same one everywhere, without AVX-512; without AVX2 nothing is counted. It depends on the compiler:
//! with another one than the budget's, a call may take 5 % more, and any number fewer.
//!
//! ```text
//!   crates/region/benches/instructions.rs     calls one operation N times
//!   valgrind --tool=callgrind                 counts: (3,000 calls - 1,000 calls) / 2,000
//!   crates/region/benches/instructions.toml   the budget, to half an instruction more and two fewer
//! ```
//!
//! Why callgrind and no crate around it: Debian packages it, and all that is needed of it is one number.
//!
//! Price: half a minute, after a build of `region` for benchmarks; `--mutant` builds it once more for
//! each mutant.

mod listing;

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::Outcome;
use crate::mutant::{self, Patch};
use crate::tools::{Fallible, built, cargo, printed};
use crate::verdicts::{Caught, all_caught};

const BUDGET: &str = "crates/region/benches/instructions.toml";

/// Calls of the two runs whose difference is counted.
const CALLS: [u32; 2] = [1000, 3000];

/// More than rounding, less than an instruction.
const TOLERANCE: f64 = 0.5;
/// How many fewer than the budget are not worth a new one: where a buffer lies makes one of difference.
const FEWER: f64 = 2.0;

/// How much more a call may take by another compiler.
const OTHER_COMPILER: f64 = 1.05;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Write the counts into the budget
    #[arg(long, conflicts_with = "mutant")]
    update: bool,

    /// Print the instructions of one operation, such as "publish 28 B, struct"
    #[arg(long, value_name = "NAME", conflicts_with_all = ["mutant", "update"])]
    show: Option<String>,

    /// Add one instruction to a publish, to a read, and require that the budget shows it
    #[arg(long)]
    mutant: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    if !has_avx2() {
        println!("the budget is for x86-64 with AVX2: nothing is counted here");
        return Ok(());
    }
    let path = mutant::root().join(BUDGET);
    let budget: Budget = toml::from_str(&fs::read_to_string(&path)?)?;
    if arguments.mutant {
        return all_caught(&MUTANTS, |mutant| mutant.verdict(&budget));
    }
    let program = build(&mut cargo())?;
    if let Some(name) = &arguments.show {
        return listing::show(&program, name);
    }
    let counts = count_all(&program)?;
    if arguments.update {
        return Ok(fs::write(path, written(&compiler()?, &counts))?);
    }
    let rows = budget.compare(&compiler()?, &counts);
    for row in &rows {
        println!("{row}");
    }
    let failed = rows.iter().filter(|row| row.verdict.is_some()).count();
    if failed == 0 {
        return Ok(());
    }
    Err(format!(
        "{failed} of {} operations do not fit {BUDGET}: fix the code, or explain in the commit why they \
         take more and write the new counts with `cargo xtask instructions --update`",
        rows.len()
    )
    .into())
}

/// Whether valgrind shows a program the processor of the budget.
fn has_avx2() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::is_x86_feature_detected!("avx2");
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

/// An operation and its instructions, in the order of the program.
type Count = (String, f64);

#[derive(Debug, Deserialize)]
struct Budget {
    /// The compiler whose counts these are.
    rustc: String,
    instructions: BTreeMap<String, f64>,
}

/// What one operation took and what it may take.
struct Row {
    name: String,
    count: f64,
    budget: Option<f64>,
    /// What is wrong with it.
    verdict: Option<&'static str>,
}

impl Budget {
    /// A row for each operation that was counted, and for each that is in the budget alone.
    fn compare(&self, compiler: &str, counts: &[Count]) -> Vec<Row> {
        let is_same = self.rustc == compiler;
        let row = |(name, count): &Count| {
            let budget = self.instructions.get(name).copied();
            let verdict = budget.map_or(Some("is not in the budget"), |budget| {
                let most = if is_same { budget } else { budget * OTHER_COMPILER };
                match *count {
                    count if count > most + TOLERANCE => Some("takes more"),
                    count if is_same && count < budget - FEWER => Some("takes fewer"),
                    _ => None,
                }
            });
            Row { name: name.clone(), count: *count, budget, verdict }
        };
        let is_gone = |name: &&String| counts.iter().all(|(counted, _)| counted != *name);
        let gone = self.instructions.keys().filter(is_gone).map(|name| Row {
            name: name.clone(),
            count: 0.0,
            budget: self.instructions.get(name).copied(),
            verdict: Some("is not counted any more"),
        });
        counts.iter().map(row).chain(gone).collect()
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, count, budget, verdict } = self;
        write!(f, "{name:28} {count:8.2}")?;
        budget.map_or(Ok(()), |budget| write!(f, " of {budget:8.2}"))?;
        verdict.map_or(Ok(()), |verdict| write!(f, "  {verdict}"))
    }
}

/// The budget's file with these counts.
fn written(compiler: &str, counts: &[Count]) -> String {
    let mut text = format!(
        "# Instructions of one call: `cargo xtask instructions` counts and compares them, `--update` writes them.\n\
         rustc = \"{compiler}\"\n\n[instructions]\n"
    );
    for (name, count) in counts {
        writeln!(text, "\"{name}\" = {count:.2}").expect("a string takes any text");
    }
    text
}

/// The version of the compiler that cargo calls.
fn compiler() -> Fallible<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let line = printed(Command::new(rustc).arg("--version"))?;
    Ok(line.split(' ').nth(1).ok_or("rustc does not print its version")?.to_owned())
}

/// Builds the program whose calls are counted.
fn build(cargo: &mut Command) -> Fallible<PathBuf> {
    let build = ["build", "--profile", "bench", "--package", "mapcast-region"];
    let what = ["--bench", "instructions", "--message-format", "json-render-diagnostics"];
    let messages = printed(cargo.args(build).args(what))?;
    let program = messages.lines().find_map(built).ok_or("cargo built no program")?;
    Ok(program.executable)
}

fn count_all(program: &Path) -> Fallible<Vec<Count>> {
    let list = printed(Command::new(program).arg("--list"))?;
    list.lines().map(|name| Ok((name.to_owned(), count(program, name)?))).collect()
}

/// Instructions of one call of an operation.
fn count(program: &Path, name: &str) -> Fallible<f64> {
    let [few, many] = CALLS;
    let (less, more) = (counted(program, name, few)?, counted(program, name, many)?);
    Ok((more - less) / f64::from(many - few))
}

/// Instructions of a run with so many calls.
fn counted(program: &Path, name: &str, calls: u32) -> Fallible<f64> {
    let dir = tempfile::tempdir()?;
    let out = dir.path().join("counts");
    printed(callgrind(&out).arg(program).args([name, &calls.to_string()]))
        .map_err(|err| format!("valgrind (Debian: apt install valgrind): {err}"))?;
    let counts = fs::read_to_string(out)?;
    total(&counts).ok_or_else(|| "callgrind wrote no total".into())
}

/// Callgrind, which writes its counts to `out`.
fn callgrind(out: &Path) -> Command {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--quiet", "--tool=callgrind"]);
    valgrind.arg(format!("--callgrind-out-file={}", out.display()));
    valgrind
}

/// The total in what callgrind writes.
fn total(counts: &str) -> Option<f64> {
    counts.lines().find_map(|line| line.strip_prefix("totals: ")?.trim().parse().ok())
}

/// One instruction more.
struct Mutant {
    patch: Patch,
    /// An operation that it makes longer.
    shown_by: &'static str,
}

const MUTANTS: [Mutant; 2] = [
    Mutant {
        patch: Patch {
            name: "one more store in a publish",
            file: "publisher.rs",
            from: "sync::store_release(head, sequence);",
            to: "sync::store_release(head, sequence);\n    sync::store_release(head, sequence);",
        },
        shown_by: "publish 28 B, struct",
    },
    Mutant {
        patch: Patch {
            name: "one more load in a read",
            file: "ring.rs",
            from: "let published_at = sync::load(slot.published_at);",
            to: "let _ = sync::load(slot.published_at);\n        let published_at = sync::load(slot.published_at);",
        },
        shown_by: "latest 28 B, struct",
    },
];

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.patch.name)
    }
}

impl Mutant {
    fn verdict(&self, budget: &Budget) -> Fallible<Caught> {
        let workspace = mutant::workspace(&self.patch)?;
        let mut cargo = cargo();
        cargo.current_dir(workspace).env("CARGO_TARGET_DIR", mutant::target()?);
        let counts = [(self.shown_by.to_owned(), count(&build(&mut cargo)?, self.shown_by)?)];
        let row = budget.compare(&budget.rustc, &counts).swap_remove(0);
        Ok(match row.verdict {
            Some("takes more") => Ok(format!("by {row}")),
            _ => Err(row.to_string()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget() -> Budget {
        toml::from_str("rustc = \"1.95.0\"\n[instructions]\na = 40.0\nb = 100.25\n")
            .expect("a budget")
    }

    /// The verdicts on counts of `a` and `b`.
    fn verdicts(compiler: &str, a: f64, b: f64) -> Vec<Option<&'static str>> {
        let counts = [("a".to_owned(), a), ("b".to_owned(), b)];
        budget().compare(compiler, &counts).iter().map(|row| row.verdict).collect()
    }

    #[test]
    fn one_instruction_more_or_three_fewer_do_not_fit_the_budget() {
        assert_eq!(verdicts("1.95.0", 40.01, 100.25), [None, None]);
        assert_eq!(verdicts("1.95.0", 41.0, 97.25), [Some("takes more"), Some("takes fewer")]);
    }

    #[test]
    fn another_compiler_may_take_a_twentieth_more_and_any_number_fewer() {
        assert_eq!(verdicts("1.96.0", 42.0, 10.0), [None, None]);
        assert_eq!(verdicts("1.96.0", 43.0, 106.0), [Some("takes more"), Some("takes more")]);
    }

    #[test]
    fn an_operation_without_a_budget_and_a_budget_without_an_operation_are_found() {
        let rows = budget().compare("1.95.0", &[("c".to_owned(), 1.0), ("a".to_owned(), 40.0)]);
        let verdicts: Vec<_> = rows.iter().map(|row| (&*row.name, row.verdict)).collect();
        let gone = ("b", Some("is not counted any more"));
        assert_eq!(verdicts, [("c", Some("is not in the budget")), ("a", None), gone]);
    }

    #[test]
    fn the_total_is_found_and_what_is_written_is_read() {
        assert_eq!(total("events: Ir\nfn=x\n1 2\n\ntotals: 331761\n"), Some(331_761.0));
        assert_eq!(total("events: Ir\n"), None);
        let text = written("1.95.0", &[("publish 28 B".to_owned(), 40.5)]);
        let budget: Budget = toml::from_str(&text).expect("TOML");
        assert_eq!((budget.rustc.as_str(), budget.instructions["publish 28 B"]), ("1.95.0", 40.5));
    }

    #[test]
    fn every_mutant_fits_the_sources_and_is_shown_by_an_operation_of_the_budget() {
        let budget = fs::read_to_string(mutant::root().join(BUDGET)).expect("a budget");
        for Mutant { patch, shown_by } in &MUTANTS {
            let path = mutant::root().join("crates/channel/src").join(patch.file);
            assert!(
                patch.apply(&fs::read_to_string(path).expect("a source")).is_ok(),
                "{}",
                patch.name
            );
            assert!(budget.contains(shown_by), "{shown_by}");
        }
    }
}
