//! `mapcast`, the tool for people: what regions there are, what is in them, what is wrong with them.
//!
//! Invariant: it uses the library's front door, so it sees what any program can see. Only `publish`
//! writes to a region. Results go to stdout, everything else to stderr.
//!
//! ```text
//!   list      all regions, a row each          observed, writer, table
//!   inspect   one region: header, schema       the same
//!   schema    its record in another language   schema/
//! ```
//!
//! Price: an attach and one copy of a record for each region that is shown.

mod age;
mod error;
mod file_facts;
mod inspect;
mod list;
mod observed;
mod region_argument;
mod table;
mod writer;

pub mod cli;
pub mod schema;

pub use error::ToolError;

use cli::{Args, Command};

/// Does what the command line asks for.
pub fn run(args: &Args) -> Result<(), ToolError> {
    args.common.start_logging(cli::PROGRAM)?;
    match &args.command {
        Command::List(args) => list::run(args),
        Command::Inspect(args) => inspect::run(args),
        Command::Schema(args) => schema::run(args),
    }
}
