//! `counter`: counts the records.

use layout::{Field, Scalar};
use serde::Deserialize;

use super::read::one_number;
use crate::fault::{Fault, Problem};
use crate::node::Node;

/// Starts at `start` and adds `step` with each record; beyond one end of `least` to `greatest` it
/// continues from the other, as unsigned numbers do in C.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Counter {
    /// The value of the first record.
    pub start: i128,
    /// What is added with each record; never zero.
    pub step: i64,
    /// The least whole number that the field holds.
    #[serde(skip)]
    pub least: i128,
    /// The greatest one, without a gap in between.
    #[serde(skip)]
    pub greatest: i128,
}

impl Default for Counter {
    fn default() -> Self {
        Self { start: 0, step: 1, least: 0, greatest: 0 }
    }
}

pub(super) fn read(node: &Node<'_>, field: &Field) -> Result<Counter, Problem> {
    let counter: Counter = node.read()?;
    let (least, greatest) = whole_numbers(one_number(node, field)?);
    if counter.step == 0 {
        return Err(node.problem_at("step", Fault::not("a step")));
    }
    let start = node.at_key("start").in_range(counter.start, (least, greatest))?;
    Ok(Counter { start, least, greatest, ..counter })
}

/// The whole numbers that `scalar` holds exactly, without a gap.
fn whole_numbers(scalar: Scalar) -> (i128, i128) {
    match scalar {
        Scalar::F32 => (-(1 << 24), 1 << 24),
        Scalar::F64 => (-(1 << 53), 1 << 53),
        other => other.int_range().unwrap_or((0, 0)),
    }
}
