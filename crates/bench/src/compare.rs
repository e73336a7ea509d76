//! Two things measured in turn, so that what happens to the machine happens to both.
//!
//! ```text
//!   ours | bare | ours | bare | ...        batches of the same length, some hundred of each
//! ```
//!
//! A shared machine steals time in slices of milliseconds. A batch is far shorter, so most
//! batches are undisturbed, and so is the median. The least is what the machine can do when nothing
//! disturbs it.

use crate::{Batch, Failure};
use std::time::Duration;

/// How long and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// About how long one batch takes.
    pub batch: Duration,
    /// How many batches of each side.
    pub rounds: usize,
}

/// What one thing took, measured several times, in the unit of the caller.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Half of the batches were faster.
    pub median: f64,
    /// The fastest batch.
    pub least: f64,
}

/// Both sides of a comparison.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// What mapcast took.
    pub ours: Spread,
    /// What the machine takes at the least.
    pub bare: Spread,
}

impl Outcome {
    /// How many times the bare limit we took: by the medians.
    pub fn ratio(&self) -> f64 {
        self.ours.median / self.bare.median
    }

    /// The same by the fastest batches.
    pub fn least_ratio(&self) -> f64 {
        self.ours.least / self.bare.least
    }
}

/// Measures `ours` and `bare` in turn.
pub fn compare(
    ours: &mut Batch<'_>,
    bare: &mut Batch<'_>,
    effort: Effort,
) -> Result<Outcome, Failure> {
    let times = (fitting(ours, effort.batch)?, fitting(bare, effort.batch)?);
    let mut taken = (Vec::with_capacity(effort.rounds), Vec::with_capacity(effort.rounds));
    for _ in 0..effort.rounds {
        taken.0.push(per_operation(ours(times.0)?, times.0));
        taken.1.push(per_operation(bare(times.1)?, times.1));
    }
    Ok(Outcome { ours: Spread::of(taken.0), bare: Spread::of(taken.1) })
}

/// How many operations mostly take about as long as `batch`. Warms up on the way.
fn fitting(side: &mut Batch<'_>, batch: Duration) -> Result<u64, Failure> {
    let mut times = 1;
    loop {
        let mut tries = [side(times)?, side(times)?, side(times)?, side(times)?, side(times)?];
        tries.sort();
        let taken = tries[tries.len() / 2];
        if taken >= batch / 2 {
            let each = per_operation(taken, times);
            return Ok(whole(nanos(batch) / each).max(1));
        }
        times *= 2;
    }
}

fn per_operation(taken: Duration, times: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "batches have far fewer than 2^52 operations")]
    let times = times as f64;
    nanos(taken).max(1.0) / times
}

fn nanos(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e9
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count, saturating")]
fn whole(count: f64) -> u64 {
    count as u64
}

impl Spread {
    /// Of what several measurements took, in any order.
    pub fn of(mut taken: Vec<f64>) -> Self {
        taken.sort_by(f64::total_cmp);
        let at = |index: usize| taken.get(index).copied().unwrap_or(f64::NAN);
        Self { median: at(taken.len() / 2), least: at(0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taking(nanos: u64, calls: &mut Vec<u64>) -> Batch<'_> {
        Box::new(move |times| {
            calls.push(times);
            // Every third batch is disturbed.
            let stolen = if calls.len().is_multiple_of(3) { 1_000_000 } else { 0 };
            Ok(Duration::from_nanos(nanos * times + stolen))
        })
    }

    #[test]
    fn a_disturbed_batch_in_three_changes_neither_median_nor_least() {
        let effort = Effort { batch: Duration::from_micros(100), rounds: 30 };
        let mut calls = (vec![], vec![]);
        let outcome =
            compare(&mut taking(30, &mut calls.0), &mut taking(20, &mut calls.1), effort).unwrap();
        assert!((outcome.ratio() - 1.5).abs() < 1e-6, "{outcome:?}");
        assert!((outcome.least_ratio() - 1.5).abs() < 1e-6, "{outcome:?}");
    }

    #[test]
    fn the_median_is_the_middle_one() {
        let spread = Spread::of(vec![9.0, 1.0, 5.0]);
        assert_eq!(spread, Spread { median: 5.0, least: 1.0 });
    }
}
