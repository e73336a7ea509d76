//! Descriptors that the parent has opened: `LISTEN_FDS`, `LISTEN_PID`, `LISTEN_FDNAMES`.
//!
//! Invariant: each descriptor is taken once, keeps its open file description (access mode, locks
//! and offset are those of the parent's), and is not passed on to a child of ours.
//!
//! ```text
//!   parent                                this process
//!   fd 3 "region"  ---- fork, exec --->   3 --socketpair, SCM_RIGHTS--> OwnedFd, CLOEXEC
//!   LISTEN_FDS=1 LISTEN_FDNAMES=region    3 is closed
//!   LISTEN_PID=<pid of the child>
//! ```
//!
//! A number becomes an [`OwnedFd`] by sending it to ourselves: the kernel makes the new descriptor,
//! so no unsafe code has to vouch for a number out of the environment, and one that is not open is
//! an error. Opening `/proc/self/fd/N` would make another open file description instead, and
//! `pidfd_getfd` is refused by `SystemCallFilter=@system-service`.
//!
//! The variables stay in the environment, which cannot be changed safely once there may be
//! threads; `LISTEN_PID` keeps every other process from taking them to be meant for it.
//!
//! Price: four system calls for each descriptor, once.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixDatagram;

use nix::sys::socket::{ControlMessage, MsgFlags, UnixAddr, sendmsg};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};

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
    #[error("{variable}={value}: is no number of descriptors; correct what starts this program")]
    Variable {
        /// Its name.
        variable: &'static str,
        /// What it says.
        value: String,
    },
    /// Names and descriptors do not match.
    #[error("LISTEN_FDNAMES has {names} names for {descriptors} descriptors; name each of them")]
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
        let take = |(number, name): (RawFd, String)| match take(number) {
            Ok(descriptor) => Ok((name, descriptor)),
            Err(source) => Err(PassedError::NotOpen { number, name, source }),
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
    let number = |name: &'static str| {
        variable(name).map(|value| {
            let bad = |_| PassedError::Variable { variable: name, value: value.clone() };
            value.parse::<u32>().map_err(bad)
        })
    };
    // A pid that cannot be read is not ours; neither is one that is not said.
    if number("LISTEN_PID").and_then(Result::ok) != Some(pid) {
        return Ok(Vec::new());
    }
    let Some(count) = number("LISTEN_FDS").transpose()? else { return Ok(Vec::new()) };
    if count > MOST {
        let value = count.to_string();
        return Err(PassedError::Variable { variable: "LISTEN_FDS", value });
    }
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

/// Takes descriptor `number` over: another number for the same open file description, closed on
/// exec, and `number` itself closed.
fn take(number: RawFd) -> io::Result<OwnedFd> {
    let (from, to) = UnixDatagram::pair()?;
    let text = [IoSlice::new(b"x")];
    let rights = [ControlMessage::ScmRights(&[number])];
    sendmsg::<UnixAddr>(from.as_raw_fd(), &text, &rights, MsgFlags::empty(), None)?;
    let taken = receive(&to)?;
    nix::unistd::close(number)?;
    Ok(taken)
}

fn receive(from: impl AsFd) -> io::Result<OwnedFd> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    recvmsg(from, &mut [IoSliceMut::new(&mut byte)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
    let descriptor = control.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut rights) => rights.next(),
        _ => None,
    });
    // The kernel drops it when this process has no number left for it.
    descriptor.ok_or_else(|| io::Error::other("too many open files"))
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{Read as _, Write as _};
    use std::os::fd::IntoRawFd;

    use rustix::io::{FdFlags, fcntl_dupfd_cloexec, fcntl_getfd};

    use super::{Passed, PassedError, announced, take};

    fn announce(pairs: &[(&str, &str)]) -> Result<Vec<(i32, String)>, PassedError> {
        let find = |name: &str| pairs.iter().find(|(has, _)| *has == name);
        announced(|name| find(name).map(|(_, value)| (*value).to_owned()), 42)
    }

    #[test]
    fn a_descriptor_keeps_its_open_file_description_and_loses_its_number() {
        let dir = tempfile::tempdir().expect("directory");
        let path = dir.path().join("file");
        let mut file = File::create_new(&path).expect("file");
        file.write_all(b"abcdef").expect("write");
        let mut reader = File::open(&path).expect("open");
        reader.read_exact(&mut [0; 2]).expect("read");
        // A number that no test beside this one is given after it was closed.
        let number = fcntl_dupfd_cloexec(&reader, 900).expect("dup").into_raw_fd();
        drop(reader);

        let taken = take(number).expect("taken");
        assert!(fcntl_getfd(&taken).expect("flags").contains(FdFlags::CLOEXEC));
        let mut rest = String::new();
        let mut taken = File::from(taken);
        taken.read_to_string(&mut rest).expect("read");
        assert_eq!(rest, "cdef", "the offset is part of the open file description");
        assert!(taken.write_all(b"x").is_err(), "and so is the access mode");
        let again = take(number).expect_err("closed").raw_os_error();
        assert_eq!(again, Some(nix::libc::EBADF));
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
        for count in ["-1", "many", "99999", "99999999999"] {
            let error = announce(&[("LISTEN_PID", "42"), ("LISTEN_FDS", count)]).expect_err("bad");
            let want = format!("LISTEN_FDS={count}: is no number of descriptors");
            assert!(error.to_string().starts_with(&want), "{error}");
        }
        let names = [("LISTEN_PID", "42"), ("LISTEN_FDS", "2"), ("LISTEN_FDNAMES", "a")];
        let error = announce(&names).expect_err("one name for two").to_string();
        assert!(error.starts_with("LISTEN_FDNAMES has 1 names for 2 descriptors"), "{error}");
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
