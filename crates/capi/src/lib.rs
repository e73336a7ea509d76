//! mapcast for C and C++: every function of `include/mapcast.h`, over the crate `mapcast`.
//!
//! Invariant: no panic and no error of Rust reaches the program. Each function runs inside of
//! `border::call`, which catches panics, stores what went wrong for `mapcast_last_error` and returns a
//! code, or NULL. A handle is checked before it is used.
//!
//! ```text
//!   C program --> writer, reader, follower, instances, bare, values, error     the exported functions
//!                   | pointers                         | codes
//!                   v                                  v
//!                 border    NULL, tags, sizes, strings; catch_unwind; the only pointers that are followed
//!                   |
//!                 layout, options      C structs as schemas and options, and back
//!                 failure, source      errors with a next step; what a follower reads
//! ```
//!
//! Price: about 30 instructions a call more than in Rust: see docs/c.md.
//!
//! The header is made by cbindgen from these files and `cbindgen.toml`: `cargo test -p mapcast-capi`
//! compares it, `UPDATE=1 cargo test -p mapcast-capi header::` writes it.

#![allow(clippy::doc_markdown)] // comments become those of the header, which are no Markdown
#![allow(clippy::missing_safety_doc)] // the header's first comment has the rules, for all functions

mod border;
mod failure;
mod source;

pub mod bare;
pub mod error;
pub mod follower;
pub mod instances;
pub mod layout;
pub mod options;
pub mod reader;
pub mod values;
pub mod writer;
