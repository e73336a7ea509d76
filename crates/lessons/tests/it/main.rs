//! The lessons run as they are printed.
//!
//! ```text
//!   document       docs/lessons.md: every command in it, and every line it says will come
//!   generations    torn reads are seen in the first generation, and never in the third
//!   copy           the copy by processes: its edges and its failures
//! ```

mod copy;
mod document;
mod example;
mod generations;
