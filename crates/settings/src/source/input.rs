//! `input`: a value out of a JSON object, one object a line.

use std::time::Duration;

use layout::text::quote;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Constant;
use super::target::Target;
use crate::fault::{Fault, Problem};
use crate::node::Node;
use crate::values::{filled, some_duration};

/// How deep in an object an `input` source may have its value.
const MAX_STEPS: usize = 64;

/// A value out of a line, and what the field holds when a line leaves it out: the value of the line
/// before, unless one of these says otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct InputSource {
    /// Where the value is.
    pub key: InputKey,
    /// Whether a line without it is a bad one.
    pub required: bool,
    /// What the field holds then.
    pub default: Option<Constant>,
    /// How long the value before counts. After that the field holds its default; a float without one
    /// is NaN.
    pub max_age: Option<Duration>,
}

impl From<InputKey> for InputSource {
    fn from(key: InputKey) -> Self {
        Self { key, required: false, default: None, max_age: None }
    }
}

/// Where in a JSON object a value is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum InputKey {
    /// The member of this name.
    Member(String),
    /// The value at this JSON pointer (RFC 6901), such as "/imu/accel".
    Pointer(String),
}

impl InputKey {
    /// The way to the value: that of the JSON pointer "/imu/a~1b" is "imu", "a/b".
    pub fn steps(&self) -> Vec<String> {
        let unescaped = |step: &str| step.replace("~1", "/").replace("~0", "~");
        match self {
            Self::Member(name) => vec![name.clone()],
            Self::Pointer(pointer) => pointer.split('/').skip(1).map(unescaped).collect(),
        }
    }

    /// As the configuration has it.
    pub(crate) fn as_str(&self) -> &str {
        let (Self::Member(text) | Self::Pointer(text)) = self;
        text
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InputTable {
    #[serde(default, deserialize_with = "filled")]
    key: Option<String>,
    #[serde(default)]
    required: bool,
    /// Read by [`Target::constant`], which takes what the field does.
    #[serde(rename = "default")]
    _default: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "some_duration")]
    max_age: Option<Duration>,
}

pub(super) fn read(node: &Node<'_>, target: &mut Target<'_>) -> Result<InputSource, Problem> {
    let InputTable { key, required, max_age, .. } = node.read()?;
    let key = key.unwrap_or_else(|| target.field().name().to_owned());
    let default = node.get("default").map(|default| target.constant(&default)).transpose()?;
    let ctype = target.field().ctype();
    let refuse = |key, why: String| Err(node.problem_at(key, Fault::Other(why)));
    if required && default.is_some() {
        return refuse("default", "given together with required; keep one of the two".to_owned());
    }
    if required && max_age.is_some() {
        let why = "has no effect: each line has a value that is required; remove it";
        return refuse("max_age", why.to_owned());
    }
    if max_age.is_some() && default.is_none() && !ctype.element().is_float() {
        let why = format!("{ctype} has no value for \"not known\"; add a default for it");
        return refuse("max_age", why);
    }
    Ok(InputSource { key: input_key(node, "key", key)?, required, default, max_age })
}

/// The value of the key called `name`: what begins with a slash is a JSON pointer.
pub(crate) fn input_key(node: &Node<'_>, name: &str, key: String) -> Result<InputKey, Problem> {
    if !key.starts_with('/') {
        return Ok(InputKey::Member(key));
    }
    if key.matches('/').count() > MAX_STEPS {
        let want = format!("a JSON pointer of at most {MAX_STEPS} steps");
        return Err(node.problem_at(name, Fault::not_but(want, "a shorter one")));
    }
    if key.split('~').skip(1).any(|rest| !rest.starts_with(['0', '1'])) {
        let why =
            format!("{} has a ~ that is no ~0 or ~1; write ~0 for a ~ in a name", quote(&key));
        return Err(node.problem_at(name, Fault::Other(why)));
    }
    Ok(InputKey::Pointer(key))
}
