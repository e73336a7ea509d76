//! The environment by which descriptors are passed: `LISTEN_FDS`, `LISTEN_PID`, `LISTEN_FDNAMES`.
//!
//! Invariant: descriptors announced to another process are ignored; inconsistent variables for this
//! process are an error that names the variable.
//!
//! The variables stay in the environment, which cannot be changed safely once there may be threads;
//! because of `LISTEN_PID` no other process uses them.

use std::io;
use std::os::fd::RawFd;

use layout::text::counted;

/// The number of the first passed descriptor.
const FIRST: RawFd = 3;
/// Most descriptors that are accepted, more than any service manager passes
/// (`FileDescriptorStoreMax=` is 16 in our units).
const MOST: u32 = 1024;
/// The name of a descriptor without one, by `sd_listen_fds(3)`.
const UNKNOWN: &str = "unknown";

/// Why passed descriptors cannot be taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PassedError {
    /// `LISTEN_FDS` is not a number.
    #[error("LISTEN_FDS={0}: is not a number of descriptors; correct what starts this program")]
    NotANumber(String),
    /// `LISTEN_FDS` is more than the most descriptors that are accepted.
    #[error("LISTEN_FDS={0}: is more than {MOST} descriptors; correct what starts this program")]
    TooMany(String),
    /// Names and descriptors do not match.
    #[error(
        "LISTEN_FDNAMES has {} and LISTEN_FDS is {descriptors}; name each descriptor once",
        counted(*names, "name")
    )]
    Names {
        /// Number of names.
        names: usize,
        /// Number of descriptors.
        descriptors: usize,
    },
    /// A descriptor that is not open.
    #[error(
        "descriptor {number} ({name}) was not passed: {source}; correct what starts this program"
    )]
    NotOpen {
        /// Its announced number.
        number: RawFd,
        /// Its name.
        name: String,
        /// The system's error.
        source: io::Error,
    },
    /// [`Passed::require`](crate::Passed::require) found none.
    #[error(
        "no descriptor called {name:?} was passed ({have}); name it in LISTEN_FDNAMES or FileDescriptorName="
    )]
    Missing {
        /// The name that was required.
        name: String,
        /// The names that were passed.
        have: String,
    },
}

/// The numbers and names that the environment announces to process `pid`.
pub(super) fn announced(
    variable: impl Fn(&str) -> Option<String>,
    pid: u32,
) -> Result<Vec<(RawFd, String)>, PassedError> {
    // An unset or unreadable LISTEN_PID means that the descriptors are not for us.
    if variable("LISTEN_PID").and_then(|text| text.parse().ok()) != Some(pid) {
        return Ok(Vec::new());
    }
    let Some(value) = variable("LISTEN_FDS") else { return Ok(Vec::new()) };
    let count = number(&value)?;
    let names: Vec<String> = match variable("LISTEN_FDNAMES") {
        Some(names) => names.split(':').map(str::to_owned).collect(),
        None => (0..count).map(|_| UNKNOWN.to_owned()).collect(),
    };
    let descriptors = count as usize;
    if names.len() != descriptors && count > 0 {
        return Err(PassedError::Names { names: names.len(), descriptors });
    }
    Ok((FIRST..).zip(names).take(descriptors).collect())
}

/// The number of descriptors in `LISTEN_FDS`.
fn number(value: &str) -> Result<u32, PassedError> {
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    match value.parse() {
        Ok(count) if count <= MOST => Ok(count),
        _ if is_number => Err(PassedError::TooMany(value.to_owned())),
        _ => Err(PassedError::NotANumber(value.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::{PassedError, announced};

    fn announce(pairs: &[(&str, &str)]) -> Result<Vec<(i32, String)>, PassedError> {
        let find = |name: &str| pairs.iter().find(|(has, _)| *has == name);
        announced(|name| find(name).map(|(_, value)| (*value).to_owned()), 42)
    }

    #[test]
    fn descriptors_have_their_names_in_order() {
        let pairs = [("LISTEN_PID", "42"), ("LISTEN_FDS", "3"), ("LISTEN_FDNAMES", "a:region:")];
        let got = announce(&pairs).expect("announced");
        assert_eq!(got, [(3, "a".to_owned()), (4, "region".to_owned()), (5, String::new())]);
        let got = announce(&pairs[..2]).expect("announced");
        assert!(got.iter().all(|(_, name)| name == "unknown") && got.len() == 3, "{got:?}");
    }

    #[test]
    fn descriptors_for_another_process_are_ignored() {
        for pid in [&[("LISTEN_PID", "43"), ("LISTEN_FDS", "1")][..], &[("LISTEN_FDS", "1")]] {
            assert_eq!(announce(pid).expect("nothing"), []);
        }
        assert_eq!(announce(&[("LISTEN_PID", "42")]).expect("nothing"), []);
    }

    #[test]
    fn inconsistent_variables_are_an_error() {
        let no_number = "is not a number of descriptors";
        for (count, why) in [
            ("-1", no_number),
            ("many", no_number),
            ("", no_number),
            ("1025", "is more than 1024 descriptors"),
            ("99999999999", "is more than 1024 descriptors"),
        ] {
            let error = announce(&[("LISTEN_PID", "42"), ("LISTEN_FDS", count)]).expect_err("bad");
            let want = format!("LISTEN_FDS={count}: {why}; ");
            assert!(error.to_string().starts_with(&want), "{error}");
        }
        let names = [("LISTEN_PID", "42"), ("LISTEN_FDS", "2"), ("LISTEN_FDNAMES", "a")];
        let error = announce(&names).expect_err("one name for two").to_string();
        assert!(error.starts_with("LISTEN_FDNAMES has 1 name and LISTEN_FDS is 2; "), "{error}");
    }
}
