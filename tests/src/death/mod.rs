//! Death at every instruction: a writer is killed before each instruction of its path.
//!
//! Invariant: a point counts as tried only if its own process died there by SIGKILL and every check
//! below was made. The tests of publish and close also require that some deaths leave the work
//! undone and some leave it done.
//!
//! ```text
//!   trace   one writer, stepped all the way; readers look before each instruction
//!   point   a writer of its own, brought to instruction i, killed there
//!           witnesses: a reader from before the death, one from after it, perhaps one asleep
//!             the last complete record, whole, n or n + 1, the same for all, never backward
//!             the state: dead (closed, once the writer has said so)
//!           a successor: takes over, publishes the next number, all of them see it
//! ```
//!
//! Price: 2 ms for each point, and 20 us for each step of a process that a breakpoint cannot bring
//! nearer.

mod reader;
mod route;
mod scene;
mod sleeper;
mod table;
mod walk;
mod witness;

pub use route::{Deed, Left, ROUTES, Route, Watch};
pub use table::{HEADING, row};
pub use walk::{Spread, Walk, walk};
pub use witness::Fate;

/// The prefix of every message about a violated guarantee.
pub const BROKEN: &str = "broken claim: ";
