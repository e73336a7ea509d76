//! What came out: medians and p99 over the samples of all rounds, and ratios.

use crate::Failure;
use crate::contenders;
use crate::library::Work;
use crate::side::Report;
use std::collections::BTreeMap;
use std::fmt::{self, Write};

/// The contender that the others are divided by.
pub const OURS: &str = "mapcast";

/// All figures of a race.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    rows: BTreeMap<(Work, usize), Vec<Series>>,
}

/// What one contender took in all rounds.
#[derive(Clone, Debug, Default)]
struct Series {
    contender: &'static str,
    samples: Vec<f64>,
    fresh: Vec<f64>,
    published: Vec<f64>,
    torn: u64,
    failures: Vec<String>,
}

/// The figures of one contender in one row.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Its name.
    pub contender: &'static str,
    /// How many samples there are.
    pub samples: usize,
    /// Nanoseconds: half of the samples were less.
    pub median: f64,
    /// Nanoseconds: what all operations took together, divided by their number.
    pub mean: f64,
    /// Nanoseconds: 99 of 100 samples were less.
    pub p99: f64,
    /// Fresh records a second, the median of the rounds; [`Work::Contended`] only.
    pub fresh: Option<f64>,
    /// Records published a second meanwhile.
    pub published: Option<f64>,
    /// Torn reads, of all rounds.
    pub torn: u64,
    /// The first failure; the figures are then those of the other rounds.
    pub failure: Option<String>,
}

impl Figures {
    /// Adds what a measurement of `contender` reported.
    pub fn add(
        &mut self,
        contender: &'static str,
        work: Work,
        size: usize,
        report: Result<Report, Failure>,
    ) {
        let row = self.rows.entry((work, size)).or_default();
        let index = row.iter().position(|series| series.contender == contender);
        let index = index.unwrap_or_else(|| {
            row.push(Series { contender, ..Series::default() });
            row.len() - 1
        });
        let series = &mut row[index];
        match report {
            Ok(report) => {
                series.samples.extend(report.samples);
                series.fresh.extend(report.fresh);
                series.published.extend(report.published);
                series.torn += report.torn;
            }
            Err(failure) => series.failures.push(failure.to_string()),
        }
    }

    /// The sizes that were measured of `work`.
    pub fn sizes(&self, work: Work) -> Vec<usize> {
        self.rows.keys().filter(|(of, _)| *of == work).map(|(_, size)| *size).collect()
    }

    /// A row, in the order of the contenders.
    pub fn row(&self, work: Work, size: usize) -> Vec<Figure> {
        let all = contenders::all();
        let place = |series: &&Series| all.iter().position(|one| one.name == series.contender);
        let mut row: Vec<&Series> = self.rows.get(&(work, size)).into_iter().flatten().collect();
        row.sort_by_key(place);
        row.into_iter().map(Series::figure).collect()
    }

    /// One figure.
    pub fn get(&self, work: Work, size: usize, contender: &str) -> Option<Figure> {
        self.row(work, size).into_iter().find(|figure| figure.contender == contender)
    }

    /// The median of the machine's own limit in a row.
    pub fn floor(&self, work: Work, size: usize) -> Option<f64> {
        let floors: Vec<_> = contenders::all().into_iter().filter(|one| one.is_floor).collect();
        let is_floor = |name| floors.iter().any(|floor| floor.name == name);
        let row = self.row(work, size);
        row.iter().find(|figure| is_floor(figure.contender)).map(|figure| figure.median)
    }

    /// All figures as comma-separated values.
    pub fn csv(&self) -> Result<String, fmt::Error> {
        let mut out = String::from(
            "work,bytes,contender,samples,median_ns,mean_ns,p99_ns,times_floor,times_mapcast,\
             fresh_per_s,published_per_s,torn,failure\n",
        );
        for &(work, size) in self.rows.keys() {
            let floor = self.floor(work, size);
            let ours = self.get(work, size, OURS).map(|figure| figure.median);
            for figure in self.row(work, size) {
                let Figure { contender, samples, median, mean, p99, torn, .. } = figure;
                let ratio = |to: Option<f64>| optional(to.map(|to| median / to), 3);
                let (fresh, published) = (optional(figure.fresh, 0), optional(figure.published, 0));
                let failure = figure.failure.unwrap_or_default().replace([',', '\n', '"'], " ");
                writeln!(
                    out,
                    "{work},{size},{contender},{samples},{median:.3},{mean:.3},{p99:.3},{},{},{fresh},\
                     {published},{torn},{failure}",
                    ratio(floor),
                    ratio(ours),
                )?;
            }
        }
        Ok(out)
    }
}

fn optional(value: Option<f64>, decimals: usize) -> String {
    value.map_or(String::new(), |value| format!("{value:.decimals$}"))
}

impl Series {
    fn figure(&self) -> Figure {
        let median = |values: &[f64]| (!values.is_empty()).then(|| quantile(values, 0.5));
        Figure {
            contender: self.contender,
            samples: self.samples.len(),
            median: quantile(&self.samples, 0.5),
            mean: mean(&self.samples),
            p99: quantile(&self.samples, 0.99),
            fresh: median(&self.fresh),
            published: median(&self.published),
            torn: self.torn,
            failure: self.failures.first().cloned(),
        }
    }
}

/// The mean of `values`; not a number if there are none.
#[expect(clippy::cast_precision_loss, reason = "some thousand values")]
fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The value below which `part` of `values` are; not a number if there are none.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an index into some thousand values"
)]
fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let index = (sorted.len() as f64 * part) as usize;
    sorted.get(index.min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(samples: &[f64]) -> Report {
        Report { samples: samples.to_vec(), ..Report::default() }
    }

    #[test]
    fn ratios_are_to_the_floor_and_to_mapcast() {
        let mut figures = Figures::default();
        figures.add("mapcast", Work::Latest, 28, Ok(report(&[3.0, 4.0, 5.0])));
        figures.add("memcpy", Work::Latest, 28, Ok(report(&[2.0])));
        let csv = figures.csv().unwrap();
        let lines: Vec<&str> = csv.lines().skip(1).collect();
        assert_eq!(
            lines,
            [
                "latest,28,memcpy,1,2.000,2.000,2.000,1.000,0.500,,,0,",
                "latest,28,mapcast,3,4.000,4.000,5.000,2.000,1.000,,,0,"
            ]
        );
    }

    #[test]
    fn a_failure_is_shown_and_does_not_hide_the_other_rounds() {
        let mut figures = Figures::default();
        figures.add("pipe", Work::Blocked, 28, Err("no pipe".into()));
        figures.add("pipe", Work::Blocked, 28, Ok(report(&[7.0])));
        let figure = figures.get(Work::Blocked, 28, "pipe").unwrap();
        assert_eq!((figure.median, figure.failure.as_deref()), (7.0, Some("no pipe")));
    }
}
