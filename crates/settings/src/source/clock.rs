//! `clock`: the time of one of the kernel's clocks.

use std::time::Duration;

use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error;

/// The time of a clock, as a count of units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClockSource {
    /// Which clock.
    pub kind: ClockKind,
    /// What it is counted in.
    pub unit: TimeUnit,
}

/// One of the kernel's clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClockKind {
    /// `CLOCK_REALTIME`: since 1970, may be set.
    Realtime,
    /// `CLOCK_MONOTONIC`: since the machine started, stands still while it sleeps.
    Monotonic,
    /// `CLOCK_BOOTTIME`: since the machine started, sleep included.
    Boottime,
}

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
pub enum TimeUnit {
    /// Seconds.
    #[serde(rename = "s")]
    Seconds,
    /// Milliseconds.
    #[serde(rename = "ms")]
    Milliseconds,
    /// Microseconds.
    #[serde(rename = "us")]
    Microseconds,
    /// Nanoseconds.
    #[serde(rename = "ns")]
    Nanoseconds,
}

impl TimeUnit {
    /// The unit called `name`, if it is one.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let name = IntoDeserializer::<Error>::into_deserializer(name);
        Self::deserialize(name).ok()
    }

    /// Nanoseconds in one unit.
    pub const fn nanos(self) -> u64 {
        match self {
            Self::Seconds => 1_000_000_000,
            Self::Milliseconds => 1_000_000,
            Self::Microseconds => 1_000,
            Self::Nanoseconds => 1,
        }
    }

    /// Whole units in `time`, for an integer field; at most `u64::MAX`.
    pub fn whole(self, time: Duration) -> u64 {
        u64::try_from(time.as_nanos() / u128::from(self.nanos())).unwrap_or(u64::MAX)
    }

    /// Units in `time` with their fraction, for a float field.
    #[expect(clippy::cast_precision_loss, reason = "the nearest float is wanted")]
    pub fn fraction(self, time: Duration) -> f64 {
        // Whole units first: a wall clock in nanoseconds is beyond what a float holds exactly.
        let unit = u128::from(self.nanos());
        let (whole, rest) = (time.as_nanos() / unit, time.as_nanos() % unit);
        whole as f64 + rest as f64 / unit as f64
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::TimeUnit;

    const UNITS: [TimeUnit; 4] =
        [TimeUnit::Seconds, TimeUnit::Milliseconds, TimeUnit::Microseconds, TimeUnit::Nanoseconds];

    #[test]
    fn a_time_is_counted_in_its_unit() {
        let time = Duration::from_micros(1_500_750);
        let whole = UNITS.map(|unit| unit.whole(time));
        assert_eq!(whole, [1, 1_500, 1_500_750, 1_500_750_000]);
        let fractions = UNITS.map(|unit| unit.fraction(time).to_string());
        assert_eq!(fractions, ["1.50075", "1500.75", "1500750", "1500750000"]);
        assert_eq!(TimeUnit::Nanoseconds.whole(Duration::MAX), u64::MAX);
    }
}
