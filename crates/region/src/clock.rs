//! The two clocks of a region: `CLOCK_BOOTTIME` for order and age, `CLOCK_REALTIME` for people.
//!
//! Boot time never steps and continues during suspend, so a heartbeat compared with it cannot be
//! fooled by someone setting the wall clock. It restarts at every boot: see [`crate::boot`]. In a
//! time namespace it has an offset; the times in a region are without it.

use crate::time_namespace;
use rustix::time::{ClockId, Timespec, clock_gettime};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A moment in nanoseconds of `CLOCK_BOOTTIME`: time since this machine started, suspend included.
///
/// Comparable between all processes of one boot, whatever their time namespace: it is the time of
/// the machine's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BootTime(u64);

impl BootTime {
    /// The present moment. About 30 ns (vDSO, no system call).
    #[inline]
    pub fn now() -> Self {
        let here = nanos(clock_gettime(ClockId::Boottime));
        Self(here.wrapping_sub(time_namespace::ahead().cast_unsigned()))
    }

    /// A moment `nanos` nanoseconds after this machine started.
    #[inline]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since this machine started.
    #[inline]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Time passed since this moment; zero if it lies in the future.
    pub fn elapsed(self) -> Duration {
        Self::now().since(self)
    }

    /// Time from `earlier` to this moment; zero if `earlier` is later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// This moment on the wall clock, given the clock's distance to boot time in nanoseconds.
    pub(crate) fn at_offset(self, offset: i64) -> SystemTime {
        let since_epoch = i128::from(self.0) + i128::from(offset);
        // A hostile offset may point before 1970 or past what 64 bits of nanoseconds hold.
        let nanos = u64::try_from(since_epoch.max(0)).unwrap_or(u64::MAX);
        UNIX_EPOCH + Duration::from_nanos(nanos)
    }
}

/// `CLOCK_REALTIME` minus `CLOCK_BOOTTIME` in nanoseconds: turns a [`BootTime`] into wall time. The
/// best of a few measurements, and how long it took: this thread may lose the processor in any of them.
pub(crate) fn wall_offset() -> (i64, Duration) {
    let measure = || {
        let (before, wall, after) = (BootTime::now(), wall_nanos(), BootTime::now());
        let span = after.0.saturating_sub(before.0);
        (span, wall.wrapping_sub(before.0.wrapping_add(span / 2)).cast_signed())
    };
    let (span, offset) = measure().min(measure()).min(measure());
    (offset, Duration::from_nanos(span))
}

/// `CLOCK_REALTIME` in nanoseconds since 1970.
pub(crate) fn wall_nanos() -> u64 {
    nanos(clock_gettime(ClockId::Realtime))
}

/// Nanoseconds of a clock that costs a fifth of [`BootTime::now`], for spans of this process's own: it
/// moves on in steps of a few milliseconds, and not during suspend.
#[inline]
pub(crate) fn coarse_nanos() -> u64 {
    nanos(clock_gettime(ClockId::MonotonicCoarse))
}

/// The kernel never returns a negative time for these clocks after 1970.
#[inline]
fn nanos(time: Timespec) -> u64 {
    (time.tv_sec.cast_unsigned())
        .wrapping_mul(1_000_000_000)
        .wrapping_add(time.tv_nsec.cast_unsigned())
}

/// `duration` as whole nanoseconds, the largest number when it does not fit (584 years).
pub(crate) fn duration_nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boot_time_plus_wall_offset_is_the_wall_clock() {
        let before = SystemTime::now();
        let wall = BootTime::now().at_offset(wall_offset().0);
        let after = SystemTime::now();
        // The two clocks are read one after the other: off by no more than the reading took.
        let slack = after.duration_since(before).unwrap_or_default();
        assert!(before - slack <= wall && wall <= after, "{before:?} {wall:?} {after:?}");
    }

    #[test]
    fn a_hostile_offset_is_clamped() {
        assert_eq!(BootTime(5).at_offset(i64::MIN), UNIX_EPOCH);
        let last = BootTime(u64::MAX).at_offset(i64::MAX);
        assert_eq!(last, UNIX_EPOCH + Duration::from_nanos(u64::MAX));
    }

    #[test]
    fn a_moment_in_the_future_has_no_age() {
        assert_eq!(BootTime(u64::MAX).elapsed(), Duration::ZERO);
    }
}
