//! `clock`: the time at which the record is sampled.
//!
//! Price: three `clock_gettime` through the vDSO, about 20 ns each.

use std::time::Duration;

use layout::{Scalar, Value};
use rustix::time::{ClockId, clock_gettime};
use settings::{ClockKind, ClockSource, TimeUnit};

/// One moment on each of the kernel's clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    realtime: Duration,
    /// For rates and waves too.
    pub(super) monotonic: Duration,
    boottime: Duration,
}

impl Moment {
    /// The present moment.
    pub(crate) fn now() -> Self {
        Self {
            realtime: read(ClockId::Realtime),
            monotonic: read(ClockId::Monotonic),
            boottime: read(ClockId::Boottime),
        }
    }

    /// The same moment, `span` later on every clock.
    #[cfg(test)]
    pub(super) fn later(self, span: Duration) -> Self {
        Self {
            realtime: self.realtime + span,
            monotonic: self.monotonic + span,
            boottime: self.boottime + span,
        }
    }

    /// The time of one clock.
    fn on(self, kind: ClockKind) -> Duration {
        match kind {
            ClockKind::Realtime => self.realtime,
            ClockKind::Monotonic => self.monotonic,
            ClockKind::Boottime => self.boottime,
        }
    }
}

/// A clock source, and whether its field can hold fractions.
#[derive(Debug)]
pub(super) struct ClockSampler {
    source: ClockSource,
    takes_fraction: bool,
}

impl ClockSampler {
    pub(super) fn new(source: ClockSource, element: Scalar) -> Self {
        Self { source, takes_fraction: element.is_float() }
    }

    /// The time of `now` in the source's unit.
    pub(super) fn sample(&self, now: Moment) -> Value {
        let time = now.on(self.source.kind);
        if self.takes_fraction {
            Value::F64(fraction(self.source.unit, time))
        } else {
            Value::Uint(whole(self.source.unit, time))
        }
    }
}

const fn nanos(unit: TimeUnit) -> u128 {
    match unit {
        TimeUnit::Seconds => 1_000_000_000,
        TimeUnit::Milliseconds => 1_000_000,
        TimeUnit::Microseconds => 1_000,
        TimeUnit::Nanoseconds => 1,
    }
}

/// Whole units in `time`, saturating at `u64::MAX`.
fn whole(unit: TimeUnit, time: Duration) -> u64 {
    u64::try_from(time.as_nanos() / nanos(unit)).unwrap_or(u64::MAX)
}

/// Units in `time` with their fraction.
#[expect(clippy::cast_precision_loss, reason = "the nearest float is wanted")]
fn fraction(unit: TimeUnit, time: Duration) -> f64 {
    // Whole units first: a float cannot hold a wall clock in nanoseconds exactly.
    let (time, unit) = (time.as_nanos(), nanos(unit));
    (time / unit) as f64 + (time % unit) as f64 / unit as f64
}

fn read(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    // A wall clock set before 1970 reads as 1970.
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use layout::{Scalar, Value};
    use settings::{ClockKind, ClockSource, TimeUnit};

    use super::{ClockSampler, Moment, fraction, whole};

    const NOW: Moment = Moment {
        realtime: Duration::new(1_700_000_000, 250_000_000),
        monotonic: Duration::new(40, 1),
        boottime: Duration::new(50, 999_999_999),
    };

    fn sampled(kind: ClockKind, unit: TimeUnit, element: Scalar) -> Value {
        ClockSampler::new(ClockSource { kind, unit }, element).sample(NOW)
    }

    #[test]
    fn a_time_is_counted_in_its_unit() {
        let units = [
            TimeUnit::Seconds,
            TimeUnit::Milliseconds,
            TimeUnit::Microseconds,
            TimeUnit::Nanoseconds,
        ];
        let time = Duration::from_micros(1_500_750);
        assert_eq!(units.map(|unit| whole(unit, time)), [1, 1_500, 1_500_750, 1_500_750_000]);
        let fractions = units.map(|unit| fraction(unit, time).to_string());
        assert_eq!(fractions, ["1.50075", "1500.75", "1500750", "1500750000"]);
        assert_eq!(whole(TimeUnit::Nanoseconds, Duration::MAX), u64::MAX);
    }

    #[test]
    fn each_clock_is_counted_in_its_unit() {
        let wall = sampled(ClockKind::Realtime, TimeUnit::Milliseconds, Scalar::U64);
        assert_eq!(wall, Value::Uint(1_700_000_000_250));
        let up = sampled(ClockKind::Monotonic, TimeUnit::Nanoseconds, Scalar::I64);
        assert_eq!(up, Value::Uint(40_000_000_001));
    }

    #[test]
    fn an_integer_field_has_whole_units_and_a_float_field_their_fraction() {
        let whole = sampled(ClockKind::Boottime, TimeUnit::Seconds, Scalar::U32);
        assert_eq!(whole, Value::Uint(50), "not rounded up: that second has not passed");
        let real = sampled(ClockKind::Boottime, TimeUnit::Milliseconds, Scalar::F64);
        assert_eq!(real, Value::F64(50_999.999_999));
    }

    #[test]
    fn the_clocks_go_forward() {
        let (first, then) = (Moment::now(), Moment::now());
        assert!(then.monotonic >= first.monotonic && then.boottime >= first.boottime);
        assert!(first.boottime >= first.monotonic, "boot time includes suspend");
        assert!(first.realtime > Duration::from_secs(1_600_000_000), "it is past 2020");
    }
}
