//! `wave` and `random`: numbers between two bounds, for demonstrations.
//!
//! Invariant: the bounds fit the field's type, and the first is smaller.

use std::fmt;
use std::time::Duration;

use layout::{Field, Scalar};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::read::one_number;
use crate::fault::{Fault, Problem};
use crate::node::Node;
use crate::values::quoted_duration;

/// Two bounds, both included, the first one smaller.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Range {
    /// Bounds of an integer field, from the least `i64` to the greatest `u64`.
    Whole {
        /// The least value.
        min: i128,
        /// The greatest value.
        max: i128,
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WaveTable {
    #[serde(default)]
    shape: WaveShape,
    #[serde(rename = "min")]
    _min: IgnoredAny,
    #[serde(rename = "max")]
    _max: IgnoredAny,
    #[serde(deserialize_with = "quoted_duration")]
    period: Duration,
    #[serde(default)]
    phase: f64,
}

pub(super) fn read_wave(node: &Node<'_>, field: &Field) -> Result<Wave, Problem> {
    let WaveTable { shape, period, phase, .. } = node.read()?;
    let range = range(node, one_number(node, field)?)?;
    if !(0.0..=1.0).contains(&phase) {
        return Err(node.problem_at("phase", Fault::not("a part of a turn, 0 to 1")));
    }
    Ok(Wave { shape, range, period, phase })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RandomTable {
    #[serde(rename = "min")]
    _min: IgnoredAny,
    #[serde(rename = "max")]
    _max: IgnoredAny,
    seed: Option<u64>,
}

pub(super) fn read_random(node: &Node<'_>, field: &Field) -> Result<Random, Problem> {
    let RandomTable { seed, .. } = node.read()?;
    Ok(Random { range: range(node, one_number(node, field)?)?, seed })
}

/// The bounds of a wave or a random number: `i128` for an integer field, else `f64`.
#[derive(Deserialize)]
struct Bounds<N> {
    min: N,
    max: N,
}

/// `min` and `max`, held to what `scalar` can be.
fn range(node: &Node<'_>, scalar: Scalar) -> Result<Range, Problem> {
    let (least, most) = (node.at_key("min"), node.at_key("max"));
    if let Some(range) = scalar.int_range() {
        let Bounds::<i128> { min, max } = node.read()?;
        let (min, max) = (least.in_range(min, range)?, most.in_range(max, range)?);
        if min < max {
            return Ok(Range::Whole { min, max });
        }
    } else {
        let Bounds { min, max } = node.read()?;
        let (min, max) = (real(&least, min, scalar)?, real(&most, max, scalar)?);
        if min < max {
            return Ok(Range::Real { min, max });
        }
    }
    let (min, max) = (least.shown(), most.shown());
    let why = format!("from {min} to {max} there is nothing; make max larger than min");
    Err(most.problem(Fault::Other(why)))
}

/// `number`, which `node` is, if a field of this scalar can hold about as much.
pub(super) fn real(node: &Node<'_>, number: f64, scalar: Scalar) -> Result<f64, Problem> {
    #[expect(clippy::cast_possible_truncation, reason = "what an f32 makes of it is the question")]
    let narrow = number as f32;
    let fault = match scalar {
        _ if !number.is_finite() => Fault::not("a finite number"),
        Scalar::F32 if narrow.is_infinite() => {
            Fault::not_but("a number that fits f32", "a smaller one")
        }
        Scalar::F32 if narrow == 0.0 && number != 0.0 => {
            Fault::not_but("a number that f32 can tell from 0", "0, or a larger one")
        }
        _ => return Ok(number),
    };
    Err(node.problem(fault))
}
