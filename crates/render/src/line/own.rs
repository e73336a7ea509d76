//! What a reader knows of a record beside its fields.

use core::fmt;

use crate::duration::rounded;
use crate::reading::{Origin, Reading};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Own {
    Lineage,
    Sequence,
    Instance,
    Epoch,
    State,
    Age,
    PublishedAt,
}

impl Own {
    pub(super) const NAMES: [(&'static str, Self); 7] = [
        ("lineage", Self::Lineage),
        ("sequence", Self::Sequence),
        ("instance", Self::Instance),
        ("epoch", Self::Epoch),
        ("state", Self::State),
        ("age", Self::Age),
        ("published_at", Self::PublishedAt),
    ];

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::NAMES.into_iter().find(|(known, _)| *known == name).map(|(_, own)| own)
    }

    /// Whether it is a number, which is aligned to the right.
    pub(super) const fn is_number(self) -> bool {
        matches!(self, Self::Lineage | Self::Sequence | Self::Epoch)
    }

    /// Most digits behind the point that a precision can ask for; `None`: it takes none.
    pub(super) const fn max_precision(self) -> Option<usize> {
        match self {
            Self::Age | Self::PublishedAt => Some(9),
            _ => None,
        }
    }

    /// Displays it; `-` if it is not known. A precision makes an age seconds, and is how many digits
    /// of a second a time has.
    pub(super) fn shown<'a>(self, reading: &'a Reading<'a>) -> impl fmt::Display + 'a {
        fmt::from_fn(move |f| match (self, &reading.origin) {
            (Self::Instance, _) => f.write_str(reading.instance.unwrap_or("-")),
            (_, Some(origin)) => self.write(origin, f),
            (_, None) => f.write_str("-"),
        })
    }

    fn write(self, origin: &Origin<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, f.precision()) {
            (Self::Sequence, _) => write!(f, "{}", origin.publication.sequence),
            (Self::Lineage, _) => write!(f, "{}", origin.publication.lineage()),
            (Self::Instance, _) => Ok(()), // of the reading, not of its origin
            (Self::Epoch, _) => write!(f, "{}", origin.region.epoch()),
            (Self::State, _) => f.write_str(origin.region.state().as_str()),
            (Self::Age, precision) => match (origin.age(), precision) {
                (None, _) => f.write_str("-"),
                (Some(age), None) => f.write_str(&rounded(age)),
                (Some(age), Some(digits)) => write!(f, "{:.digits$}", age.as_secs_f64()),
            },
            (Self::PublishedAt, precision) => write_time(&origin.rfc3339(), precision, f),
        }
    }
}

/// Writes `2026-02-03T04:05:06.070809010Z` with fewer digits behind the point.
fn write_time(time: &str, precision: Option<usize>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match (precision, time.split_once('.')) {
        (Some(0), Some((seconds, _))) => write!(f, "{seconds}Z"),
        (Some(digits), Some((seconds, fraction))) => {
            let digits = digits.min(fraction.len().saturating_sub(1));
            write!(f, "{seconds}.{}Z", &fraction[..digits])
        }
        _ => f.write_str(time),
    }
}
