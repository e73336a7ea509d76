//! The five exit codes of every program of the project.
//!
//! Invariant: the numbers are an interface for scripts and service managers; their meaning never
//! changes.

use std::process::ExitCode;

/// The exit codes, as documented in every `--help`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum Exit {
    /// The work is done, or a signal requested the stop. A copy or a snapshot that a signal stopped is
    /// [`Failure`](Self::Failure): there is no file.
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
    /// The exit status of the process.
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
    fn clap_exits_with_our_code_for_wrong_usage() {
        let error = clap::Command::new("x").try_get_matches_from(["x", "--no"]).expect_err("bad");
        assert_eq!(error.exit_code(), i32::from(Exit::Usage.code()));
    }
}
