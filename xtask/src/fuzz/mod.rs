//! `cargo xtask fuzz`: libFuzzer over the targets of crates/fuzz, on the stable compiler.
//!
//! Invariant: an input that crashes a target is saved in its corpus, so that `cargo test` fails until the
//! bug is fixed; and the command fails.
//!
//! ```text
//!   build     LLVM's own coverage pass, by flags that stable rustc hands on   target/fuzz
//!   seeds  -.
//!   corpus -+-> fuzz: inputs that reach new code                              target/fuzz/found/TARGET
//!           '-> a crash, a hang, too much memory                              crates/fuzz/corpus/TARGET
//!   --keep    the smallest set that reaches all code                          crates/fuzz/corpus/TARGET
//! ```
//!
//! Price: all processors, a target each; the first build takes about a minute, libFuzzer's C++ included.

mod report;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::Outcome;
use crate::tools::{Fallible, cargo, done, target_directory};
use crate::workers;
use report::Report;

/// Every target, as crates/fuzz has them, and the longest input worth trying on it, in bytes.
const TARGETS: [(&str, u32); 12] = [
    ("region", 2048),
    ("writer", 2048),
    ("instances", 4096),
    ("bare", 1024),
    ("header", 300),
    ("schema", 2048),
    ("template", 1100),
    ("lines", 1024),
    ("settings", 2048),
    ("input", 1024),
    ("recording", 4096),
    ("wire", 1024),
];

/// Coverage of edges and of comparisons, as libFuzzer wants them. Stable rustc hands them to LLVM.
const COVERAGE: [&str; 6] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
];

/// Seconds one input may take before it counts as a hang.
const TIMEOUT: &str = "10";
/// MiB that the process may have, what libFuzzer needs included. The targets themselves have less.
const RSS: &str = "1024";

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Which targets to try; all of them if none is named
    #[arg(value_name = "TARGET", value_parser = TARGETS.map(|(name, _)| name))]
    targets: Vec<String>,

    /// Try so many inputs on each target
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    runs: u64,

    /// Try each target for so many minutes instead
    #[arg(long, value_name = "N", conflicts_with = "runs")]
    minutes: Option<u64>,

    /// Then keep the smallest set of inputs that still reaches all code
    #[arg(long)]
    keep: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let fuzzer = Fuzzer::build()?;
    let is_meant = |target: &str| {
        arguments.targets.is_empty() || arguments.targets.iter().any(|named| named == target)
    };
    println!("{}", report::HEADINGS);
    let targets = TARGETS.into_iter().filter(|(target, _)| is_meant(target));
    let fallen = workers::each(targets, |(target, longest)| {
        let is_whole = fuzzer.holds(target, longest, arguments)?;
        Ok((!is_whole).then_some(target))
    })?;
    let fallen: Vec<&str> = fallen.into_iter().flatten().collect();
    if fallen.is_empty() {
        return Ok(());
    }
    let names = fallen.join(", ");
    Err(format!(
        "{names}: fell; the input is in the corpus now: fix it, see `cargo test -p mapcast-fuzz`"
    )
    .into())
}

/// The program, and where its files go.
struct Fuzzer {
    program: PathBuf,
    /// Inputs that reached new code, from this run and earlier ones.
    found: PathBuf,
    /// Where targets put their files: in memory, and gone afterwards.
    scratch: tempfile::TempDir,
}

impl Fuzzer {
    fn build() -> Fallible<Self> {
        let directory = target_directory()?.join("fuzz");
        let host = host()?;
        let mut build = cargo();
        build
            .args(["build", "--quiet", "--locked", "--release", "--package", "mapcast-fuzz"])
            .args(["--features", "libfuzzer", "--bin", "fuzz"])
            // With a target named, build scripts and macros stay as they are.
            .args(["--target", &host])
            .env("RUSTFLAGS", COVERAGE.join(" "))
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env("CARGO_TARGET_DIR", &directory)
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "true")
            .env("CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS", "true");
        done(&mut build)?;
        let in_memory = tempfile::Builder::new().prefix("mapcast-fuzz-").tempdir_in("/dev/shm");
        let scratch = in_memory.or_else(|_| tempfile::tempdir())?;
        Ok(Self {
            program: directory.join(host).join("release/fuzz"),
            found: directory.join("found"),
            scratch,
        })
    }

    fn command(&self, target: &str) -> Command {
        let mut command = Command::new(&self.program);
        command
            .env("MAPCAST_FUZZ", target)
            .env("TMPDIR", self.scratch.path())
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::null());
        command
    }

    /// Tries one target and prints what came of it; whether no input crashed it.
    fn holds(&self, target: &str, longest: u32, arguments: &Arguments) -> Fallible<bool> {
        let (report, found) = self.try_out(target, longest, arguments)?;
        println!("{}", report.row(target, found.len()));
        for name in &found {
            println!("{target}: CRASHED by crates/fuzz/corpus/{target}/{name}");
            println!("{}", report.last_words());
        }
        if found.is_empty() && arguments.keep {
            self.keep(target)?;
        }
        Ok(found.is_empty())
    }

    /// Tries one target; returns the names of the inputs that crashed it.
    fn try_out(
        &self,
        target: &str,
        longest: u32,
        arguments: &Arguments,
    ) -> Fallible<(Report, Vec<String>)> {
        let (found, corpus) = (self.found.join(target), corpus(target));
        let fallen = self.scratch.path().join(format!("fell-{target}"));
        for folder in [&found, &corpus, &fallen] {
            fs::create_dir_all(folder)?;
        }
        let limit = match arguments.minutes {
            Some(minutes) => format!("-max_total_time={}", minutes * 60),
            None => format!("-runs={}", arguments.runs),
        };
        let mut command = self.command(target);
        command
            .env("MAPCAST_FUZZ_SEEDS", &found)
            .args([limit, format!("-max_len={longest}")])
            .args([format!("-timeout={TIMEOUT}"), format!("-rss_limit_mb={RSS}")])
            .args(["-print_final_stats=1", "-use_value_profile=1", "-reload=0"])
            .arg(format!("-artifact_prefix={}/", fallen.display()));
        let words = folder().join(format!("words/{target}"));
        if words.is_file() {
            command.arg(format!("-dict={}", words.display()));
        }
        let start = Instant::now();
        let output = command.arg(&found).arg(&corpus).output()?;
        let report = Report::of(&String::from_utf8_lossy(&output.stderr), start.elapsed());
        let saved = saved(&fallen, &corpus)?;
        if !output.status.success() && saved.is_empty() {
            return Err(format!("{target}: {}\n{}", output.status, report.last_words()).into());
        }
        Ok((report, saved))
    }

    /// Reduces the corpus of `target` to the smallest set that reaches the same code.
    fn keep(&self, target: &str) -> Outcome {
        let (corpus, merged) = (corpus(target), self.scratch.path().join(format!("all-{target}")));
        fs::create_dir_all(&merged)?;
        let mut command = self.command(target);
        // By edges, not by how often they are taken: a tenth of the files.
        command.args(["-set_cover_merge=1", "-use_counters=0"]);
        command.arg(&merged).args([&corpus, &self.found.join(target)]);
        let start = Instant::now();
        let output = command.output()?;
        if !output.status.success() {
            let report = Report::of(&String::from_utf8_lossy(&output.stderr), start.elapsed());
            return Err(format!("{target}: cannot merge:\n{}", report.last_words()).into());
        }
        for entry in fs::read_dir(&corpus)?.flatten() {
            // An input that crashed it once stays, even if it reaches no new code.
            if !entry.file_name().to_string_lossy().contains('-') {
                fs::remove_file(entry.path())?;
            }
        }
        for entry in fs::read_dir(&merged)?.flatten() {
            let name = entry.file_name().to_string_lossy().chars().take(16).collect::<String>();
            fs::copy(entry.path(), corpus.join(name))?;
        }
        Ok(())
    }
}

/// Copies what libFuzzer has saved in `from` to `corpus`; returns the names.
fn saved(from: &Path, corpus: &Path) -> Fallible<Vec<String>> {
    let mut saved = Vec::new();
    for entry in fs::read_dir(from)?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        // A slow input is no failure.
        if !name.starts_with("slow-unit") {
            fs::copy(entry.path(), corpus.join(&name))?;
            saved.push(name);
        }
    }
    Ok(saved)
}

/// The machine that rustc builds for by default.
fn host() -> Fallible<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("-vV").output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.ok_or("rustc -vV names no host")?.to_owned())
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/fuzz"))
}

fn corpus(target: &str) -> PathBuf {
    folder().join("corpus").join(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_targets_are_those_of_the_crate() {
        let source = fs::read_to_string(folder().join("src/targets/mod.rs")).expect("a source");
        let named = source.split("name: \"").skip(1);
        let named: Vec<&str> = named.filter_map(|rest| rest.split('"').next()).collect();
        assert_eq!(named, TARGETS.map(|(name, _)| name));
    }

    #[test]
    fn what_was_found_goes_to_the_corpus_and_what_was_only_slow_does_not() {
        let dir = tempfile::tempdir().expect("a directory");
        let (from, corpus) = (dir.path().join("from"), dir.path().join("corpus"));
        for folder in [&from, &corpus] {
            fs::create_dir(folder).expect("mkdir");
        }
        for name in ["slow-unit-1", "crash-2", "oom-3", "timeout-4"] {
            fs::write(from.join(name), name).expect("write");
        }
        assert_eq!(saved(&from, &corpus).expect("copied").len(), 3);
        assert!(corpus.join("crash-2").is_file() && !corpus.join("slow-unit-1").exists());
    }
}
