//! The statistics at the end of a run of libFuzzer, as one row of a table.

use std::time::Duration;

/// The figures of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    executions: u64,
    took: Duration,
    /// Branches that were taken, and counts of how often.
    edges: u64,
    features: u64,
    peak_mib: u64,
    slowest: u64,
    tail: String,
}

/// Above the rows.
pub(crate) const HEADINGS: &str =
    "target     executions  seconds   edges  features  peak MiB  slowest s  fell";

/// Lines of a failure that tell what it was.
const WORDS: usize = 30;

impl Report {
    /// The figures in what libFuzzer wrote in that time. A missing one counts as 0.
    pub(crate) fn of(said: &str, took: Duration) -> Self {
        let stat = |name: &str| {
            let line = said.lines().rev().find_map(|line| line.strip_prefix(name));
            line.and_then(|rest| rest.trim_start_matches(':').trim().parse().ok()).unwrap_or(0)
        };
        // "#2048 NEW    cov: 812 ft: 1513 corp: ..."
        let status =
            said.lines().rev().find(|line| line.starts_with('#') && line.contains("cov: "));
        let word = |name: &str| {
            let mut words = status.unwrap_or_default().split_whitespace();
            words.find(|word| *word == name)?;
            words.next()?.parse().ok()
        };
        let lines: Vec<&str> = said.lines().filter(|line| !line.starts_with('#')).collect();
        Self {
            executions: stat("stat::number_of_executed_units"),
            took,
            edges: word("cov:").unwrap_or(0),
            features: word("ft:").unwrap_or(0),
            peak_mib: stat("stat::peak_rss_mb"),
            slowest: stat("stat::slowest_unit_time_sec"),
            tail: lines[lines.len().saturating_sub(WORDS)..].join("\n"),
        }
    }

    /// The row of `target`, which crashed so often.
    pub(crate) fn row(&self, target: &str, fell: usize) -> String {
        let Self { executions, edges, features, peak_mib, slowest, .. } = self;
        let seconds = self.took.as_secs();
        format!(
            "{target:<10} {executions:>10} {seconds:>8} {edges:>7} {features:>9} \
             {peak_mib:>9} {slowest:>10} {fell:>5}"
        )
    }

    /// The end of its output.
    pub(crate) fn last_words(&self) -> &str {
        &self.tail
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "INFO: Seed: 1\n\
        #2048\tNEW    cov: 812 ft: 1513 corp: 9/1Kb lim: 64 exec/s: 512 rss: 60Mb\n\
        #5000\tDONE   cov: 900 ft: 1700 corp: 12/2Kb lim: 64 exec/s: 700 rss: 61Mb\n\
        Done 5000 runs in 7 second(s)\n\
        stat::number_of_executed_units: 5000\n\
        stat::slowest_unit_time_sec:    0\n\
        stat::peak_rss_mb:              61\n";

    #[test]
    fn the_last_numbers_of_a_run_make_its_row() {
        let report = Report::of(SAID, Duration::from_secs(7));
        let row = "region           5000        7     900      1700        61          0     0";
        assert_eq!(report.row("region", 0), row);
        assert!(report.last_words().contains("Done 5000 runs"));
        assert!(!report.last_words().contains("DONE"));
    }

    #[test]
    fn a_program_that_said_nothing_did_nothing() {
        assert_eq!(Report::of("", Duration::ZERO).row("x", 1).split_whitespace().nth(1), Some("0"));
    }
}
