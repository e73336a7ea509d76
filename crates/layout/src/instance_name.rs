//! The name of an instance.
//!
//! Invariant: 1 to 64 bytes of UTF-8 without a character that can control a terminal or disguise a
//! line. What another process wrote is checked by the same rule as what a program asks for.
//!
//! Price: 65 bytes, no heap.

use crate::text::{self, quote};
use core::borrow::Borrow;
use core::fmt;
use core::ops::Deref;
use core::str::FromStr;

/// Longest name of an instance, in bytes.
pub const MAX_INSTANCE_NAME: usize = 64;

/// The name of an instance, such as `eth0`. It derefs to `str`.
///
/// ```
/// let name: layout::InstanceName = "eth0".parse()?;
/// assert_eq!(&*name, "eth0");
/// assert!("two\nlines".parse::<layout::InstanceName>().is_err());
/// # Ok::<(), layout::BadInstanceName>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct InstanceName {
    /// Zero behind the name, so that equal names have equal bytes.
    bytes: [u8; MAX_INSTANCE_NAME],
    len: u8,
}

/// A text that cannot be the name of an instance, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct BadInstanceName {
    what: String,
}

impl InstanceName {
    /// `name`, checked.
    pub fn new(name: &str) -> Result<Self, BadInstanceName> {
        let refuse = |what: String| Err(BadInstanceName { what });
        let Ok(len @ 1..) = u8::try_from(name.len()) else {
            return refuse(if name.is_empty() { EMPTY.into() } else { too_long(name) });
        };
        let mut bytes = [0; MAX_INSTANCE_NAME];
        let Some(start) = bytes.get_mut(..name.len()) else { return refuse(too_long(name)) };
        start.copy_from_slice(name.as_bytes());
        if name.contains(text::is_control) {
            return refuse(format!("instance name {} has a control character", quote(name)));
        }
        Ok(Self { bytes, len })
    }

    /// The name in the first `len` of the bytes that another process wrote; `None` if they are none.
    pub fn from_bytes(bytes: &[u8; MAX_INSTANCE_NAME], len: u64) -> Option<Self> {
        let name = bytes.get(..usize::try_from(len).ok()?)?;
        Self::new(core::str::from_utf8(name).ok()?).ok()
    }

    /// The name, and zeros behind it.
    pub const fn padded(&self) -> &[u8; MAX_INSTANCE_NAME] {
        &self.bytes
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.bytes[..self.len.into()]).unwrap_or_default()
    }
}

const EMPTY: &str = "an instance needs a name";

fn too_long(name: &str) -> String {
    format!(
        "instance name {} has {} bytes, at most {MAX_INSTANCE_NAME} are possible",
        quote(name),
        name.len()
    )
}

impl Deref for InstanceName {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for InstanceName {
    fn borrow(&self) -> &str {
        self
    }
}

impl core::hash::Hash for InstanceName {
    /// As `str`, for look-ups by one.
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl FromStr for InstanceName {
    type Err = BadInstanceName;

    fn from_str(name: &str) -> Result<Self, BadInstanceName> {
        Self::new(name)
    }
}

impl fmt::Display for InstanceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

impl fmt::Debug for InstanceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}
