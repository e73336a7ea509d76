//! The command line. Its clap definition is the one source of `--help`, completions and man pages.

use std::path::PathBuf;

use clap::Parser;
use daemon::cli::{self, CommonArgs, VERSION};

/// The name the program goes by in messages.
pub const PROGRAM: &str = "mapcast-bridge";

const AFTER_HELP: &str = "\
Examples:
  mapcast-bridge bridge.toml              export and import what the file says
  mapcast-bridge bridge.toml --check      what that would be, without doing it
  consumer bridge --once                  where each mirror comes from, and whether there is news of it
  mapcast top bridge                      all mirrors and exports

Environment:
  MAPCAST_DIR      the directory of regions that are given by name (an absolute path); else as for producer
  MAPCAST_LOG      what to log, without --log; else info, and only the errors of Zenoh
  ZENOH_RUNTIME    Zenoh's threads; else one, which links over tls/ need
  NO_COLOR         no colours; CLICOLOR_FORCE=1: colours also where there is no terminal

Under a service manager (systemd):
  NOTIFY_SOCKET    READY=1 when it runs, with or without links; STATUS= with the number of mirrors and exports
  WATCHDOG_USEC    WATCHDOG=1 from the loop that publishes
  JOURNAL_STREAM   the log goes to the journal

Signals:
  SIGTERM, SIGINT  close the mirrors, exit 0
  SIGHUP           reload CONFIG and its certificates; if they are bad, keep the old ones; regions stay open

Exit codes:
  0  done: stopped by a signal
  1  failure; one line on stderr says why, and what to do next
  2  wrong usage";

/// Mirrors regions of one host on others
///
/// CONFIG says which regions of this host are exported, from which hosts which regions are imported, and over
/// which links. A mirror is a region like any other: with the record, the schema and the instances of its source,
/// and stalled while there is no news of it.
#[derive(Clone, Debug, Parser)]
#[command(name = PROGRAM, version = VERSION, after_long_help = AFTER_HELP)]
pub struct Args {
    /// The configuration (TOML)
    ///
    /// "-" is standard input, which is read once: a reload keeps it, and takes the certificates that are there then.
    #[arg(value_name = "CONFIG", add = cli::configurations())]
    pub config: PathBuf,

    /// Print what is exported, imported and connected, and do nothing
    #[arg(long)]
    pub check: bool,

    /// Options of every program.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// The definition of the command line, for completions and man pages.
pub fn command() -> clap::Command {
    cli::command::<Args>()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::{Args, command};

    #[test]
    fn the_command_line_is_consistent_and_needs_a_configuration() {
        command().debug_assert();
        let code = |args: &[&str]| Args::try_parse_from(args).expect_err("refused").exit_code();
        assert_eq!(code(&["mapcast-bridge"]), 2);
        assert_eq!(code(&["mapcast-bridge", "--help"]), 0);
        assert_eq!(code(&["mapcast-bridge", "a.toml", "b.toml"]), 2);
    }
}
