//! `input`: a value out of a JSON object, one object a line.

use layout::Field;
use serde::Deserialize;

use crate::fault::{Fault, Problem};
use crate::node::Node;
use crate::values::filled;

/// How deep in an object an `input` source may have its value.
const MAX_STEPS: usize = 64;

/// Where in a JSON object a value is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum InputKey {
    /// The member of this name.
    Member(String),
    /// The value at this JSON pointer (RFC 6901), such as "/imu/accel".
    Pointer(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InputTable {
    #[serde(default, deserialize_with = "filled")]
    key: Option<String>,
}

/// The key, by default the name of the field; what begins with a slash is a JSON pointer.
pub(super) fn read(node: &Node<'_>, field: &Field) -> Result<InputKey, Problem> {
    let InputTable { key } = node.read()?;
    let key = key.unwrap_or_else(|| field.name().to_owned());
    if !key.starts_with('/') {
        return Ok(InputKey::Member(key));
    }
    if key.matches('/').count() > MAX_STEPS {
        let want = format!("a JSON pointer of at most {MAX_STEPS} steps");
        return Err(node.problem_at("key", Fault::not_but(want, "a shorter one")));
    }
    Ok(InputKey::Pointer(key))
}
