//! How a program ends: four exit codes, the same in every tool of the project.
//!
//! Invariant: the numbers are a promise to scripts and service managers; they never change meaning.

use std::process::{ExitCode, Termination};

/// The exit codes, as documented in every `--help`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum Exit {
    /// The work was done, or a signal asked for an orderly end.
    Done = 0,
    /// Something failed; one line on stderr says what and what to do next.
    Failure = 1,
    /// The command line was wrong (clap uses the same number).
    Usage = 2,
    /// There was no region, or no value in the time allowed.
    NoValue = 3,
}

/// The section of `--help` that lists the exit codes of a program that reads regions.
pub const HELP: &str = "Exit codes:
  0  done, or stopped by a signal
  1  failure; one line on stderr says what and what to do next
  2  wrong usage
  3  no region, or no value in time";

/// The section of `--help` that lists the exit codes of a program that never waits for a value.
pub const HELP_WITHOUT_VALUE: &str = "Exit codes:
  0  done, or stopped by a signal
  1  failure; one line on stderr says what and what to do next
  2  wrong usage";

impl Exit {
    /// The number the process ends with.
    pub const fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use super::{Exit, HELP, HELP_WITHOUT_VALUE};

    #[test]
    fn the_numbers_are_the_documented_ones() {
        let codes = [Exit::Done, Exit::Failure, Exit::Usage, Exit::NoValue].map(Exit::code);
        assert_eq!(codes, [0, 1, 2, 3]);
    }

    #[test]
    fn help_lists_every_code_once() {
        let listed: Vec<&str> =
            HELP.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
        assert_eq!(listed, ["0", "1", "2", "3"]);
        assert!(HELP.starts_with(HELP_WITHOUT_VALUE));
    }

    #[test]
    fn clap_ends_wrong_usage_with_our_number() {
        let error = clap::Command::new("x").try_get_matches_from(["x", "--no"]).expect_err("bad");
        assert_eq!(error.exit_code(), i32::from(Exit::Usage.code()));
    }
}
