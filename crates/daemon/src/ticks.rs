//! Ticks at absolute deadlines: no drift; a missed tick is counted and not caught up.
//!
//! Invariant: every deadline is `start + k * period`. The duration of a tick's work shifts none of
//! them, and a daemon that was stopped for an hour ticks once afterwards, not 3600 times.
//!
//! ```text
//! deadline   1     2     3     4     5     6
//!            |     |     |     |     |     |
//! work       [#]   [############][#] [#]   [#]
//! taken for  1     2             4   5     6      3 is missed: it passed while 2 was worked on
//! ```
//!
//! A late [`Ticks::take`] takes the newest deadline that has passed and counts the older ones as
//! missed. The grid of later deadlines does not move.
//!
//! Price: one `clock_gettime` (vDSO, about 20 ns) per turn of the loop.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

const NANOS_PER_SEC: u64 = 1_000_000_000;

/// A moment on `CLOCK_MONOTONIC`, in nanoseconds. The clock never jumps, and stops in suspend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Monotonic(u64);

impl Monotonic {
    /// The present moment.
    pub fn now() -> Self {
        let now = clock_gettime(ClockId::Monotonic);
        // The kernel's monotonic clock starts at zero and is never negative.
        let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
        let nanos = u64::try_from(now.tv_nsec).unwrap_or(0);
        Self(seconds.saturating_mul(NANOS_PER_SEC).saturating_add(nanos))
    }

    /// The moment `nanos` nanoseconds after the clock's zero.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the clock's zero.
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// `self + span`, saturating at 584 years.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        Self(self.0.saturating_add(nanos(span)))
    }

    /// `self - span`, or the clock's zero.
    #[must_use]
    pub fn before(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(nanos(span)))
    }

    /// The time since `earlier`; zero if that is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// What [`Ticks::take`] returns when a deadline has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    /// Deadlines that passed before this one without being taken.
    pub missed: u64,
    /// How late this tick is taken.
    pub late: Duration,
}

/// A grid of deadlines on the monotonic clock.
#[derive(Clone, Debug)]
pub struct Ticks {
    period: u64,
    next: Monotonic,
    missed: u64,
}

impl Ticks {
    /// A grid whose first deadline is `start` and then every `period`.
    ///
    /// A period of zero is taken as one nanosecond.
    pub fn new(start: Monotonic, period: Duration) -> Self {
        Self { period: nanos(period).max(1), next: start, missed: 0 }
    }

    /// The next deadline.
    pub fn deadline(&self) -> Monotonic {
        self.next
    }

    /// All ticks missed so far.
    pub fn missed(&self) -> u64 {
        self.missed
    }

    /// Returns the tick that is due at `now`, if one is, and advances the deadline to the first one
    /// after `now`.
    pub fn take(&mut self, now: Monotonic) -> Option<Tick> {
        let late = now.0.checked_sub(self.next.0)?;
        let missed = late / self.period;
        self.next = Monotonic(now.0.saturating_add(self.period - late % self.period));
        self.missed = self.missed.saturating_add(missed);
        Some(Tick { missed, late: Duration::from_nanos(late % self.period) })
    }

    /// A new grid with the same period, whose first deadline is `now`. The count of missed ticks
    /// continues.
    pub fn restart(&mut self, now: Monotonic) {
        self.next = now;
    }

    /// Changes the period from `now` on: the first deadline of the new grid is `now + period`. The
    /// count of missed ticks continues. The same period changes nothing.
    pub fn change_period(&mut self, now: Monotonic, period: Duration) {
        let period = nanos(period).max(1);
        if period != self.period {
            self.period = period;
            self.next = Monotonic(now.0.saturating_add(period));
        }
    }
}

fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Monotonic, Tick, Ticks};

    const START: u64 = 1_000;

    fn ticks() -> Ticks {
        Ticks::new(Monotonic(START), Duration::from_nanos(100))
    }

    fn tick(missed: u64, late: u64) -> Tick {
        Tick { missed, late: Duration::from_nanos(late) }
    }

    #[test]
    fn the_first_tick_is_due_at_the_start_and_not_before() {
        let mut ticks = ticks();
        assert_eq!(ticks.take(Monotonic(START - 1)), None);
        assert_eq!(ticks.take(Monotonic(START)), Some(tick(0, 0)));
        assert_eq!(ticks.take(Monotonic(START)), None);
    }

    #[test]
    fn slow_work_moves_no_deadline() {
        let mut ticks = ticks();
        for k in 0..1_000 {
            let wake_up_late_by = k % 100;
            let due = START + k * 100;
            assert_eq!(ticks.deadline(), Monotonic(due));
            assert_eq!(
                ticks.take(Monotonic(due + wake_up_late_by)),
                Some(tick(0, wake_up_late_by))
            );
        }
        assert_eq!(ticks.missed(), 0);
    }

    #[test]
    fn missed_ticks_are_counted_and_not_caught_up() {
        let mut ticks = ticks();
        assert_eq!(ticks.take(Monotonic(START)), Some(tick(0, 0)));
        // The deadlines at 1100, 1200 and 1300 have passed; 1300 is taken, the others are lost.
        assert_eq!(ticks.take(Monotonic(START + 350)), Some(tick(2, 50)));
        assert_eq!(ticks.take(Monotonic(START + 350)), None);
        assert_eq!(ticks.deadline(), Monotonic(START + 400));
        assert_eq!(ticks.missed(), 2);
    }

    #[test]
    fn a_new_period_starts_a_new_grid_and_keeps_the_count() {
        let mut ticks = ticks();
        assert_eq!(ticks.take(Monotonic(START + 250)), Some(tick(2, 50)));
        ticks.change_period(Monotonic(START + 260), Duration::from_nanos(100));
        assert_eq!(ticks.deadline(), Monotonic(START + 300), "the same period keeps the grid");
        ticks.change_period(Monotonic(START + 260), Duration::from_nanos(7));
        assert_eq!(ticks.deadline(), Monotonic(START + 267));
        ticks.restart(Monotonic(START + 261));
        assert_eq!(ticks.take(Monotonic(START + 261)), Some(tick(0, 0)));
        assert_eq!(ticks.deadline(), Monotonic(START + 268));
        assert_eq!(ticks.missed(), 2);
    }

    #[test]
    fn absurd_periods_do_not_overflow() {
        let mut zero = Ticks::new(Monotonic(START), Duration::ZERO);
        assert_eq!(zero.take(Monotonic(START + 5)), Some(tick(5, 0)));
        let mut ages = Ticks::new(Monotonic(START), Duration::MAX);
        assert_eq!(ages.take(Monotonic(START)), Some(tick(0, 0)));
        assert_eq!(ages.deadline(), Monotonic(u64::MAX));
    }

    #[test]
    fn the_clock_goes_forward() {
        let before = Monotonic::now();
        assert!(Monotonic::now() >= before);
        assert_eq!(before.after(Duration::from_secs(2)).since(before), Duration::from_secs(2));
        assert_eq!(before.since(before.after(Duration::from_secs(2))), Duration::ZERO);
        assert_eq!(before.after(Duration::from_secs(2)).before(Duration::from_secs(2)), before);
        assert_eq!(before.before(Duration::MAX), Monotonic(0));
    }
}
