//! Draws bytes as a picture, sixteen to a row.
//!
//! ```text
//!          0               4               8               c
//!   0x000  | magic                         | version       | length        |
//! ```

use std::fmt::Write as _;
use std::ops::Range;

/// Bytes in one row, and characters for one byte.
const ROW: usize = 16;
const WIDE: usize = 4;

/// One named run of bytes.
pub(crate) struct Run {
    pub(crate) at: usize,
    pub(crate) len: usize,
    pub(crate) name: String,
}

/// Fills the gaps between `runs`, which lie in `whole`, with runs called `name`.
pub(crate) fn with_gaps(runs: Vec<Run>, name: &str, whole: Range<usize>) -> Vec<Run> {
    let mut all = Vec::new();
    let mut at = whole.start;
    for run in runs {
        if at < run.at {
            all.push(Run { at, len: run.at - at, name: name.into() });
        }
        at = run.at + run.len;
        all.push(run);
    }
    if at < whole.end {
        all.push(Run { at, len: whole.end - at, name: name.into() });
    }
    all
}

/// The picture of `runs`, which touch each other and begin at a multiple of 16.
pub(crate) fn draw(runs: &[Run]) -> String {
    let mut text = String::from("       0               4               8               c\n");
    let (Some(first), Some(last)) = (runs.first(), runs.last()) else { return text };
    assert!(runs.windows(2).all(|pair| pair[0].at + pair[0].len == pair[1].at));
    let end = last.at + last.len;
    for row in (first.at..end).step_by(ROW) {
        let stop = end.min(row + ROW);
        let cells: String = runs.iter().filter_map(|run| cell(run, row, stop)).collect();
        // Of consecutive rows that one run fills completely, only the first is drawn.
        let dull = runs.iter().any(|run| run.at + ROW <= row && run.at + run.len >= row + 2 * ROW);
        if !dull {
            writeln!(text, "{row:#05x}  {cells}|").expect("a String takes everything");
        }
    }
    text
}

/// The part of `run` that lies from `row` to `stop`, with its name where it begins.
fn cell(run: &Run, row: usize, stop: usize) -> Option<String> {
    let (from, to) = (run.at.max(row), (run.at + run.len).min(stop));
    if from >= to {
        return None;
    }
    let width = (to - from) * WIDE - 1;
    let name = if from == run.at { run.name.as_str() } else { "..." };
    let space = if name.len() < width { " " } else { "" };
    let name: String = name.chars().take(width).collect();
    Some(format!("|{:width$}", format!("{space}{name}")))
}
