//! The command line. Its clap definition is the one source of `--help`, completions and man pages.

use clap::{Parser, Subcommand, ValueEnum};
use daemon::cli::{self, CommonArgs, VERSION};

use crate::{doctor, export, get, inspect, list, publish, record, replay, schema, top};

/// The name the program goes by in messages.
pub const PROGRAM: &str = "mapcast";

const AFTER_HELP: &str = "\
Examples:
  mapcast list                        every region that can be found by name
  mapcast list --format json          the same for a script, an object a line
  mapcast inspect host                header, fields, writer of one region
  mapcast get host load1              a value of the newest record, bare
  mapcast publish boiler burner=on    one record from a script
  mapcast schema host --as c          its record as a C struct
  mapcast doctor host                 what is wrong with it, and what to type
  mapcast export                      all regions for Prometheus, and on a page at http://127.0.0.1:9464/
  mapcast top                         all regions and their values, live

Exit codes:
  0  done
  1  failure; one line on stderr says why, and what to do next
  2  wrong usage
  3  no such region, or no record yet

Environment:
  MAPCAST_DIR      the directory of regions that are given by name (an absolute path); else $XDG_RUNTIME_DIR/mapcast or /dev/shm/mapcast-UID, then /run/mapcast and /dev/shm/mapcast; root: the last two
  MAPCAST_LOG      what to log, without --log
  NO_COLOR         no colours";

/// Lists, describes and reads the regions of this host, and publishes from scripts
///
/// A region is given by its name, by a path (with a '/'), or by the .toml that describes it. `mapcast help COMMAND`
/// describes a command.
#[derive(Clone, Debug, Parser)]
#[command(
    name = PROGRAM, version = VERSION, after_long_help = AFTER_HELP,
    subcommand_required = true, disable_help_subcommand = true
)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,

    /// Options of every program.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// What the tool does.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Lists regions: record, state, rate, age, size, writer
    List(list::Args),
    /// Describes one region: header, fields, writer
    Inspect(inspect::Args),
    /// Prints values of the newest record, for scripts
    Get(get::Args),
    /// Publishes records from arguments or lines of JSON
    Publish(publish::Args),
    /// Prints a region's record as TOML, C, Rust, Python or JSON
    Schema(schema::Args),
    /// Finds out what is wrong with regions, their files and services, and what to type
    Doctor(doctor::Args),
    /// Exports regions to Prometheus, and on a page
    Export(export::Args),
    /// Records regions into an MCAP or CSV file
    Record(record::Args),
    /// Publishes the records of an MCAP file again
    Replay(replay::Args),
    /// Shows regions and their values live, on a terminal
    Top(top::Args),
}

/// How a result is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

/// The definition of the command line, for completions and man pages.
pub fn command() -> clap::Command {
    cli::command::<Args>()
}
