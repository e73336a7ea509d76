//! `wave` and `random`: numbers between two bounds, for demonstrations.
//!
//! Invariant: the bounds fit the field's type, and the first is smaller.

use std::fmt;
use std::time::Duration;

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

impl fmt::Display for WaveShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Sine => "sine",
            Self::Triangle => "triangle",
            Self::Saw => "saw",
            Self::Square => "square",
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
