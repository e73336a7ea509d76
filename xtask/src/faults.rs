//! `cargo xtask faults`: the stories of `tests/e2e/faults`, longer and with more of everything.
//!
//! ```text
//!   pages     each page of a region of 64 slots is cut, not each of one of 4
//!   churn     the file is replaced for a minute, not two seconds
//!   crowd     2000 readers and 2000 regions, not 1000
//! ```
//!
//! Price: some minutes; with `--release` the build of everything before it.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::tools::cargo;

/// The stories, and how those that show figures begin their line.
const STORIES: &str = "faults::";
const FIGURES: [&str; 3] = ["files in", "readers: ", "regions="];

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Build as for a release
    #[arg(long)]
    release: bool,

    /// Replace the file all the time for so long
    #[arg(long, value_name = "N", default_value_t = 60)]
    seconds: u64,

    /// So many readers of one region, and so many regions
    #[arg(long, value_name = "N", default_value_t = 2000)]
    crowd: usize,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let start = Instant::now();
    let output = cargo()
        .current_dir(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")))
        .args(["test", "--quiet", "--package", "e2e", "--test", "e2e"])
        .args(arguments.release.then_some("--release"))
        .args(["--", STORIES, "--show-output"])
        .env("RUST_BACKTRACE", "0")
        .env("E2E_EVERY_PAGE", "1")
        .env("E2E_CHURN_MS", Duration::from_secs(arguments.seconds).as_millis().to_string())
        .env("E2E_CROWD", arguments.crowd.to_string())
        .output()?;
    let (said, complaints) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if !output.status.success() {
        println!("{said}{complaints}");
        return Err("a story failed; see above".into());
    }
    for line in figures(&said).chain(complaints.lines().filter(|line| line.contains("not run: "))) {
        println!("{line}");
    }
    println!("({} s)", start.elapsed().as_secs());
    Ok(())
}

/// The figures, and how many stories there were, out of all that the test program said.
fn figures(said: &str) -> impl Iterator<Item = &str> {
    let shows = |line: &&str| {
        line.starts_with("test result") || FIGURES.iter().any(|figure| line.contains(figure))
    };
    said.lines().filter(shows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_figure_is_one_that_a_story_shows() {
        let stories = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests"));
        let sources = ["e2e/faults/churn.rs", "e2e/faults/crowd.rs", "src/bin/crowd.rs"];
        let text: String = sources
            .map(|path| std::fs::read_to_string(stories.join(path)).expect("a source"))
            .concat();
        for word in FIGURES.iter().chain(&["E2E_CHURN_MS", "E2E_CROWD"]) {
            assert!(text.contains(word), "{word}");
        }
        assert_eq!(figures("running 2 tests\n9 files in 2s\ntest result: ok. 2 passed").count(), 2);
    }
}
