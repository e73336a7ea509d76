//! The table, and the targets for its figures.
//!
//! Targets are compared with the least of all rounds: other work on a shared machine can only slow a copy
//! down, and moves the medians.

use std::fmt::Write as _;

use bench::compare::Spread;

/// `copier` on a large file, in speeds of `cp`.
const TIMES_CP: f64 = 1.4;

/// What one program took, in milliseconds.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) ms: Spread,
}

/// Markdown, for the documents.
pub(super) fn table(title: &str, rows: &[Row]) -> String {
    let unknown = Spread { median: f64::NAN, least: f64::NAN };
    let cp = spread(rows, "cp").unwrap_or(unknown);
    let mut text = format!(
        "{title}\n\n| program | ms, median (least) | speed, cp = 1, by medians (by the least) |\n|---|--:|--:|\n"
    );
    for Row { name, ms } in rows {
        let (speed, best) = (cp.median / ms.median, cp.least / ms.least);
        let _ = writeln!(
            text,
            "| {name} | {:.2} ({:.2}) | {speed:.2} ({best:.2}) |",
            ms.median, ms.least
        );
    }
    text
}

/// The targets that these rows miss, in words.
pub(super) fn missed_targets(title: &str, rows: &[Row], is_small: bool) -> Vec<String> {
    let of = |name| spread(rows, name).map(|ms| ms.least);
    let Some(ours) = of("copier") else { return vec![format!("{title}: copier was not timed")] };
    let mut missed = Vec::new();
    let mut expect = |most: Option<f64>, what: &str| {
        if let Some(most) = most.filter(|most| ours > *most) {
            missed.push(format!(
                "{title}: copier takes {ours:.2} ms at the least, {what} is {most:.2} ms"
            ));
        }
    };
    if is_small {
        let start = of("true (start only)").unwrap_or(0.0);
        expect(of("cp").map(|cp| cp + start), "cp and one process start");
    } else {
        expect(of("cp").map(|cp| cp / TIMES_CP), "1.4 times the speed of cp");
        expect(of("xcp"), "xcp");
        expect(of("fcp"), "fcp");
    }
    missed
}

fn spread(rows: &[Row], name: &str) -> Option<Spread> {
    rows.iter().find(|row| row.name == name).map(|row| row.ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows with these least times, and medians that are twice as long.
    fn rows(least: &[(&'static str, f64)]) -> Vec<Row> {
        let row = |&(name, least): &(&'static str, f64)| Row {
            name,
            ms: Spread { median: 2.0 * least, least },
        };
        least.iter().map(row).collect()
    }

    #[test]
    fn a_large_copy_has_three_rivals() {
        let against =
            |cp, xcp, fcp| rows(&[("copier", 100.0), ("cp", cp), ("xcp", xcp), ("fcp", fcp)]);
        assert!(missed_targets("t", &against(140.0, 100.0, 100.0), false).is_empty());
        assert_eq!(missed_targets("t", &against(139.0, 100.0, 100.0), false).len(), 1);
        assert_eq!(missed_targets("t", &against(140.0, 99.0, 98.0), false).len(), 2);
        assert_eq!(missed_targets("t", &[], false), ["t: copier was not timed"]);
    }

    #[test]
    fn a_small_copy_may_cost_one_process_start_more_than_cp() {
        let with = |ours| rows(&[("copier", ours), ("cp", 1.0), ("true (start only)", 0.5)]);
        assert!(missed_targets("t", &with(1.5), true).is_empty());
        assert_eq!(missed_targets("t", &with(1.51), true).len(), 1);
    }

    #[test]
    fn the_table_has_the_speed_beside_cp() {
        let text = table("t", &rows(&[("copier", 50.0), ("cp", 100.0)]));
        assert!(text.contains("| copier | 100.00 (50.00) | 2.00 (2.00) |"), "{text}");
        assert!(text.contains("| cp | 200.00 (100.00) | 1.00 (1.00) |"), "{text}");
    }
}
