//! When to draw: at once, but at most 20 times a second, and only if something has changed.

use std::time::{Duration, Instant};

/// Shortest time from one frame to the next.
pub(crate) const FRAME: Duration = Duration::from_millis(50);

/// What is to be drawn, and when something was drawn last.
#[derive(Debug, Default)]
pub(crate) struct FramePace {
    last: Option<Instant>,
    is_asked: bool,
}

impl FramePace {
    /// Something on the screen has changed.
    pub(crate) fn ask(&mut self) {
        self.is_asked = true;
    }

    /// How long until the next frame; `None` if there is nothing to draw.
    pub(crate) fn left(&self, now: Instant) -> Option<Duration> {
        let next = self.last.map_or(now, |last| last + FRAME);
        self.is_asked.then(|| next.saturating_duration_since(now))
    }

    /// Whether to draw now.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        let is_time = self.left(now) == Some(Duration::ZERO);
        if is_time {
            *self = Self { last: Some(now), is_asked: false };
        }
        is_time
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::FramePace;

    /// Frames in ten seconds in which something changes every `change`.
    fn frames(change: Duration) -> usize {
        let (start, mut pace) = (Instant::now(), FramePace::default());
        let times = (0..).map(|change_number| start + change * change_number);
        let times = times.take_while(|time| *time < start + Duration::from_secs(10));
        times
            .filter(|now| {
                pace.ask();
                pace.take(*now)
            })
            .count()
    }

    #[test]
    fn there_are_at_most_twenty_frames_a_second() {
        assert_eq!(frames(Duration::from_micros(100)), 200);
        assert_eq!(frames(Duration::from_millis(500)), 20);
    }

    #[test]
    fn the_first_change_is_drawn_at_once_and_nothing_without_a_change() {
        let (now, mut pace) = (Instant::now(), FramePace::default());
        assert_eq!((pace.left(now), pace.take(now)), (None, false));
        pace.ask();
        assert_eq!((pace.left(now), pace.take(now)), (Some(Duration::ZERO), true));
        pace.ask();
        let soon = now + Duration::from_millis(20);
        assert_eq!((pace.left(soon), pace.take(soon)), (Some(Duration::from_millis(30)), false));
        assert!(pace.take(now + super::FRAME));
        assert_eq!(pace.left(now + 2 * super::FRAME), None);
    }
}
