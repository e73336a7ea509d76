//! Reports the state of a daemon to its service manager.
//!
//! Invariant: `READY=1` is sent once and never before the daemon does its work; `STATUS=` at most
//! once a second; `WATCHDOG=1` only from the running loop. A manager that does not read its socket
//! delays only the exit, by half a second at most: [`Service::keep_alive`] resends messages for
//! which there was no room.
//!
//! ```text
//!   loop:  wait(..., service.deadline())    never sleeps past the next ping
//!          service.keep_alive(now)
//!          ... one turn of work ...
//!          service.progress(now, "publishing stu: sequence 9", 9)
//! ```
//!
//! Price: two comparisons per turn without a manager.

use std::fmt::Display;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use super::notify::Notify;
use super::watchdog::Watchdog;
use crate::ticks::Monotonic;

/// Shortest time between two `STATUS=`.
const STATUS_EVERY: Duration = Duration::from_secs(1);
/// Time between two attempts to send a message for which the manager had no room.
const RETRY_EVERY: Duration = Duration::from_millis(100);
/// Longest time that the end of the process waits for the manager.
const FINISH_TIMEOUT: Duration = Duration::from_millis(500);

/// What was sent to the service manager, and what is due next.
#[derive(Debug, Default)]
pub struct Service {
    notify: Notify,
    watchdog: Watchdog,
    is_ready: bool,
    /// When the last `STATUS=` was sent.
    status_sent: Option<Monotonic>,
    /// A status that came too soon after another one.
    held_status: Option<String>,
    /// When to retry messages for which the manager had no room.
    retry: Option<Monotonic>,
    /// The last progress: when, and which record.
    last_progress: Option<(Monotonic, u64)>,
}

impl Service {
    /// With the manager and the watchdog that the environment names.
    pub fn from_environment() -> Self {
        Self::new(Notify::from_environment(), Watchdog::from_environment())
    }

    fn new(notify: Notify, watchdog: Watchdog) -> Self {
        let watchdog = if notify.is_connected() { watchdog } else { Watchdog::default() };
        Self { notify, watchdog, ..Self::default() }
    }

    /// Whether there is a manager.
    pub fn is_connected(&self) -> bool {
        self.notify.is_connected()
    }

    /// Whether `READY=1` was sent.
    pub fn is_ready(&self) -> bool {
        self.is_ready
    }

    /// When the loop has to call [`keep_alive`](Self::keep_alive) next.
    pub fn deadline(&self) -> Option<Monotonic> {
        let held =
            self.held_status.as_ref().and(self.status_sent).map(|sent| sent.after(STATUS_EVERY));
        [self.watchdog.deadline(), held, self.retry].into_iter().flatten().min()
    }

    /// `span`, or less if the loop must wake up before.
    pub fn clamp_timeout(&self, now: Monotonic, span: Duration) -> Duration {
        self.deadline().map_or(span, |deadline| span.min(deadline.since(now)))
    }

    /// To be called in each turn of the loop: pings the watchdog if that is due, and sends delayed
    /// messages and those for which there was no room.
    pub fn keep_alive(&mut self, now: Monotonic) {
        if self.retry.is_some_and(|retry| retry <= now) {
            self.notify.flush();
            self.plan_retry(now);
        }
        self.watchdog.take(now, || self.notify.alive());
        if self.held_status.is_some() && self.may_send_status(now) {
            let held = self.held_status.take().unwrap_or_default();
            self.send_status(now, &held);
        }
    }

    /// The daemon works, or waits for work: `READY=1` the first time, `STATUS=` after that.
    pub fn ready(&mut self, now: Monotonic, status: &str) {
        if self.is_ready {
            return self.status(now, status.to_owned());
        }
        self.is_ready = true;
        self.notify.ready(status);
        self.status_sent = Some(now);
        self.plan_retry(now);
    }

    /// Sets `STATUS=`. Updates within a second of the last are coalesced; the newest wins.
    pub fn status(&mut self, now: Monotonic, status: String) {
        if !self.is_connected() {
            return;
        }
        if self.may_send_status(now) {
            self.send_status(now, &status);
        } else {
            self.held_status = Some(status);
        }
    }

    /// Whether [`progress`](Self::progress) would do anything: for a `what` that takes time to make.
    pub fn is_progress_due(&self, now: Monotonic) -> bool {
        let is_old = |since| now.since(since) >= STATUS_EVERY && self.may_send_status(now);
        self.is_connected() && self.last_progress.is_none_or(|(since, _)| is_old(since))
    }

    /// Sets `STATUS=WHAT, 1.0/s`, if `count` (of records, so far) has grown and the last status is old
    /// enough.
    pub fn progress(&mut self, now: Monotonic, what: &dyn Display, count: u64) {
        if !self.is_progress_due(now) {
            return;
        }
        // Fewer: a region was closed, or another one took its place.
        let Some((since, from)) = self.last_progress.filter(|&(_, from)| from <= count) else {
            self.last_progress = Some((now, count));
            return;
        };
        if count == from {
            return;
        }
        let rate = rate(count - from, now.since(since));
        self.last_progress = Some((now, count));
        self.send_status(now, &format!("{what}, {rate}"));
    }

    /// A reload begins. Every one ends with [`reloaded`](Self::reloaded).
    pub fn reloading(&mut self, now: Monotonic) {
        if self.is_ready {
            self.notify.reloading(now);
            self.plan_retry(now);
        }
    }

    /// A reload has ended, whether or not anything has changed.
    pub fn reloaded(&mut self, now: Monotonic, status: &str) {
        if self.is_ready {
            self.notify.ready(status);
            self.status_sent = Some(now);
            self.held_status = None;
            self.plan_retry(now);
        }
    }

    /// The process ends. Close the region first: this blocks for half a second if the manager does not
    /// read its socket.
    pub fn stopping(&mut self, status: &str) {
        self.notify.stopping(status);
        self.notify.finish(FINISH_TIMEOUT);
    }

    /// Has the manager keep `descriptor` for the next process of this service: see
    /// `FDSTORE` in `sd_notify(3)`.
    pub fn store(&mut self, name: &str, descriptor: BorrowedFd<'_>) {
        self.notify.store(name, descriptor);
        self.plan_retry(Monotonic::now());
    }

    fn plan_retry(&mut self, now: Monotonic) {
        self.retry = self.notify.has_unsent().then(|| now.after(RETRY_EVERY));
    }

    fn may_send_status(&self, now: Monotonic) -> bool {
        self.status_sent.is_none_or(|sent| now.since(sent) >= STATUS_EVERY)
    }

    fn send_status(&mut self, now: Monotonic, status: &str) {
        self.notify.status(status);
        self.status_sent = Some(now);
        self.held_status = None;
    }
}

/// `count` in `span` for people: 12.0/s, 6.0/min, 1.0/h.
fn rate(count: u64, span: Duration) -> String {
    #[expect(clippy::cast_precision_loss, reason = "for people, one decimal")]
    let a_second = count as f64 / span.as_secs_f64().max(f64::MIN_POSITIVE);
    let scales = [(1.0, "s"), (60.0, "min"), (3600.0, "h")];
    let fits = |(scale, _): &&(f64, &str)| a_second * scale >= 0.1;
    let (scale, unit) = scales.iter().find(fits).unwrap_or(&scales[2]);
    format!("{:.1}/{unit}", a_second * scale)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::notify::Notify;
    use super::super::testing::FakeManager;
    use super::super::watchdog::Watchdog;
    use super::{Service, rate};
    use crate::ticks::Monotonic;

    fn at(milliseconds: u64) -> Monotonic {
        Monotonic::from_nanos(milliseconds * 1_000_000)
    }

    fn service(manager: &FakeManager, watchdog: Option<Duration>) -> Service {
        Service::new(Notify::new(Some(manager.address())), Watchdog::new(watchdog))
    }

    #[test]
    fn progress_is_sent_once_a_second_with_the_rate_since_the_last_time() {
        let manager = FakeManager::new();
        let mut service = service(&manager, None);
        service.ready(at(0), "publishing stu: sequence 1");
        for tenth in 0..=32 {
            let count = 1 + tenth;
            let what = format!("publishing stu: sequence {count}");
            service.progress(at(tenth * 100), &what, count);
        }
        assert_eq!(
            manager.texts(),
            [
                "READY=1\nSTATUS=publishing stu: sequence 1\n",
                "STATUS=publishing stu: sequence 11, 10.0/s\n",
                "STATUS=publishing stu: sequence 21, 10.0/s\n",
                "STATUS=publishing stu: sequence 31, 10.0/s\n",
            ]
        );
        service.progress(at(60_000), &"publishing stu: sequence 33", 33);
        service.progress(at(70_000), &"publishing stu: sequence 33", 33);
        assert_eq!(manager.texts().len(), 1, "no new record, no status");
    }

    #[test]
    fn ready_is_sent_once_and_is_a_status_afterwards() {
        let manager = FakeManager::new();
        let mut service = service(&manager, None);
        service.ready(at(0), "waiting for input");
        service.ready(at(2000), "publishing stu: sequence 1");
        let texts = manager.texts();
        assert_eq!(texts[0], "READY=1\nSTATUS=waiting for input\n");
        assert_eq!(texts[1..], ["STATUS=publishing stu: sequence 1\n"]);
    }

    #[test]
    fn an_early_status_is_delayed_and_wakes_the_loop() {
        let manager = FakeManager::new();
        let mut service = service(&manager, None);
        service.status(at(5000), "one".into());
        service.status(at(5100), "two".into());
        service.status(at(5200), "three".into());
        assert_eq!(service.deadline(), Some(at(6000)));
        service.keep_alive(at(5999));
        assert_eq!(manager.texts(), ["STATUS=one\n"]);
        service.keep_alive(at(6000));
        assert_eq!(manager.texts(), ["STATUS=three\n"]);
        assert_eq!(service.deadline(), None);
    }

    #[test]
    fn the_loop_never_sleeps_past_a_ping() {
        let manager = FakeManager::new();
        let mut service = service(&manager, Some(Duration::from_secs(2)));
        service.keep_alive(at(1000));
        assert_eq!(
            service.clamp_timeout(at(1500), Duration::from_hours(1)),
            Duration::from_millis(500)
        );
        service.keep_alive(at(1999));
        service.keep_alive(at(2000));
        assert_eq!(manager.texts(), ["WATCHDOG=1\n"; 2]);
    }

    #[test]
    fn a_reload_is_reported_only_by_a_service_that_is_ready() {
        let manager = FakeManager::new();
        let mut service = service(&manager, None);
        service.reloading(at(1));
        service.reloaded(at(2), "x");
        assert_eq!(manager.texts(), [""; 0]);
        service.ready(at(3), "x");
        service.reloading(at(4));
        service.reloaded(at(5), "y");
        let texts = manager.texts();
        assert_eq!(texts[1..], ["RELOADING=1\nMONOTONIC_USEC=4000\n", "READY=1\nSTATUS=y\n"]);
    }

    #[test]
    fn the_loop_wakes_up_to_retry_messages() {
        let manager = FakeManager::new();
        let mut service = service(&manager, None);
        manager.is_busy();
        service.ready(at(0), "x");
        assert_eq!(service.deadline(), Some(at(100)));
        service.keep_alive(at(100));
        assert_eq!(service.deadline(), Some(at(200)), "no room yet");
        manager.texts();
        service.keep_alive(at(150));
        assert_eq!(manager.texts(), [""; 0], "not yet");
        service.keep_alive(at(200));
        assert_eq!(manager.texts(), ["READY=1\nSTATUS=x\n"]);
        assert_eq!(service.deadline(), None);
    }

    #[test]
    fn without_a_manager_there_is_no_watchdog_either() {
        let watchdog = Watchdog::new(Some(Duration::from_secs(1)));
        assert_eq!(Service::new(Notify::default(), watchdog).deadline(), None);
    }

    #[test]
    fn rates_have_a_readable_unit() {
        assert_eq!(rate(1000, Duration::from_secs(1)), "1000.0/s");
        assert_eq!(rate(1, Duration::from_secs(10)), "0.1/s");
        assert_eq!(rate(1, Duration::from_mins(1)), "1.0/min");
        assert_eq!(rate(1, Duration::from_hours(1)), "1.0/h");
        assert_eq!(rate(0, Duration::ZERO), "0.0/h");
    }
}
