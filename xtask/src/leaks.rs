//! `cargo xtask leaks`: a million re-attachments and a day's ticks, and what is held meanwhile.
//!
//! Invariant: the stories that `cargo test` runs a little while are run here at full length, built as
//! for a release; they fail if descriptors, mappings, threads or memory grow in the second half.
//!
//! ```text
//!   cargo xtask leaks                               a million, and 86,400 ticks and lines
//!   cargo xtask leaks --rounds 6000 --ticks 8640    as long as `cargo test` does
//! ```
//!
//! Price: a few minutes of two processors.

use std::process::Command;
use std::time::Instant;

use crate::Outcome;
use crate::tools::cargo;

/// The stories, in tests/e2e/leaks.
const STORIES: &str = "leaks::";
/// How many of them have to pass.
const COUNT: usize = 5;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Re-attachments; a tenth as many of everything else
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    rounds: u64,

    /// Ticks, and lines of input: a day's, at one a second
    #[arg(long, value_name = "N", default_value_t = 86_400)]
    ticks: u64,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let start = Instant::now();
    let output = stories(arguments).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let table = table(&said);
    if !output.status.success() || !said.contains(&format!("{COUNT} passed; 0 failed")) {
        println!("{said}{}", String::from_utf8_lossy(&output.stderr));
        return Err("something piles up, or a story did not get that far; see above".into());
    }
    println!("{table}\nflat ({} s); memory in KiB", start.elapsed().as_secs());
    Ok(())
}

fn stories(arguments: &Arguments) -> Command {
    let mut cargo = cargo();
    cargo
        .args(["test", "--release", "--quiet", "--package", "e2e", "--test", "e2e", "--", STORIES])
        .args(["--show-output", "--test-threads", "1"])
        .env("E2E_LEAKS_ROUNDS", arguments.rounds.to_string())
        .env("E2E_LEAKS_TICKS", arguments.ticks.to_string());
    cargo
}

/// The looks at begin, middle and end, out of all that the test program said.
fn table(said: &str) -> String {
    said.lines().filter(|line| line.contains("descriptors=")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_stories_are_as_many_as_are_counted_on() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/e2e/leaks");
        let files = std::fs::read_dir(folder).expect("the stories").flatten();
        let sources = files.map(|file| std::fs::read_to_string(file.path()).expect("a source"));
        let tests: usize = sources.map(|source| source.matches("\n#[test]\n").count()).sum();
        assert_eq!(tests, COUNT);
    }

    #[test]
    fn the_table_is_what_was_looked_at() {
        let look = "busy, 9 times  begin  descriptors=7 mappings=31";
        assert_eq!(table(&format!("running 5 tests\n{look}\nok\n")), look);
    }
}
