//! The tool, run as a person runs it.

mod doctor;
mod get;
mod help;
mod list;
mod publish;
mod schema;
mod tour;
mod world;
