//! Descriptors passed by the parent, by name.
//!
//! Invariant: each descriptor is taken once, keeps its open file description (access mode, locks
//! and offset are the parent's), and is closed on exec. A number that was not passed is an error
//! that names it, never a file that this process has opened under that number since.
//!
//! ```text
//!   parent                                this process
//!   fd 3 "region"  ---- fork, exec --->   3: open, not closed on exec -> OwnedFd, closed on exec
//!   LISTEN_FDS=1 LISTEN_FDNAMES=region
//!   LISTEN_PID=<pid of the child>
//! ```
//!
//! Price: three system calls for each descriptor, once; unsafe code to own a descriptor by its
//! number.
//!
//! # Safety
//! An [`OwnedFd`] made of a number must be the only owner of it. Descriptors that Rust's library
//! and `rustix` open are closed on exec; those inherited through `exec` are not. So a number
//! without that flag was not opened in this process. The flag is set when the number is taken, so
//! it is taken once.
#![allow(unsafe_code)]

use std::os::fd::{FromRawFd, OwnedFd, RawFd};

use nix::libc;
use rustix::io::{Errno, FdFlags, fcntl_setfd};

use super::listen_fds::{PassedError, announced};
use super::passed_fd::PassedFd;

/// Descriptors by name, in the order they were passed.
#[derive(Debug, Default)]
pub struct Passed {
    descriptors: Vec<(String, OwnedFd)>,
}

impl Passed {
    /// Takes the descriptors passed to this process, which can be done once: call it at the start
    /// of `main`, before anything else is opened.
    ///
    /// # Errors
    /// The variables name this process and are inconsistent.
    pub fn from_environment() -> Result<Self, PassedError> {
        let variable =
            |name: &str| std::env::var_os(name).map(|text| text.to_string_lossy().into_owned());
        let announced = announced(variable, std::process::id())?.into_iter();
        let take = |(number, name)| match take(number) {
            Ok(descriptor) => Ok((name, descriptor)),
            Err(error) => Err(PassedError::NotOpen { number, name, source: error.into() }),
        };
        Ok(Self { descriptors: announced.map(take).collect::<Result<_, _>>()? })
    }

    /// Takes the first descriptor called `name` out.
    pub fn take(&mut self, name: &str) -> Option<PassedFd> {
        let at = self.descriptors.iter().position(|(has, _)| has == name)?;
        Some(PassedFd::new(name, self.descriptors.remove(at).1.into()))
    }

    /// As [`take`](Self::take), but a missing one is an error.
    ///
    /// # Errors
    /// [`PassedError::Missing`].
    pub fn require(&mut self, name: &str) -> Result<PassedFd, PassedError> {
        self.take(name).ok_or_else(|| {
            let names: Vec<&str> = self.descriptors.iter().map(|(name, _)| name.as_str()).collect();
            let have = if names.is_empty() { "none was".to_owned() } else { names.join(", ") };
            PassedError::Missing { name: name.to_owned(), have }
        })
    }
}

/// Takes descriptor `number` over, to be closed on exec from now on.
fn take(number: RawFd) -> Result<OwnedFd, Errno> {
    // SAFETY: F_GETFD takes any number, reads one flag of it and has no other effect.
    let flags = unsafe { libc::fcntl(number, libc::F_GETFD) };
    if flags == -1 || flags & libc::FD_CLOEXEC != 0 {
        return Err(Errno::BADF);
    }
    // SAFETY:
    // - it is open: checked above;
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

    use super::{Passed, take};

    #[test]
    fn a_descriptor_keeps_its_open_file_description_and_is_taken_once() {
        let dir = tempfile::tempdir().expect("directory");
        let path = dir.path().join("file");
        let mut file = File::create_new(&path).expect("file");
        file.write_all(b"abcdef").expect("write");
        let mut reader = File::open(&path).expect("open");
        reader.read_exact(&mut [0; 2]).expect("read");
        // A number that no other test uses.
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
    fn a_file_that_this_process_has_opened_was_not_passed() {
        let own = tempfile::tempfile().expect("file");
        assert_eq!(take(own.as_raw_fd()).expect_err("closed on exec"), Errno::BADF);
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
