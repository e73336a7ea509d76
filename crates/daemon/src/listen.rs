//! Descriptors that the parent has opened: `LISTEN_FDS`, `LISTEN_PID`, `LISTEN_FDNAMES`.
//!
//! Invariant: each descriptor is taken once, keeps its open file description (access mode, locks
//! and offset are those of the parent's), and is not passed on to a child of ours.
//!
//! ```text
//!   parent                                this process
//!   fd 3 "region"  ---- fork, exec --->   3: open, not closed on exec -> OwnedFd, closed on exec
//!   LISTEN_FDS=1 LISTEN_FDNAMES=region
//!   LISTEN_PID=<pid of the child>
//! ```
//!
//! Every number is checked before any descriptor is taken: one that was not passed is an error that
//! names it, not a file that this process has opened under that number since.
//!
//! The variables stay in the environment, which cannot be changed safely once there may be
//! threads; `LISTEN_PID` keeps every other process from taking them to be meant for it.
//!
//! Price: three system calls for each descriptor, once; unsafe code that vouches for a number.
//!
//! # Safety
//! An [`OwnedFd`] made of a number must be the only owner of it. What Rust's library and `rustix` open
//! is closed on exec, and what came through `exec` is not. So a number without that flag was not
//! opened in this process; it is given the flag when it is taken, hence taken once.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

use nix::libc;
use rustix::io::{Errno, FdFlags, fcntl_setfd};

/// The first number that is passed.
const FIRST: RawFd = 3;
/// More than any service manager passes (`FileDescriptorStoreMax=` is 16 with us).
const MOST: u32 = 1024;
/// What a descriptor without a name is called, by `sd_listen_fds(3)`.
const UNKNOWN: &str = "unknown";

/// Descriptors by name, in the order they were passed.
#[derive(Debug, Default)]
pub struct Passed {
    descriptors: Vec<(String, OwnedFd)>,
}

/// Why passed descriptors cannot be taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PassedError {
    /// A variable that does not say what it should.
    #[error("{variable}={value}: is not a number of descriptors; correct what starts this program")]
    Variable {
        /// Its name.
        variable: &'static str,
        /// What it says.
        value: String,
    },
    /// The most descriptors that are accepted.
    #[error(
        "LISTEN_FDS={value}: is more than {MOST} descriptors; correct what starts this program"
    )]
    TooMany {
        /// What it says.
        value: String,
    },
    /// Names and descriptors do not match.
    #[error(
        "LISTEN_FDNAMES names {names} and LISTEN_FDS says {descriptors}; name each descriptor once"
    )]
    Names {
        /// Names there are.
        names: usize,
        /// Descriptors there are.
        descriptors: usize,
    },
    /// A descriptor that is not open.
    #[error(
        "descriptor {number} ({name}) was not passed: {source}; correct what starts this program"
    )]
    NotOpen {
        /// The number it should have.
        number: RawFd,
        /// Its name.
        name: String,
        /// The system's answer.
        source: io::Error,
    },
    /// [`Passed::require`] found none.
    #[error(
        "no descriptor called {name:?} was passed ({have}); name it in LISTEN_FDNAMES or FileDescriptorName="
    )]
    Missing {
        /// What was asked for.
        name: String,
        /// What there is.
        have: String,
    },
}

impl Passed {
    /// Takes what was passed to this process, which can be done once: call it at the start of
    /// `main`, before anything else is opened.
    ///
    /// # Errors
    /// The variables mean this process and do not hold together.
    pub fn from_environment() -> Result<Self, PassedError> {
        let variable =
            |name: &str| std::env::var_os(name).map(|text| text.to_string_lossy().into_owned());
        let announced = announced(variable, std::process::id())?;
        let not_open = |number, name: &str, source: Errno| {
            let (name, source) = (name.to_owned(), source.into());
            PassedError::NotOpen { number, name, source }
        };
        for (number, name) in &announced {
            expect_passed(*number).map_err(|source| not_open(*number, name, source))?;
        }
        let take = |(number, name): (RawFd, String)| match take(number) {
            Ok(descriptor) => Ok((name, descriptor)),
            Err(source) => Err(not_open(number, &name, source)),
        };
        let descriptors = announced.into_iter().map(take).collect::<Result<_, _>>()?;
        Ok(Self { descriptors })
    }

    /// Takes the first descriptor called `name` out.
    pub fn take(&mut self, name: &str) -> Option<OwnedFd> {
        let at = self.descriptors.iter().position(|(has, _)| has == name)?;
        Some(self.descriptors.remove(at).1)
    }

    /// As [`take`](Self::take), where there has to be one.
    ///
    /// # Errors
    /// [`PassedError::Missing`].
    pub fn require(&mut self, name: &str) -> Result<OwnedFd, PassedError> {
        self.take(name).ok_or_else(|| {
            let names: Vec<&str> = self.descriptors.iter().map(|(name, _)| name.as_str()).collect();
            let have = if names.is_empty() { "none was".to_owned() } else { names.join(", ") };
            PassedError::Missing { name: name.to_owned(), have }
        })
    }
}

/// The numbers and names that the environment announces to process `pid`.
fn announced(
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
    let value = value.to_owned();
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    match value.parse() {
        Ok(count) if count <= MOST => Ok(count),
        _ if is_number => Err(PassedError::TooMany { value }),
        _ => Err(PassedError::Variable { variable: "LISTEN_FDS", value }),
    }
}

/// Whether `number` is open and came through `exec`, rather than being opened in this process.
fn expect_passed(number: RawFd) -> Result<(), Errno> {
    // SAFETY: F_GETFD takes any number, reads one flag of it and has no other effect.
    let flags = unsafe { libc::fcntl(number, libc::F_GETFD) };
    if flags == -1 || flags & libc::FD_CLOEXEC != 0 { Err(Errno::BADF) } else { Ok(()) }
}

/// Takes descriptor `number` over, to be closed on exec from now on.
fn take(number: RawFd) -> Result<OwnedFd, Errno> {
    expect_passed(number)?;
    // SAFETY:
    // - it is open: checked in the line above;
    // - nothing else in this process owns it: it was not opened here, and not taken before, or it
    //   would be closed on exec;
    // - it needs no more than `close` to be closed, as every descriptor.
    let descriptor = unsafe { OwnedFd::from_raw_fd(number) };
    fcntl_setfd(&descriptor, FdFlags::CLOEXEC)?;
    Ok(descriptor)
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{Read as _, Write as _};
    use std::os::fd::{AsRawFd, IntoRawFd};

    use rustix::io::{Errno, FdFlags, fcntl_dupfd_cloexec, fcntl_getfd, fcntl_setfd};

    use super::{Passed, PassedError, announced, take};

    fn announce(pairs: &[(&str, &str)]) -> Result<Vec<(i32, String)>, PassedError> {
        let find = |name: &str| pairs.iter().find(|(has, _)| *has == name);
        announced(|name| find(name).map(|(_, value)| (*value).to_owned()), 42)
    }

    #[test]
    fn a_descriptor_keeps_its_open_file_description_and_is_taken_once() {
        let dir = tempfile::tempdir().expect("directory");
        let path = dir.path().join("file");
        let mut file = File::create_new(&path).expect("file");
        file.write_all(b"abcdef").expect("write");
        let mut reader = File::open(&path).expect("open");
        reader.read_exact(&mut [0; 2]).expect("read");
        // A number that no test beside this one is given.
        let passed = fcntl_dupfd_cloexec(&reader, 900).expect("dup");
        fcntl_setfd(&passed, FdFlags::empty()).expect("flags");
        let number = passed.into_raw_fd();
        drop(reader);

        let taken = take(number).expect("taken");
        assert!(fcntl_getfd(&taken).expect("flags").contains(FdFlags::CLOEXEC));
        let mut rest = String::new();
        let mut taken = File::from(taken);
        taken.read_to_string(&mut rest).expect("read");
        assert_eq!(rest, "cdef", "the offset is part of the open file description");
        assert!(taken.write_all(b"x").is_err(), "and so is the access mode");
        assert_eq!(take(number).expect_err("taken already"), Errno::BADF);
        drop(taken);
        assert_eq!(take(number).expect_err("closed"), Errno::BADF);
    }

    #[test]
    fn what_this_process_has_opened_itself_was_not_passed() {
        let own = tempfile::tempfile().expect("file");
        assert_eq!(take(own.as_raw_fd()).expect_err("closed on exec"), Errno::BADF);
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
    fn what_is_meant_for_another_process_is_not_touched() {
        for pid in [&[("LISTEN_PID", "43"), ("LISTEN_FDS", "1")][..], &[("LISTEN_FDS", "1")]] {
            assert_eq!(announce(pid).expect("nothing"), []);
        }
        assert_eq!(announce(&[("LISTEN_PID", "42")]).expect("nothing"), []);
    }

    #[test]
    fn variables_that_do_not_hold_together_are_an_error() {
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
        assert!(error.starts_with("LISTEN_FDNAMES names 1 and LISTEN_FDS says 2; "), "{error}");
    }

    #[test]
    fn a_name_is_taken_once_and_a_missing_one_is_named() {
        let file = || tempfile::tempfile().expect("file").into();
        let descriptors = vec![("a".to_owned(), file()), ("region".to_owned(), file())];
        let mut passed = Passed { descriptors };
        assert!(passed.take("region").is_some() && passed.take("region").is_none());
        let error = passed.require("region").expect_err("taken").to_string();
        assert!(error.starts_with("no descriptor called \"region\" was passed (a); "), "{error}");
    }
}
