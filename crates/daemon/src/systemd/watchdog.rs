//! The watchdog: `WATCHDOG=1` for the service manager, twice in each interval it allows.
//!
//! Invariant: the daemon's own loop sends it, so that a hanging loop is noticed. No thread, no
//! timer: the loop sleeps until the [deadline](Watchdog::deadline) at most and calls
//! [`Watchdog::take`] when it wakes up.
//!
//! ```text
//!   WATCHDOG_USEC   |----------------|----------------|
//!   pings           p       p        p       p        p
//! ```

use std::time::Duration;

use crate::ticks::Monotonic;

/// When the next ping is due.
#[derive(Debug, Default)]
pub(super) struct Watchdog {
    grid: Option<Grid>,
}

#[derive(Debug)]
struct Grid {
    half: Duration,
    next: Monotonic,
}

impl Watchdog {
    /// The watchdog of the environment: `WATCHDOG_USEC`, unless `WATCHDOG_PID` names another
    /// process.
    pub(super) fn from_environment() -> Self {
        Self::new(interval(|name| std::env::var(name).ok(), std::process::id()))
    }

    /// A watchdog that expects a ping in each `interval`; none without an interval.
    pub(super) fn new(interval: Option<Duration>) -> Self {
        let grid = |interval: Duration| Grid { half: interval / 2, next: Monotonic::from_nanos(0) };
        Self { grid: interval.map(grid) }
    }

    /// When the loop must wake up, if there is a watchdog.
    pub(super) fn deadline(&self) -> Option<Monotonic> {
        self.grid.as_ref().map(|grid| grid.next)
    }

    /// Calls `ping` if it is due. One that fails is retried soon.
    pub(super) fn take(&mut self, now: Monotonic, ping: impl FnOnce() -> bool) {
        let Some(grid) = self.grid.as_mut().filter(|grid| grid.next <= now) else { return };
        let span = if ping() { grid.half } else { grid.half / 8 };
        grid.next = now.after(span);
    }
}

/// The watchdog interval of process `pid`, by the values of `variable`.
fn interval(variable: impl Fn(&str) -> Option<String>, pid: u32) -> Option<Duration> {
    let number = |name| variable(name).map(|text| text.parse::<u64>());
    if number("WATCHDOG_PID").is_some_and(|other| other != Ok(pid.into())) {
        return None;
    }
    let micros = number("WATCHDOG_USEC")?.ok()?;
    (micros > 0).then(|| Duration::from_micros(micros))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Watchdog, interval};
    use crate::ticks::Monotonic;

    #[test]
    fn a_ping_is_due_twice_in_each_interval() {
        let mut watchdog = Watchdog::new(Some(Duration::from_secs(2)));
        let mut pings = Vec::new();
        for second in [10.0, 10.5, 10.9, 11.0, 11.9, 12.5] {
            let now = Monotonic::from_nanos(0).after(Duration::from_secs_f64(second));
            watchdog.take(now, || {
                pings.push(second);
                true
            });
            assert!(watchdog.deadline().expect("a watchdog") > now);
        }
        assert_eq!(pings, [10.0, 11.0, 12.5]);
    }

    #[test]
    fn a_failed_ping_is_repeated_in_time() {
        let mut watchdog = Watchdog::new(Some(Duration::from_millis(160)));
        let start = Monotonic::from_nanos(1);
        watchdog.take(start, || false);
        assert_eq!(watchdog.deadline(), Some(start.after(Duration::from_millis(10))));
    }

    #[test]
    fn the_environment_must_name_this_process() {
        let read = |usec: Option<&str>, pid: Option<&str>| {
            let (usec, pid) = (usec.map(str::to_owned), pid.map(str::to_owned));
            interval(|name| if name == "WATCHDOG_PID" { pid.clone() } else { usec.clone() }, 7)
        };
        let second = Some(Duration::from_secs(1));
        assert_eq!(read(Some("1000000"), None), second);
        assert_eq!(read(Some("1000000"), Some("7")), second);
        for (usec, pid) in [
            (Some("1000000"), Some("8")),
            (Some("1000000"), Some("x")),
            (Some("0"), None),
            (Some("x"), None),
            (None, None),
        ] {
            assert_eq!(read(usec, pid), None, "{usec:?} {pid:?}");
        }
        assert_eq!(Watchdog::new(None).deadline(), None);
    }
}
