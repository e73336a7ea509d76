//! Where the value of a field comes from.
//!
//! Invariant: a [`Source`] in hand fits its field. What can be decided when the file is loaded is
//! decided then: a constant is one the field can hold, a counter wraps inside its type, a wave or a
//! random number stays between bounds that the type holds, text is never scaled. So a producer
//! meets errors of the world (a file that is gone, a line of input that is no JSON), never a
//! combination that makes no sense.
//!
//! ```text
//!              integer  float  bool  char, char[N]  other arrays
//!   const         x       x     x         x              x
//!   input         x       x     x         x              x
//!   file          x       x     x         x
//!   disk          x       x
//!   expr          x       x
//!   counter       x       x
//!   wave          x       x
//!   random        x       x
//!   clock         x       x       (64 bits, or u32 in seconds)
//! ```
//!
//! Price: a few words per field, made once per load.

mod clock;
mod constant;
mod counter;
mod disk;
mod expr;
mod file;
mod input;
mod nesting;
mod pattern;
mod placeholder;
mod range;
pub(crate) mod read;
mod target;

pub use clock::{ClockKind, ClockSource, TimeUnit};
pub use constant::Constant;
pub use counter::Counter;
pub use disk::{DiskFigure, DiskSource};
pub(crate) use file::pattern_fault;
pub use file::{FileSource, Take, Words, is_pattern, is_separator, words};
pub(crate) use input::input_key;
pub use input::{InputKey, InputSource};
pub(crate) use nesting::{Nested, nested};
pub use pattern::Pattern;
pub use placeholder::LeavesFolder;
pub use query::Expr;
pub use range::{Random, Range, Wave, WaveShape};

use layout::InstanceName;

/// Where the value of one field comes from.
///
/// Exhaustive on purpose: a producer that does not know a kind must not compile.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// Always this value.
    Const(Constant),
    /// Counts the records.
    Counter(Counter),
    /// The time of a clock.
    Clock(ClockSource),
    /// A number or a text out of a file such as `/proc/loadavg`.
    File(FileSource),
    /// How full a file system is.
    Disk(DiskSource),
    /// A number computed from other fields.
    Expr(Expr),
    /// A curve over time, for demonstrations.
    Wave(Wave),
    /// A random number, for demonstrations.
    Random(Random),
    /// A value out of a JSON object, one object a line.
    Input(InputSource),
}

impl Source {
    /// That of one instance: its name is in place of `{instance}` in paths and keys.
    ///
    /// # Errors
    /// A path would lead out of its folder.
    pub fn of_instance(&self, name: &InstanceName) -> Result<Self, LeavesFolder> {
        Ok(match self {
            Self::File(file) => Self::File(file.of_instance(name)?),
            Self::Disk(disk) => Self::Disk(disk.of_instance(name)?),
            other => other.clone(),
        })
    }
}
