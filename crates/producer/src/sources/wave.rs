//! `wave`: a curve over the time since the producer started.

use std::time::Duration;

use layout::Value;
use settings::Wave;

use super::clock::Moment;

/// A wave and when it began.
#[derive(Debug)]
pub(super) struct Swinging {
    wave: Wave,
    start: Duration,
}

impl Swinging {
    pub(super) fn new(wave: Wave, now: Moment) -> Self {
        Self { wave, start: now.monotonic }
    }

    /// Its value at `now`: by the clock, so a missed tick moves nothing.
    pub(super) fn at(&self, now: Moment) -> Value {
        self.wave.at(now.monotonic.saturating_sub(self.start))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use layout::Value;
    use settings::{Range, Wave, WaveShape};

    use super::super::clock::Moment;
    use super::Swinging;

    #[test]
    fn a_wave_begins_at_its_phase_when_the_producer_starts() {
        let range = Range::Whole { min: 0, max: 100 };
        let period = Duration::from_secs(4);
        let wave = Wave { shape: WaveShape::Saw, range, period, phase: 0.25 };
        let start = Moment::now();
        let swinging = Swinging::new(wave, start);
        let values =
            [0, 1, 2, 7].map(|second| swinging.at(start.later(Duration::from_secs(second))));
        assert_eq!(values, [25, 50, 75, 0].map(Value::Int));
    }
}
