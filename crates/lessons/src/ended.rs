//! How a process ended, in words.

use crate::Failure;
use nix::sys::signal::Signal;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// "exit code 0", or "killed by SIGBUS".
pub fn ended(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(number)) => match Signal::try_from(number) {
            Ok(signal) => format!("killed by {signal}"),
            Err(_) => format!("killed by signal {number}"),
        },
        (None, None) => status.to_string(),
    }
}

/// An error unless the process ended with exit code 0.
///
/// # Errors
/// That it did not, and how it ended.
pub fn ended_well(who: &str, status: ExitStatus) -> Result<(), Failure> {
    if status.success() { Ok(()) } else { Err(format!("{who}: {}", ended(status)).into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_signals_are_told_apart() {
        assert_eq!(ended(ExitStatus::from_raw(0)), "exit code 0");
        assert_eq!(ended(ExitStatus::from_raw(3 << 8)), "exit code 3");
        assert_eq!(ended(ExitStatus::from_raw(9)), "killed by SIGKILL");
        assert!(ended_well("child", ExitStatus::from_raw(0)).is_ok());
        let err = ended_well("child", ExitStatus::from_raw(11)).unwrap_err();
        assert_eq!(err.to_string(), "child: killed by SIGSEGV");
    }
}
