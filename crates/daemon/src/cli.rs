//! The parts of a command line that both daemons have.

use clap::Args;

use crate::logging::{self, LogError, LogFilter, LogFormat};

/// What `--version` prints after the program's name, with the project: the programs' names are
/// common words.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (mapcast)");

/// Options every program has; use it with `#[command(flatten)]`.
#[allow(clippy::doc_markdown)] // the text of `--help`, where backticks would be printed
#[derive(Args, Clone, Debug, Default)]
pub struct CommonArgs {
    /// What to log: off, error, warn, info, debug or trace
    ///
    /// A level for everything, and MODULE=LEVEL for single modules: "warn,region=debug". Without
    /// the option the environment variable MAPCAST_LOG applies, else info.
    #[arg(long, value_name = "LEVEL")]
    pub log: Option<LogFilter>,

    /// How to log: "auto" writes to the journal under systemd, else text
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = LogFormat::Auto)]
    pub log_format: LogFormat,
}

impl CommonArgs {
    /// Starts logging as `program`: see [`logging::init`].
    pub fn start_logging(&self, program: &'static str) -> Result<(), LogError> {
        logging::init(program, self.log.as_ref(), self.log_format)
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args, Command};

    use super::{CommonArgs, VERSION};

    #[test]
    fn a_bad_level_is_wrong_usage() {
        let command = CommonArgs::augment_args(Command::new("x").version(VERSION));
        let error = command.clone().try_get_matches_from(["x", "--log", "loud"]).expect_err("bad");
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains("\"loud\" is not a log level"), "{error}");
        command.try_get_matches_from(["x", "--log", "warn,region=trace"]).expect("good");
    }
}
