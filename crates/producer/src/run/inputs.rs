//! What wakes the loop besides signals and deadlines: inputs with lines, and regions that another
//! producer has closed.
//!
//! ```text
//!   input of region 0 ---.
//!   input of region 7 ---+--> epoll --> one descriptor for the loop's ppoll
//!   inotify of a standby-'
//! ```
//!
//! Invariant: an input is reported as long as it is readable, the event of a standby once.
//!
//! Price: nothing before the first descriptor; then one `epoll_wait` per turn in which one is readable,
//! whatever their number.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno;

/// Events taken in one turn.
const BATCH: usize = 64;

/// What is readable, with the number of its region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wake {
    /// Its input.
    Input(usize),
    /// The event of its standby.
    Standby(usize),
}

impl Wake {
    fn token(self) -> EventData {
        EventData::new_u64(match self {
            Self::Input(index) => (index as u64) << 1,
            Self::Standby(index) => (index as u64) << 1 | 1,
        })
    }

    fn of(token: EventData) -> Self {
        let index = usize::try_from(token.u64() >> 1).unwrap_or(usize::MAX);
        if token.u64() & 1 == 0 { Self::Input(index) } else { Self::Standby(index) }
    }

    /// A standby's event is not read at once, and need not be reported again.
    fn flags(self) -> EventFlags {
        match self {
            Self::Input(_) => EventFlags::IN,
            Self::Standby(_) => EventFlags::IN | EventFlags::ET,
        }
    }
}

/// The descriptors of all regions.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    /// `None`: there was no descriptor yet.
    epoll: Option<OwnedFd>,
}

impl Inputs {
    /// Reports `wake` when `fd` is readable. `false`: it is of a kind that always is.
    pub(super) fn add(&mut self, fd: BorrowedFd<'_>, wake: Wake) -> io::Result<bool> {
        let epoll = match self.epoll.take() {
            Some(epoll) => epoll,
            None => epoll::create(CreateFlags::CLOEXEC)?,
        };
        let added = epoll::add(self.epoll.insert(epoll), fd, wake.token(), wake.flags());
        match added {
            Err(Errno::PERM) => Ok(false),
            added => Ok(added.map(|()| true)?),
        }
    }

    /// Reports `fd` no more. A descriptor that is closed is forgotten without it, but standard input
    /// stays open.
    pub(super) fn forget(&self, fd: BorrowedFd<'_>) {
        if let Some(epoll) = &self.epoll {
            let _ = epoll::delete(epoll, fd); // one that always is readable was not added
        }
    }

    /// Readable if any descriptor is.
    pub(super) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.epoll.as_ref().map(AsFd::as_fd)
    }

    /// What is readable now, at most [`BATCH`].
    pub(super) fn take(&self) -> io::Result<Vec<Wake>> {
        let Some(epoll) = &self.epoll else { return Ok(Vec::new()) };
        let mut ready = Vec::with_capacity(BATCH);
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        match epoll::wait(epoll, spare_capacity(&mut ready), Some(&now)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(ready.iter().map(|event: &Event| Wake::of(event.data)).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::fd::AsFd;

    use rustix::pipe::pipe;

    use super::{Inputs, Wake};

    #[test]
    fn an_input_is_reported_while_it_is_readable_and_a_standby_once() {
        let mut inputs = Inputs::default();
        let take = |inputs: &Inputs| inputs.take().expect("events");
        assert!(inputs.fd().is_none() && take(&inputs).is_empty());
        let ((first, to_first), (second, to_second)) =
            (pipe().expect("pipe"), pipe().expect("pipe"));
        assert!(inputs.add(first.as_fd(), Wake::Input(3)).expect("added"));
        assert!(inputs.add(second.as_fd(), Wake::Standby(4)).expect("added"));
        assert_eq!(take(&inputs), []);
        rustix::io::write(&to_first, b"x").expect("write");
        rustix::io::write(&to_second, b"x").expect("write");
        let mut both = take(&inputs);
        both.sort_by_key(|wake| *wake == Wake::Standby(4));
        assert_eq!(both, [Wake::Input(3), Wake::Standby(4)]);
        assert_eq!(take(&inputs), [Wake::Input(3)]);
        inputs.forget(first.as_fd());
        assert_eq!(take(&inputs), []);
    }

    #[test]
    fn a_regular_file_is_always_readable() {
        let file = File::open("/proc/self/exe").expect("a file");
        assert!(!Inputs::default().add(file.as_fd(), Wake::Input(0)).expect("no error"));
    }
}
