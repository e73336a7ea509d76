//! Waiting for any of many regions at once: `futex_waitv` on the words that their writers wake.
//!
//! Invariant: a wait does not begin, or ends, if one of the regions has something newer than the number that the caller
//! has taken of it.
//!
//! Price: a mapping for each region, and no descriptor; one system call for up to [`MAX_WATCHED`] of them. Linux 5.16.
#![allow(clippy::disallowed_types)] // a plain counter between two threads

use super::DynReader;
use crate::error::RegionError;
use crate::mapped_region::MappedRegion;
use crate::mapping::{Access, FutexWord};
use crate::wait;
use channel::{Blocks, Ring};
use rustix::io::Errno;
use rustix::thread::ClockId;
use rustix::thread::futex::{self, Flags, Wait, WaitFlags, WaitPtr, WaitvFlags};
use rustix::time::{Timespec, clock_gettime};
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// The largest number of regions of one [`wait_any`]: the kernel takes 128 words, one of which is the bell's.
pub const MAX_WATCHED: usize = 127;

/// A region that a thread waits for while another one has its reader.
#[derive(Debug)]
pub struct Watch {
    ring: Ring<MappedRegion>,
}

impl DynReader {
    /// The file that is attached now, to be waited for with others by [`wait_any`].
    ///
    /// # Errors
    /// [`Io`](crate::RegionErrorKind::Io) if it cannot be mapped once more.
    pub fn watch(&self) -> Result<Watch, RegionError> {
        let mapped = MappedRegion::map(&self.file, self.path(), self.header(), Access::Read)?;
        Ok(Watch { ring: self.ring.over(mapped) })
    }
}

impl Watch {
    /// The number of the newest record, or of the newest change of instances.
    pub fn newest(&self) -> u64 {
        let blocks = self.ring.memory().blocks();
        blocks.map_or_else(|| self.ring.head(), |blocks| blocks.changes().newest())
    }

    /// Whether its writer wakes those who wait, and the file is as long as it was.
    pub fn can_wake(&self) -> bool {
        self.ring.memory().wakes() && self.ring.memory().is_whole()
    }

    /// Whether it is the file that this reader has attached now.
    pub fn is_of(&self, reader: &DynReader) -> bool {
        self.ring.memory().header() == reader.header()
    }

    fn word(&self) -> &FutexWord {
        self.ring.memory().futex_word()
    }
}

/// Ends the wait of another thread. Clones are the same one.
#[derive(Clone, Debug, Default)]
pub struct Bell(Arc<FutexWord>);

impl Bell {
    /// How many times it has rung: to be taken before a wait.
    pub fn rung(&self) -> u32 {
        self.0.load(Ordering::Acquire)
    }

    /// Ends the wait of a thread that has taken the number before, also if that has not begun yet.
    pub fn ring(&self) {
        self.0.fetch_add(1, Ordering::Release);
        // An error means that no thread waits.
        let _ = futex::wake(&self.0, Flags::empty(), u32::MAX >> 1);
    }
}

/// Sleeps until one of the first [`MAX_WATCHED`] regions has something newer than the number with it, the bell has rung
/// since `rung` was taken, or `timeout` has passed. May return early.
///
/// # Errors
/// The kernel is older than Linux 5.16, or a sandbox refuses the call: look again and again instead.
pub fn wait_any<'a>(
    watched: impl IntoIterator<Item = (&'a Watch, u64)>,
    bell: &Bell,
    rung: u32,
    timeout: Duration,
) -> io::Result<()> {
    let watched = watched.into_iter().take(MAX_WATCHED);
    let words = watched.map(|(watch, known)| wait_on(watch.word(), wait::futex_value(known)));
    let words: Vec<Wait> = words.chain([wait_on(&bell.0, rung)]).collect();
    let until = after(timeout);
    match futex::waitv(&words, WaitvFlags::empty(), Some(&until), ClockId::Monotonic) {
        Err(error @ (Errno::NOSYS | Errno::PERM)) => Err(error.into()),
        // EAGAIN, EINTR, ETIMEDOUT, and EFAULT of a file that was cut: each means "look".
        Ok(_) | Err(_) => Ok(()),
    }
}

fn wait_on(word: &FutexWord, value: u32) -> Wait {
    let mut wait = Wait::new();
    wait.val = value.into();
    wait.uaddr = WaitPtr::new(std::ptr::from_ref(word).cast_mut().cast());
    wait.flags = WaitFlags::SIZE_U32;
    wait
}

/// The time of the monotonic clock after `timeout`.
fn after(timeout: Duration) -> Timespec {
    let now = clock_gettime(ClockId::Monotonic);
    let nanos = now.tv_nsec + i64::from(timeout.subsec_nanos());
    let seconds = i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX / 2);
    Timespec {
        tv_sec: now.tv_sec.saturating_add(seconds).saturating_add(nanos / 1_000_000_000),
        tv_nsec: nanos % 1_000_000_000,
    }
}
