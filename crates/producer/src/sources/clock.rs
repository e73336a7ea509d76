//! `clock`: the time at which the record is sampled.
//!
//! Price: three `clock_gettime` through the vDSO, about 20 ns each.

use std::time::Duration;

use layout::{Scalar, Value};
use rustix::time::{ClockId, clock_gettime};
use settings::{ClockKind, ClockSource};

/// One moment, as the kernel's clocks tell it.
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

/// A clock source and whether its field takes fractions.
#[derive(Debug)]
pub(super) struct Telling {
    source: ClockSource,
    fraction: bool,
}

impl Telling {
    pub(super) fn new(source: ClockSource, element: Scalar) -> Self {
        Self { source, fraction: element.is_float() }
    }

    /// The time of `now` in the source's unit.
    pub(super) fn at(&self, now: Moment) -> Value {
        let time = now.on(self.source.kind);
        if self.fraction {
            Value::F64(self.source.unit.fraction(time))
        } else {
            Value::Uint(self.source.unit.whole(time))
        }
    }
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

    use super::{Moment, Telling};

    const NOW: Moment = Moment {
        realtime: Duration::new(1_700_000_000, 250_000_000),
        monotonic: Duration::new(40, 1),
        boottime: Duration::new(50, 999_999_999),
    };

    fn told(kind: ClockKind, unit: TimeUnit, element: Scalar) -> Value {
        Telling::new(ClockSource { kind, unit }, element).at(NOW)
    }

    #[test]
    fn each_clock_is_told_in_its_unit() {
        let wall = told(ClockKind::Realtime, TimeUnit::Milliseconds, Scalar::U64);
        assert_eq!(wall, Value::Uint(1_700_000_000_250));
        let up = told(ClockKind::Monotonic, TimeUnit::Nanoseconds, Scalar::I64);
        assert_eq!(up, Value::Uint(40_000_000_001));
    }

    #[test]
    fn an_integer_field_gets_the_whole_units_and_a_float_field_the_fraction_too() {
        let whole = told(ClockKind::Boottime, TimeUnit::Seconds, Scalar::U32);
        assert_eq!(whole, Value::Uint(50), "not rounded up: that second has not come");
        let real = told(ClockKind::Boottime, TimeUnit::Milliseconds, Scalar::F64);
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
