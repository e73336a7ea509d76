//! The tool, run as a person runs it.

mod cut;
mod doctor;
mod export;
mod get;
mod help;
mod hostile;
mod hostile_size;
mod list;
mod publish;
mod publish_hold;
mod publish_replace;
mod record;
mod recording;
mod replay;
mod schema;
mod schema_names;
mod server;
mod signals;
mod tour;
mod world;
