//! `cargo xtask stress NAME`: tests that `cargo test` runs for seconds, at full length and full speed.
//!
//! ```text
//!   death    a writer killed before each instruction of each path       tests/src/bin/death.rs
//!   kill     writers at full speed, killed at random moments            tests/src/bin/kills.rs
//!   soak     reads under writers that are killed, all sizes and slots   tests/src/bin/soak.rs
//!   torn     reads while a writer publishes at full speed               tests/torn.rs
//!   faults   faults of the system, with more of everything              tests/e2e/faults
//!   lineage  standbys killed and stopped, files deleted and cut         tests/e2e/lineage.rs
//!   leaks    a million re-attachments, the ticks of a day               tests/e2e/leaks
//! ```
//!
//! `death --mutant` and `torn --mutant` weaken lines of the protocol and must fail (mutants.rs).
//!
//! Price: minutes of two processors, and a release build first.

mod mutants;

use std::process::Command;
use std::time::Instant;

use clap::Subcommand;

use crate::Outcome;
use crate::tools::{E2E, cargo, done, target_directory};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    test: Test,
}

#[derive(Debug, Subcommand)]
enum Test {
    /// Kill a writer before each instruction of each path: nothing may be lost, no reader blocked
    Death {
        /// Kill at about so many points of each path; without it, at every instruction
        #[arg(long, value_name = "N")]
        points: Option<u64>,
        /// Weaken lines of the protocol in turn, and demand that deaths show it
        #[arg(long, conflicts_with = "points")]
        mutant: bool,
    },
    /// Run the fault-injection tests, longer and with more of everything
    Faults {
        /// Replace the file all the time for so many seconds
        #[arg(long, value_name = "N", default_value_t = 60)]
        seconds: u64,
        /// So many readers of one region, and so many regions
        #[arg(long, value_name = "N", default_value_t = 2000)]
        crowd: u64,
    },
    /// Kill writers at full speed, at random moments: no value may be lost
    Kill {
        /// Kill so many writers
        #[arg(long, value_name = "N", default_value_t = 10_000)]
        times: u64,
    },
    /// Attach a million times and tick for a day, both in minutes: nothing may leak
    Leaks {
        /// Re-attachments; a tenth as many of everything else
        #[arg(long, value_name = "N", default_value_t = 1_000_000)]
        rounds: u64,
        /// Ticks, and lines of input: a day's, at one a second
        #[arg(long, value_name = "N", default_value_t = 86_400)]
        ticks: u64,
    },
    /// Kill, stop and continue standbys, delete and cut their files: no name may mean two records
    Lineage {
        /// Continue for so many seconds
        #[arg(long, value_name = "N", default_value_t = 120)]
        seconds: u64,
        /// The random numbers to begin with
        #[arg(long, value_name = "N", default_value_t = 1)]
        seed: u64,
    },
    /// Read for minutes at full speed, over all sizes, slots and new writers: nothing may be torn
    Soak {
        /// Continue for so many minutes; at least one round of all sizes is made (about half a minute)
        #[arg(long, value_name = "N", default_value_t = 10)]
        minutes: u64,
    },
    /// Read while a writer publishes at full speed: nothing may be torn
    Torn {
        /// Read each record size for so many seconds, up to 15
        // The test's own deadline for each is 20 s.
        #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=15))]
        seconds: u64,
        /// Remove the re-check after the copy, and demand that torn records are found
        #[arg(long, conflicts_with = "seconds")]
        mutant: bool,
    },
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    match arguments.test {
        Test::Death { mutant: true, .. } => mutants::death(),
        Test::Death { points, .. } => program("death", &["stepped_writer"], points),
        Test::Kill { times } => program("kills", &["torn_writer"], Some(times)),
        Test::Soak { minutes } => program("soak", &["torn_reader", "torn_writer"], Some(minutes)),
        Test::Torn { mutant: true, .. } => mutants::torn(),
        Test::Torn { seconds, .. } => TORN.run(&[seconds * 1000]),
        Test::Faults { seconds, crowd } => FAULTS.run(&[seconds * 1000, crowd, 1]),
        Test::Lineage { seconds, seed } => LINEAGE.run(&[seconds * 1000, seed]),
        Test::Leaks { rounds, ticks } => LEAKS.run(&[rounds, ticks]),
    }
}

/// The package `e2e` without the programs under test.
const WITHOUT_PROGRAMS: [&str; 3] = ["--package", "e2e", "--no-default-features"];

/// Builds a program of the package `e2e` with those that it starts, and runs it.
fn program(name: &str, helpers: &[&str], number: Option<u64>) -> Outcome {
    let bins = [&[name], helpers].concat();
    let bins = bins.iter().flat_map(|bin| ["--bin", bin]);
    done(cargo().args(["build", "--release", "--quiet"]).args(WITHOUT_PROGRAMS).args(bins))?;
    let program = target_directory()?.join("release").join(name);
    done(Command::new(program).args(number.map(|number| number.to_string())))
}

/// Tests of the package `e2e` whose length the environment sets.
struct Tests {
    /// The features, the program of tests and the module, for cargo.
    which: &'static [&'static [&'static str]],
    variables: &'static [&'static str],
    /// What is in the lines worth showing.
    figures: &'static [&'static str],
    /// For the test harness.
    options: &'static [&'static str],
}

const TORN: Tests = Tests {
    which: &[&WITHOUT_PROGRAMS, &["--test", "torn"]],
    variables: &["E2E_TORN_MS"],
    figures: &["torn="],
    options: &[],
};

const FAULTS: Tests = Tests {
    which: &[&E2E, &["faults::"]],
    variables: &["E2E_CHURN_MS", "E2E_CROWD", "E2E_EVERY_PAGE"],
    figures: &["files in", "readers: ", "regions="],
    options: &[],
};

const LINEAGE: Tests = Tests {
    which: &[&E2E, &["lineage::"]],
    variables: &["E2E_LINEAGE_MS", "E2E_LINEAGE_SEED"],
    figures: &["names="],
    options: &[],
};

const LEAKS: Tests = Tests {
    which: &[&E2E, &["leaks::"]],
    variables: &["E2E_LEAKS_ROUNDS", "E2E_LEAKS_TICKS"],
    figures: &["descriptors="],
    options: &["--test-threads", "1"],
};

impl Tests {
    /// Runs them with `values` for the variables, and shows their figures.
    fn run(&self, values: &[u64]) -> Outcome {
        let start = Instant::now();
        let values = values.iter().map(u64::to_string);
        let output = cargo()
            .args(["test", "--release", "--quiet"])
            .args(self.which.iter().copied().flatten())
            .args(["--", "--show-output"])
            .args(self.options)
            .envs(self.variables.iter().zip(values))
            .env("RUST_BACKTRACE", "0")
            .output()?;
        let printed = [output.stdout, output.stderr].concat();
        let printed = String::from_utf8_lossy(&printed);
        if !output.status.success() || printed.contains(" 0 passed") {
            println!("{printed}");
            return Err("a test failed, or there is none; see above".into());
        }
        printed.lines().filter(|line| self.shows(line)).for_each(|line| println!("{line}"));
        println!("({} s)", start.elapsed().as_secs());
        Ok(())
    }

    fn shows(&self, line: &str) -> bool {
        let always = ["test result", "not run: "];
        always.iter().chain(self.figures).any(|word| line.contains(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutant::root;

    /// All sources below `folder`, as one text.
    pub(super) fn sources(folder: &str) -> String {
        let mut text = String::new();
        let mut folders = vec![root().join(folder)];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
                match entry.path() {
                    path if path.is_dir() => folders.push(path),
                    path => text += &std::fs::read_to_string(path).expect("a source"),
                }
            }
        }
        text
    }

    #[test]
    fn each_variable_is_read_and_each_figure_shown_by_some_test() {
        let text = sources("tests");
        for tests in [TORN, FAULTS, LINEAGE, LEAKS] {
            for word in tests.variables.iter().chain(tests.figures) {
                assert!(text.contains(word), "{word}");
            }
            let module = tests.which.last().and_then(|words| words.last()?.strip_suffix("::"));
            assert!(module.is_none_or(|module| text.contains(&format!("mod {module};"))));
        }
    }

    #[test]
    fn the_figures_and_the_result_are_shown() {
        let lines = "running 2 tests\n9 files in 2s\ntest result: ok. 2 passed";
        assert_eq!(lines.lines().filter(|line| FAULTS.shows(line)).count(), 2);
    }
}
