//! `mapcast`, the tool for people: what regions there are, what is in them, what is wrong with them.
//!
//! Invariant: it uses the library's front door, so it sees what any program can see. Only `publish` and
//! `replay` write to a region. Results go to stdout, everything else to stderr.
//!
//! ```text
//!   list      all regions, a row each          observed, writer, table
//!   inspect   one region: header, schema       the same
//!   get       values of its newest record      render::Values
//!   publish   records from a script            producer::Feed
//!   schema    its record in another language   schema/
//!   doctor    what is wrong, and what to type  doctor/
//!   export    all regions over HTTP             export/
//!   record    its records, into a file         record/
//!   replay    records from a file, published   replay/
//!   top       a live view on a terminal        top/
//! ```
//!
//! Price: an attach and one copy of a record for each region that is shown.

mod age;
mod compared;
mod completion;
mod error;
mod export;
mod file_advice;
mod file_facts;
mod get;
mod inspect;
mod json_line;
mod list;
mod observed;
mod progress;
mod publish;
mod published;
mod record;
mod record_name;
mod region_argument;
mod replay;
mod writer;

pub mod cli;
pub mod doctor;
pub mod fuzzing;
pub mod schema;
pub mod top;

pub use error::ToolError;
pub use export::ExportError;
pub use get::GetError;
pub use publish::PublishError;
pub use record::RecordError;
pub use replay::ReplayError;

use cli::{Args, Command};

/// Does what the command line asks for.
pub fn run(args: &Args) -> Result<(), ToolError> {
    args.common.start_logging(cli::PROGRAM)?;
    match &args.command {
        Command::List(args) => list::run(args),
        Command::Inspect(args) => inspect::run(args),
        Command::Get(args) => get::run(args),
        Command::Publish(args) => publish::run(args),
        Command::Schema(args) => schema::run(args),
        Command::Doctor(args) => doctor::run(args),
        Command::Export(args) => export::run(args),
        Command::Record(args) => Ok(record::run(args)?),
        Command::Replay(args) => Ok(replay::run(args)?),
        Command::Top(args) => top::run(args),
    }
}
