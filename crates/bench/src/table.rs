//! The ratios as Markdown, for the documents.

use crate::compare::{Outcome, Spread};
use std::fmt;

/// One comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What mapcast did: "publish 28 B, `Writer<Stu>`".
    pub ours: String,
    /// What the machine did: "memcpy".
    pub bare: String,
    /// What both took.
    pub outcome: Outcome,
    /// The ratio that it should not exceed.
    pub target: Option<f64>,
}

/// The heading of a table of rows.
#[derive(Clone, Copy, Debug)]
pub struct Heading;

impl fmt::Display for Heading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| mapcast | ns, median (least) | bare limit | ns, median (least) | ratio, median (least) | target |"
        )?;
        write!(f, "|---|--:|---|--:|--:|--:|")
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ours, bare, outcome, target } = self;
        let (ratio, least) = (outcome.ratio(), outcome.least_ratio());
        let target = target.map_or(String::new(), |target| format!("{target}"));
        let (ours_ns, bare_ns) = (nanos(outcome.ours), nanos(outcome.bare));
        write!(
            f,
            "| {ours} | {ours_ns} | {bare} | {bare_ns} | {ratio:.2} ({least:.2}) | {target} |"
        )
    }
}

/// A shared machine does not reproduce more than three digits.
fn nanos(spread: Spread) -> String {
    let digits = |value: f64| {
        let decimals = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
        format!("{value:.decimals$}")
    };
    format!("{} ({})", digits(spread.median), digits(spread.least))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_as_many_cells_as_the_heading() {
        let row = Row {
            ours: "publish 28 B".into(),
            bare: "memcpy".into(),
            outcome: Outcome {
                ours: Spread { median: 3.0, least: 2.5 },
                bare: Spread { median: 2.0, least: 1.25 },
            },
            target: Some(1.5),
        };
        let text = row.to_string();
        let text = text.as_str();
        assert_eq!(
            text,
            "| publish 28 B | 3.00 (2.50) | memcpy | 2.00 (1.25) | 1.50 (2.00) | 1.5 |"
        );
        let heading = Heading.to_string();
        assert!(heading.lines().all(|line| line.matches('|').count() == text.matches('|').count()));
    }
}
