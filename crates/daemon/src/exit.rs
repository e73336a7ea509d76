//! How a program ends: five exit codes, the same in every tool of the project.
//!
//! Invariant: the numbers are a promise to scripts and service managers; they never change meaning.

use std::process::ExitCode;

/// The exit codes, as documented in every `--help`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum Exit {
    /// The work was done, or a signal asked for an orderly end.
    Done = 0,
    /// Something failed; one line on stderr has the fact and the next step.
    Failure = 1,
    /// The command line was wrong (clap uses the same number).
    Usage = 2,
    /// There was no region, or no value in the time allowed.
    NoValue = 3,
    /// The region is not in a state, or its newest record not of an age, that was asked for.
    Unhealthy = 4,
}

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

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn the_numbers_are_the_documented_ones() {
        let codes = [Exit::Done, Exit::Failure, Exit::Usage, Exit::NoValue, Exit::Unhealthy];
        assert_eq!(codes.map(Exit::code), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn clap_ends_wrong_usage_with_our_number() {
        let error = clap::Command::new("x").try_get_matches_from(["x", "--no"]).expect_err("bad");
        assert_eq!(error.exit_code(), i32::from(Exit::Usage.code()));
    }
}
