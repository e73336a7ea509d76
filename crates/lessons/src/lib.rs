//! What the lessons have in common. The lessons themselves are the examples of this crate, and
//! `docs/lessons.md` leads through them.
//!
//! Invariant: an example prints the same each time, or its numbers stand as `N` in the document; it
//! leaves neither a file nor a process behind when it ends.
//!
//! ```text
//!   examples/NAME.rs          a lesson, in Rust over `shared` and `region`
//!     Place::enter            a directory of its own to work in, deleted at the end
//!     c::Program              c/NAME.c, compiled and run: the mistake itself, which may well die
//!     ended                   how a process ended, in words
//!     panic_of                the message of a panic
//!   docs/lessons.md           what to type and what is printed; tests/ compare
//! ```
//!
//! Price: a C compiler called `cc` at run time, for the lessons that show a mistake.

pub mod c;
mod ended;
mod inspect;
mod place;

pub use ended::{ended, ended_well};
pub use inspect::{mappings, panic_of, text};
pub use place::Place;

/// What a lesson may fail with.
pub type Failure = Box<dyn std::error::Error>;

/// The Rust in the document is compiled, and what must not compile does not.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/lessons.md")]
struct Document;
