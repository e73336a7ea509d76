//! An entry point for the project's own tests of hostile and random input (crate `fuzz`) only.

pub use crate::replay::{Wanted, count_records};
