//! `wave`: a curve over the time since the producer started.

use std::f64::consts::TAU;
use std::time::Duration;

use layout::Value;
use settings::{Wave, WaveShape};

use super::clock::Moment;
use super::range::value_at;

/// A wave and when it began.
#[derive(Debug)]
pub(super) struct WaveSampler {
    wave: Wave,
    start: Duration,
}

impl WaveSampler {
    pub(super) fn new(wave: Wave, now: Moment) -> Self {
        Self { wave, start: now.monotonic }
    }

    /// Its value at `now`, computed from the clock: missed ticks do not shift it.
    pub(super) fn sample(&self, now: Moment) -> Value {
        value_at(self.wave.range, height(&self.wave, now.monotonic.saturating_sub(self.start)))
    }
}

/// The height of the wave, 0 to 1, `elapsed` after its start.
fn height(wave: &Wave, elapsed: Duration) -> f64 {
    let period = wave.period.as_nanos().max(1);
    #[expect(clippy::cast_precision_loss, reason = "a fraction of a turn, for the eye")]
    let turn = (elapsed.as_nanos() % period) as f64 / period as f64;
    let turn = (turn + wave.phase).fract();
    match wave.shape {
        WaveShape::Sine => f64::midpoint(1.0, (turn * TAU).sin()),
        WaveShape::Triangle => 1.0 - (2.0 * turn - 1.0).abs(),
        WaveShape::Saw => turn,
        WaveShape::Square => f64::from(u8::from(turn >= 0.5)),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use layout::Value;
    use settings::{Range, Wave, WaveShape};

    use super::super::clock::Moment;
    use super::WaveSampler;

    fn turn(shape: WaveShape, phase: f64) -> [Value; 4] {
        let (range, period) = (Range::Whole { min: 0, max: 100 }, Duration::from_secs(4));
        let start = Moment::now();
        let sampler = WaveSampler::new(Wave { shape, range, period, phase }, start);
        [0, 1, 2, 4_003].map(|second| sampler.sample(start.later(Duration::from_secs(second))))
    }

    #[test]
    fn a_wave_has_its_shape_phase_and_period() {
        assert_eq!(turn(WaveShape::Sine, 0.0), [50, 100, 50, 0].map(Value::Int));
        assert_eq!(turn(WaveShape::Triangle, 0.0), [0, 50, 100, 50].map(Value::Int));
        assert_eq!(turn(WaveShape::Saw, 0.0), [0, 25, 50, 75].map(Value::Int));
        assert_eq!(turn(WaveShape::Square, 0.0), [0, 0, 100, 100].map(Value::Int));
        assert_eq!(turn(WaveShape::Saw, 0.25), [25, 50, 75, 0].map(Value::Int));
        assert_eq!(turn(WaveShape::Saw, 1.0), turn(WaveShape::Saw, 0.0));
    }
}
