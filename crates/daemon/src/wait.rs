//! The one place a daemon sleeps: until a signal, some input, or a deadline.
//!
//! Invariant: the deadline is absolute. The time left is computed from the clock at each call, so
//! an early wake-up by a signal or a line of input does not delay the deadline.
//!
//! Price: one `ppoll`, two before a long sleep that ends in a spin; wake-ups are late by the kernel's timer slack (50 us, or less after
//! [`sharpen_timers`]) and by the time it takes to wake a processor, unless the last part of the wait
//! is [spun](spin_until).

use std::io;
use std::num::NonZeroU64;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::ticks::Monotonic;

/// The kernel's default timer slack, in nanoseconds.
const DEFAULT_SLACK: u64 = 50_000;

/// The most by which the kernel lets a `ppoll` end late (`select_estimate_accuracy` in fs/select.c).
const LATEST: Duration = Duration::from_millis(100);

/// Why [`wait`] returned. Neither set: the deadline has passed, or an unrelated signal interrupted
/// the wait; check the clock and wait again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ready {
    /// The signal descriptor is readable: call [`Signals::take`](crate::Signals::take).
    pub signal: bool,
    /// The input has bytes, has ended, or has failed: a read will not block.
    pub input: bool,
}

/// Sleeps until `signals` or `input` is readable or `deadline` has passed; for ever without one.
///
/// `signals` is a [`Signals`](crate::Signals) or any other descriptor that ends the wait.
pub fn wait(
    signals: &impl AsFd,
    input: Option<BorrowedFd<'_>>,
    deadline: Option<Monotonic>,
) -> io::Result<Ready> {
    let left = deadline.map(|deadline| timespec(deadline.since(Monotonic::now())));
    let signals = signals.as_fd();
    let watch = |fd| PollFd::from_borrowed_fd(fd, PollFlags::IN);
    // Without input both entries are the signal descriptor; only the first is polled.
    let mut fds = [watch(signals), watch(input.unwrap_or(signals))];
    let used = if input.is_some() { 2 } else { 1 };
    match poll(&mut fds[..used], left.as_ref()) {
        Ok(_) => Ok(Ready {
            signal: !fds[0].revents().is_empty(),
            input: input.is_some() && !fds[1].revents().is_empty(),
        }),
        Err(Errno::INTR) => Ok(Ready::default()),
        Err(error) => Err(error.into()),
    }
}

/// When to end a sleep that begins `now`, so that the last part, of length `spin`, before `due` can be
/// [spun](spin_until).
///
/// The kernel may end a `ppoll` late by a thousandth of its timeout, or 100 ms. A long sleep therefore ends
/// earlier by twice as much, and a second one takes the rest. Without a spin nothing has to be that
/// exact, and there is one sleep.
pub fn sleep_until(due: Monotonic, spin: Duration, now: Monotonic) -> Monotonic {
    let end = due.before(spin);
    let late = (end.since(now) / 1000).min(LATEST);
    if spin.is_zero() || late < Duration::from_nanos(DEFAULT_SLACK) {
        end
    } else {
        end.before(2 * late)
    }
}

/// Polls the clock until `deadline`: on time to a fraction of a microsecond, at the price of a processor
/// that is busy meanwhile.
pub fn spin_until(deadline: Monotonic) {
    while Monotonic::now() < deadline {
        std::hint::spin_loop();
    }
}

/// Lets the kernel wake this thread at most a thousandth of `period` late in order to combine
/// wake-ups, where its default of 50 us is more.
pub fn sharpen_timers(period: Duration) {
    let slack = u64::try_from(period.as_nanos() / 1000).unwrap_or(u64::MAX);
    let slack = NonZeroU64::new(slack.max(1)).filter(|slack| slack.get() < DEFAULT_SLACK);
    // Without /proc or with a system call filter it stays as it is.
    let _ = rustix::thread::set_current_timer_slack(slack);
}

fn timespec(span: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(span.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: span.subsec_nanos().into(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;
    use std::time::Duration;

    use rustix::pipe::{PipeFlags, pipe_with};

    use super::{Ready, sharpen_timers, sleep_until, spin_until, wait};
    use crate::ticks::Monotonic;

    #[test]
    fn a_wait_ends_at_its_deadline_and_not_before() {
        let (quiet, _writer) = pipe_with(PipeFlags::CLOEXEC).expect("pipe");
        let deadline = Monotonic::now().after(Duration::from_millis(20));
        assert_eq!(wait(&quiet, None, Some(deadline)).expect("wait"), Ready::default());
        assert!(Monotonic::now() >= deadline);
    }

    #[test]
    fn a_long_sleep_before_a_spin_is_two_and_the_second_is_short() {
        let (due, spin) = (Monotonic::from_nanos(3_600_000_000_000), Duration::from_micros(100));
        let ends = |left: Duration| due.since(sleep_until(due, spin, due.before(left)));
        assert_eq!(ends(Duration::from_millis(50)), spin);
        let first = ends(Duration::from_secs(1));
        assert!((2..3).contains(&first.as_millis()), "{first:?}");
        assert_eq!(ends(first), spin, "the second one is exact");
        assert_eq!(ends(Duration::from_hours(1)), spin + Duration::from_millis(200));
        assert_eq!(sleep_until(due, Duration::ZERO, Monotonic::from_nanos(0)), due);
    }

    #[test]
    fn a_spin_ends_after_its_deadline() {
        let deadline = Monotonic::now().after(Duration::from_micros(50));
        spin_until(deadline);
        assert!(Monotonic::now() >= deadline);
        spin_until(Monotonic::from_nanos(0));
    }

    #[test]
    fn timers_are_as_sharp_as_the_shortest_period_needs() {
        let slack = || rustix::thread::current_timer_slack().expect("slack");
        let default = slack();
        for (period, want) in [
            (Duration::from_millis(1), 1000),
            (Duration::from_nanos(1), 1),
            (Duration::from_secs(1), default),
        ] {
            sharpen_timers(period);
            assert_eq!(slack(), want, "{period:?}");
        }
    }

    #[test]
    fn input_ends_the_wait_and_so_does_its_end() {
        let (quiet, _keep) = pipe_with(PipeFlags::CLOEXEC).expect("pipe");
        let (input, writer) = pipe_with(PipeFlags::CLOEXEC).expect("pipe");
        let readable = Ready { signal: false, input: true };
        rustix::io::write(&writer, b"x").expect("write");
        assert_eq!(wait(&quiet, Some(input.as_fd()), None).expect("wait"), readable);
        rustix::io::read(&input, &mut [0; 8]).expect("read");
        drop(writer);
        assert_eq!(wait(&quiet, Some(input.as_fd()), None).expect("wait"), readable);
    }
}
