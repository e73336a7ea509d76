//! `clock`: the time of one of the kernel's clocks.

use std::fmt;

use layout::{Field, Scalar};
use serde::Deserialize;

use super::read::mismatch;
use crate::fault::{Fault, Problem};
use crate::node::Node;

/// The time of a clock, as a count of units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockSource {
    /// Which clock.
    pub kind: ClockKind,
    /// What it is counted in.
    #[serde(default)]
    pub unit: TimeUnit,
}

/// One of the kernel's clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClockKind {
    /// `CLOCK_REALTIME`: since 1970, may be set.
    Realtime,
    /// `CLOCK_MONOTONIC`: since the machine started, without the time it slept.
    Monotonic,
    /// `CLOCK_BOOTTIME`: since the machine started, sleep included.
    Boottime,
}

/// A unit of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
pub enum TimeUnit {
    /// Seconds.
    #[default]
    #[serde(rename = "s")]
    Seconds,
    /// Milliseconds.
    #[serde(rename = "ms")]
    Milliseconds,
    /// Microseconds.
    #[serde(rename = "us")]
    Microseconds,
    /// Nanoseconds.
    #[serde(rename = "ns")]
    Nanoseconds,
}

impl TimeUnit {
    /// The unit called `name`, if it is one.
    fn named(name: &str) -> Option<Self> {
        let units = [Self::Seconds, Self::Milliseconds, Self::Microseconds, Self::Nanoseconds];
        units.into_iter().find(|unit| unit.to_string() == name)
    }
}

impl fmt::Display for ClockKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Realtime => "realtime",
            Self::Monotonic => "monotonic",
            Self::Boottime => "boottime",
        })
    }
}

impl fmt::Display for TimeUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Seconds => "s",
            Self::Milliseconds => "ms",
            Self::Microseconds => "us",
            Self::Nanoseconds => "ns",
        })
    }
}

pub(super) fn read(node: &Node<'_>, field: &Field) -> Result<ClockSource, Problem> {
    let mut clock: ClockSource = node.read()?;
    if let Some(unit) = TimeUnit::named(field.unit()) {
        if node.get("unit").is_some() && clock.unit != unit {
            let fault = Fault::not_but(
                format!("the unit of the field, \"{unit}\""),
                format!("unit = \"{unit}\""),
            );
            return Err(node.problem_at("unit", fault));
        }
        clock.unit = unit;
    }
    let fits = match (field.ctype().element(), field.ctype().count()) {
        (Scalar::I64 | Scalar::U64 | Scalar::F64, None) => true,
        (Scalar::U32, None) => clock.unit == TimeUnit::Seconds,
        _ => false,
    };
    if !fits {
        return Err(mismatch(node, field.ctype(), "use i64, u64 or f64, or u32 for seconds"));
    }
    Ok(clock)
}
