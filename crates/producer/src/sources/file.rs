//! `file`: a number or a text from a file, or how fast the number grows per second.
//!
//! ```text
//!   contents --find--> number --rate--> per second --scale--> --round--> value
//! ```
//!
//! Invariant: an unscaled number is never converted to a float on the way, so its digits decide
//! whether it fits the field.
//!
//! Price: the file is searched for the key once per field and record, one of a list twice; `count` reads
//! the folders.

use std::time::Duration;

use layout::{Digits, Label, Scalar, Value};
use settings::{FileSource, Take, is_pattern};

use super::clock::Moment;
use super::files::{FileIndex, Files, Read, matches};
use super::find::{Found, find};
use super::sample_error::SampleError;
use super::sampler::Sample;

/// Shortest time between two readings of a rate: the kernel updates most counters in steps of 1 to
/// 10 ms.
const SHORTEST: Duration = Duration::from_millis(10);

/// A file source and its state.
#[derive(Debug)]
pub(super) struct FileSampler {
    source: FileSource,
    element: Scalar,
    files: Vec<FileIndex>,
    last: Option<Baseline>,
}

/// The earlier reading of a rate.
#[derive(Clone, Copy, Debug)]
struct Baseline {
    /// The file, and the how many-th one of a pattern it is.
    file: (FileIndex, u32),
    number: Number,
    at: Duration,
}

/// A number as it was read: whole ones are exact.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Number {
    Whole(i128),
    Real(f64),
}

/// The rate between two readings.
#[derive(Debug, PartialEq)]
enum Rate {
    PerSecond(f64),
    /// Too soon after the last reading.
    TooSoon,
    /// The number decreased: the counter was reset.
    Backward,
}

impl FileSampler {
    pub(super) fn new(source: &FileSource, element: Scalar, files: &mut Files) -> Self {
        let ids = source.paths.iter().map(|path| files.add(path)).collect();
        Self { source: source.clone(), element, files: ids, last: None }
    }

    /// The files that it reads.
    pub(super) fn files(&self) -> &[FileIndex] {
        &self.files
    }

    pub(super) fn is_rate(&self) -> bool {
        self.source.rate
    }

    /// Continues from the last reading of `earlier`, the same source in an earlier configuration.
    pub(super) fn carry_over(&mut self, earlier: &Self) {
        let Some(last) = earlier.last else { return };
        let place = earlier.files.iter().position(|&file| file == last.file.0);
        let place = place.filter(|&place| !is_pattern(&self.source.paths[place]));
        if let Some(&file) = place.and_then(|place| self.files.get(place)) {
            self.last = Some(Baseline { file: (file, 0), ..last });
        }
    }

    /// Reads the file, if no other field of this record has, and finds the value in it, for a field with these
    /// labels.
    pub(super) fn sample<'f>(&mut self, labels: &[Label], files: &'f mut Files) -> Sample<'f> {
        if self.source.take == Take::Count {
            return self.count();
        }
        let Some(id) = self.choose(labels, files) else { return Sample::Keep };
        let Read { id, matches, path, contents, at } = match files.read(id) {
            Ok(read) => read,
            Err(error) => return Sample::Missing(error),
        };
        let number = match find(&self.source, labels, contents) {
            Ok(Found::Text(text)) => return Sample::Value(Value::from(text)),
            Ok(Found::Number(digits)) if self.takes_it_as_it_is() => {
                return self.nearest(digits);
            }
            Ok(Found::Number(digits)) => Number::of(digits),
            Ok(Found::Whole(number)) => Number::Whole(number),
            Ok(Found::Real(number)) => Number::Real(number),
            Err(error) => {
                return Sample::Missing(SampleError::NotFound(path.to_owned(), error));
            }
        };
        match number {
            Number::Real(real) if !real.is_finite() => Sample::Missing(SampleError::Overflow),
            _ if self.source.rate => self.grown(Baseline { file: (id, matches), number, at }),
            _ => self.fitted(number),
        }
    }

    /// The first file that holds the value, else the first that can be read, else the first.
    fn choose(&self, labels: &[Label], files: &mut Files) -> Option<FileIndex> {
        let (&first, others) = self.files.split_first()?;
        if others.is_empty() {
            return Some(first);
        }
        let mut readable = None;
        for &id in &self.files {
            let Ok(read) = files.read(id) else { continue };
            if find(&self.source, labels, read.contents).is_ok() {
                return Some(id);
            }
            readable = readable.or(Some(id));
        }
        readable.or(Some(first))
    }

    /// How many files there are.
    fn count(&mut self) -> Sample<'static> {
        let count = self.source.paths.iter().flat_map(|path| matches(path)).count();
        let number = Number::Whole(i128::try_from(count).unwrap_or(i128::MAX));
        match self.files.first() {
            Some(&id) if self.source.rate => {
                self.grown(Baseline { file: (id, 0), number, at: Moment::now().monotonic })
            }
            _ => self.fitted(number),
        }
    }

    /// The number itself, or the whole one next to it for an integer field.
    fn nearest<'d>(&self, digits: Digits<'d>) -> Sample<'d> {
        let whole = if self.element.is_int() { digits.nearest_whole() } else { None };
        whole.map_or(Sample::Number(digits), Sample::Whole)
    }

    #[expect(clippy::float_cmp, reason = "exactly 1 means no scale")]
    fn takes_it_as_it_is(&self) -> bool {
        !self.source.rate && self.source.scale == 1.0
    }

    fn grown(&mut self, now: Baseline) -> Sample<'static> {
        let Some(last) = self.last.filter(|last| last.file == now.file) else {
            self.last = Some(now);
            return Sample::Missing(SampleError::FirstRate);
        };
        match rate(last, now, self.source.wraps) {
            Rate::TooSoon => Sample::Keep,
            Rate::Backward => {
                self.last = Some(now);
                Sample::Missing(SampleError::FirstRate)
            }
            Rate::PerSecond(rate) => {
                self.last = Some(now);
                self.fitted(Number::Real(rate))
            }
        }
    }

    /// The scaled number, as a value of the field's type.
    fn fitted(&self, number: Number) -> Sample<'static> {
        #[expect(clippy::float_cmp, reason = "exactly 1 means no scale")]
        if let Number::Whole(number) = number
            && self.source.scale == 1.0
        {
            return Sample::Whole(number);
        }
        let scaled = number.real() * self.source.scale;
        if !scaled.is_finite() {
            return Sample::Missing(SampleError::Overflow);
        }
        Sample::Value(Value::F64(if self.element.is_int() { scaled.round() } else { scaled }))
    }
}

/// `wraps`: the bits of a counter that continues from 0. Less than half of its range is taken for such a
/// wrap; more is a counter that began anew.
fn rate(last: Baseline, now: Baseline, wraps: Option<u32>) -> Rate {
    let span = now.at.saturating_sub(last.at);
    if span < SHORTEST {
        return Rate::TooSoon;
    }
    let growth = match (last.number, now.number) {
        (Number::Whole(last), Number::Whole(now)) => {
            let growth = now.checked_sub(last);
            let growth = growth.map(|growth| wraps.map_or(growth, |bits| unwrapped(growth, bits)));
            growth.map_or(wide(now) - wide(last), wide)
        }
        (last, now) => now.real() - last.real(),
    };
    if growth < 0.0 { Rate::Backward } else { Rate::PerSecond(growth / span.as_secs_f64()) }
}

fn unwrapped(growth: i128, bits: u32) -> i128 {
    let range = 1_i128 << bits;
    if growth < 0 && (0..range / 2).contains(&(growth + range)) { growth + range } else { growth }
}

impl Number {
    fn of(digits: Digits<'_>) -> Self {
        digits.whole().map_or_else(|| Self::Real(digits.to_f64()), Self::Whole)
    }

    fn real(self) -> f64 {
        match self {
            Self::Whole(number) => wide(number),
            Self::Real(number) => number,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "the nearest float is wanted")]
fn wide(number: i128) -> f64 {
    number as f64
}
