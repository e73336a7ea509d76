//! `wave` and `random`: numbers between two bounds, for demonstrations.
//!
//! Invariant: the bounds fit the field's type, the first is smaller, and [`Range::at`] never leaves
//! them.

use std::f64::consts::TAU;
use std::time::Duration;

use layout::Value;
use serde::Deserialize;

/// Two bounds, both included, the first one smaller.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Range {
    /// Bounds of an integer field.
    Whole {
        /// The least value.
        min: i64,
        /// The greatest value.
        max: i64,
    },
    /// Bounds of a float field, finite.
    Real {
        /// The least value.
        min: f64,
        /// The greatest value.
        max: f64,
    },
}

impl Range {
    /// The value at `fraction` of the way from min (0) to max (1), rounded for an integer field.
    /// A fraction outside of 0 to 1 is taken as the nearer of the two, NaN as 0.
    pub fn at(&self, fraction: f64) -> Value {
        let fraction = if fraction.is_nan() { 0.0 } else { fraction.clamp(0.0, 1.0) };
        match *self {
            Self::Whole { min, max } => {
                let width = i128::from(max) - i128::from(min);
                #[expect(
                    clippy::cast_precision_loss,
                    clippy::cast_possible_truncation,
                    reason = "the nearest value is wanted, and it is held between the bounds below"
                )]
                let steps = (width as f64 * fraction).round() as i128;
                let value = i128::from(min) + steps.clamp(0, width);
                Value::Int(i64::try_from(value).unwrap_or(max))
            }
            // Each product is finite; max - min need not be.
            Self::Real { min, max } => {
                Value::F64((min * (1.0 - fraction) + max * fraction).clamp(min, max))
            }
        }
    }
}

/// A curve over time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wave {
    /// Its form.
    pub shape: WaveShape,
    /// Its lowest and highest point.
    pub range: Range,
    /// How long one turn takes; never zero.
    pub period: Duration,
    /// Where in its turn it starts, 0 to 1.
    pub phase: f64,
}

/// The form of a wave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WaveShape {
    /// Starts in the middle, going up.
    #[default]
    Sine,
    /// Straight up for half a turn, straight down for the other.
    Triangle,
    /// Straight up for the whole turn, then back at once.
    Saw,
    /// Low for half a turn, high for the other.
    Square,
}

impl Wave {
    /// The value `elapsed` after the start. The field can hold it.
    pub fn at(&self, elapsed: Duration) -> Value {
        let period = self.period.as_nanos().max(1);
        #[expect(clippy::cast_precision_loss, reason = "a fraction of a turn, for the eye")]
        let turn = (elapsed.as_nanos() % period) as f64 / period as f64;
        let turn = (turn + self.phase).fract();
        self.range.at(match self.shape {
            WaveShape::Sine => f64::midpoint(1.0, (turn * TAU).sin()),
            WaveShape::Triangle => 1.0 - (2.0 * turn - 1.0).abs(),
            WaveShape::Saw => turn,
            WaveShape::Square => f64::from(u8::from(turn >= 0.5)),
        })
    }
}

/// A random number, each as likely as the others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Random {
    /// Its bounds.
    pub range: Range,
    /// Where the sequence of numbers starts; `None` starts it anywhere, else every start of the
    /// producer gives the same numbers.
    pub seed: Option<u64>,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use layout::Value;

    use super::{Range, Wave, WaveShape};

    const BYTE: Range = Range::Whole { min: 0, max: 100 };

    fn turn(shape: WaveShape, phase: f64) -> [Value; 4] {
        let wave = Wave { shape, range: BYTE, period: Duration::from_secs(4), phase };
        [0, 1, 2, 4_003].map(|second| wave.at(Duration::from_secs(second)))
    }

    #[test]
    fn a_wave_has_its_shape_and_comes_round() {
        assert_eq!(turn(WaveShape::Sine, 0.0), [50, 100, 50, 0].map(Value::Int));
        assert_eq!(turn(WaveShape::Triangle, 0.0), [0, 50, 100, 50].map(Value::Int));
        assert_eq!(turn(WaveShape::Saw, 0.0), [0, 25, 50, 75].map(Value::Int));
        assert_eq!(turn(WaveShape::Square, 0.0), [0, 0, 100, 100].map(Value::Int));
        assert_eq!(turn(WaveShape::Saw, 0.25), [25, 50, 75, 0].map(Value::Int));
        assert_eq!(turn(WaveShape::Saw, 1.0), turn(WaveShape::Saw, 0.0));
    }

    #[test]
    fn a_range_is_never_left_even_at_the_ends_of_its_type() {
        let all = Range::Whole { min: i64::MIN, max: i64::MAX };
        assert_eq!(all.at(0.0), Value::Int(i64::MIN));
        assert_eq!(all.at(1.0), Value::Int(i64::MAX));
        assert_eq!(all.at(f64::INFINITY), Value::Int(i64::MAX));
        assert_eq!(all.at(f64::NAN), Value::Int(i64::MIN));
        let wide = Range::Real { min: f64::MIN, max: f64::MAX };
        assert_eq!(wide.at(0.5), Value::F64(0.0));
        assert_eq!(wide.at(1.0), Value::F64(f64::MAX));
    }
}
