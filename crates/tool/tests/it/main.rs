//! The tool, run as a person runs it.

mod list;
mod schema;
mod world;
