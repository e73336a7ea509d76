//! When the next tick and the next check of the region's file are due.

use std::ops::RangeInclusive;
use std::time::Duration;

use daemon::{Monotonic, RateLimit, Ticks};

/// Bounds of the time between two checks of the region's file, which otherwise is ten ticks.
const CHECK_EVERY: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(1);
/// Shortest time between two messages about missed ticks.
const WINDOW: Duration = Duration::from_secs(10);

/// The deadlines of ticks and checks, and the rate limit for messages about missed ticks.
#[derive(Debug)]
pub(super) struct Schedule {
    ticks: Ticks,
    checks: Ticks,
    taken: u64,
    missed_limit: RateLimit,
    missed_logged: u64,
}

impl Schedule {
    /// The first tick and the first check are due at `now`.
    pub(super) fn new(now: Monotonic, tick: Duration) -> Self {
        Self {
            ticks: Ticks::new(now, tick),
            checks: Ticks::new(now, check_every(tick)),
            taken: 0,
            missed_limit: RateLimit::new(1, WINDOW),
            missed_logged: 0,
        }
    }

    /// Changes the time between ticks from `now` on.
    pub(super) fn change_tick(&mut self, now: Monotonic, tick: Duration) {
        self.ticks.change_period(now, tick);
        self.checks.change_period(now, check_every(tick));
    }

    /// The first tick and the first check are due at `now`, and not before.
    pub(super) fn begin(&mut self, now: Monotonic) {
        self.ticks.restart(now);
        self.checks.restart(now);
    }

    /// The next tick is due at `now`.
    pub(super) fn restart(&mut self, now: Monotonic) {
        self.ticks.restart(now);
    }

    pub(super) fn deadline(&self) -> Monotonic {
        self.ticks.deadline().min(self.checks.deadline())
    }

    /// Whether a tick is due; it counts as taken. Missed ticks before it go to `log`.
    pub(super) fn take_tick(&mut self, now: Monotonic, log: impl FnOnce(u64)) -> bool {
        let Some(tick) = self.ticks.take(now) else { return false };
        self.taken += 1;
        if tick.missed > 0 && self.missed_limit.pass(now).is_some() {
            log(self.missed() - self.missed_logged);
            self.missed_logged = self.missed();
        }
        true
    }

    /// Whether a check of the region's file is due; it counts as taken.
    pub(super) fn take_check(&mut self, now: Monotonic) -> bool {
        self.checks.take(now).is_some()
    }

    /// Ticks taken so far.
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    /// Ticks missed so far.
    pub(super) fn missed(&self) -> u64 {
        self.ticks.missed()
    }
}

fn check_every(tick: Duration) -> Duration {
    tick.saturating_mul(10).clamp(*CHECK_EVERY.start(), *CHECK_EVERY.end())
}
