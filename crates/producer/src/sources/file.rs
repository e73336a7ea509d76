//! `file`: a number or a text from a file, or how fast the number grows per second.
//!
//! ```text
//!   contents --FileSource::read--> reading --rate--> per second --scale--> --round--> value
//! ```
//!
//! Price: the file is searched for the key once per field and record.

use std::time::Duration;

use layout::{Digits, Scalar, Value};
use settings::{FileSource, Reading};

use super::Sample;
use super::files::{FileId, Files};
use super::trouble::Trouble;

/// Two readings nearer to each other than this say nothing about a rate: the kernel counts most
/// things in steps of 1 to 10 ms.
const SHORTEST: Duration = Duration::from_millis(10);

/// A file source and what it needs to remember.
#[derive(Debug)]
pub(super) struct FileField {
    source: FileSource,
    element: Scalar,
    files: Vec<FileId>,
    last: Option<Baseline>,
}

/// The earlier reading of a rate.
#[derive(Clone, Copy, Debug)]
struct Baseline {
    file: FileId,
    number: Number,
    at: Duration,
}

/// A number as it was read: whole ones are exact.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Number {
    Whole(i128),
    Real(f64),
}

/// What a new reading says about a rate.
#[derive(Debug, PartialEq)]
enum Rate {
    PerSecond(f64),
    /// Too near to the last one: look again later.
    TooSoon,
    /// It went backward: a counter that began anew.
    Backward,
}

impl FileField {
    pub(super) fn new(source: &FileSource, element: Scalar, files: &mut Files) -> Self {
        let ids = source.paths.iter().map(|path| files.add(path)).collect();
        Self { source: source.clone(), element, files: ids, last: None }
    }

    /// Goes on from the last reading of `earlier`, the same source in an earlier configuration.
    pub(super) fn carry_over(&mut self, earlier: &Self) {
        let Some(last) = earlier.last else { return };
        let place = earlier.files.iter().position(|&file| file == last.file);
        if let Some(&file) = place.and_then(|place| self.files.get(place)) {
            self.last = Some(Baseline { file, ..last });
        }
    }

    /// Reads the file, if no other field of this record has, and makes a value of its content.
    pub(super) fn sample(&mut self, files: &mut Files) -> Sample {
        let (file, contents, at) = match files.read(&self.files) {
            Ok(read) => read,
            Err(trouble) => return Sample::Missing(trouble),
        };
        let number = match self.source.read(contents) {
            Ok(Reading::Text(text)) => return Sample::Value(Value::from(text)),
            Ok(Reading::Number(digits)) if self.takes_it_as_it_is() => {
                return Sample::Value(nearest(digits, self.element));
            }
            Ok(Reading::Number(digits)) => Number::of(digits),
            Ok(Reading::Whole(number)) => Number::Whole(number),
            Ok(Reading::Real(number)) => Number::Real(number),
            Err(error) => {
                return Sample::Missing(Trouble::NotFound(files.path(file).to_owned(), error));
            }
        };
        if self.source.rate {
            self.grown(Baseline { file, number, at })
        } else {
            Sample::Value(self.fitted(number))
        }
    }

    #[expect(clippy::float_cmp, reason = "the very 1 that stands for no scale")]
    fn takes_it_as_it_is(&self) -> bool {
        !self.source.rate && self.source.scale == 1.0
    }

    fn grown(&mut self, now: Baseline) -> Sample {
        let Some(last) = self.last.filter(|last| last.file == now.file) else {
            self.last = Some(now);
            return Sample::Missing(Trouble::FirstRate);
        };
        match rate(last, now) {
            Rate::TooSoon => Sample::Keep,
            Rate::Backward => {
                self.last = Some(now);
                Sample::Missing(Trouble::FirstRate)
            }
            Rate::PerSecond(rate) => {
                self.last = Some(now);
                Sample::Value(self.fitted(Number::Real(rate)))
            }
        }
    }

    /// The number, scaled, as the field takes it.
    fn fitted(&self, number: Number) -> Value {
        let real = match number {
            #[expect(clippy::float_cmp, reason = "the very 1 that stands for no scale")]
            Number::Whole(number) if self.source.scale == 1.0 => match exact(number) {
                Some(value) => return value,
                None => wide(number),
            },
            Number::Whole(number) => wide(number),
            Number::Real(number) => number,
        };
        let scaled = real * self.source.scale;
        Value::F64(if self.element.is_int() { scaled.round() } else { scaled })
    }
}

/// The nearest value that a field of this type can have; the record refuses one out of range.
fn nearest(digits: Digits<'_>, element: Scalar) -> Value {
    let real = digits.to_f64();
    match element {
        Scalar::Bool => Some(Value::Bool(!digits.is_zero())),
        Scalar::F32 => Some(digits.to_f32()).filter(|number| number.is_finite()).map(Value::F32),
        Scalar::F64 => None,
        _ => digits.nearest_whole().and_then(exact),
    }
    .unwrap_or(Value::F64(real))
}

fn rate(last: Baseline, now: Baseline) -> Rate {
    let span = now.at.saturating_sub(last.at);
    if span < SHORTEST {
        return Rate::TooSoon;
    }
    let growth = match (last.number, now.number) {
        (Number::Whole(last), Number::Whole(now)) => {
            now.checked_sub(last).map_or(wide(now) - wide(last), wide)
        }
        (last, now) => now.real() - last.real(),
    };
    if growth < 0.0 { Rate::Backward } else { Rate::PerSecond(growth / span.as_secs_f64()) }
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

/// The number in 64 bits, if it fits.
fn exact(number: i128) -> Option<Value> {
    let small = i64::try_from(number).ok().map(Value::Int);
    small.or_else(|| u64::try_from(number).ok().map(Value::Uint))
}

#[expect(clippy::cast_precision_loss, reason = "the nearest float is wanted")]
fn wide(number: i128) -> f64 {
    number as f64
}
