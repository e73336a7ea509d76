//! The bare limits: a word each way, and nothing around it.
#![allow(clippy::disallowed_types)] // bare words, without the protocol: that is the point

use super::{Endpoint, Exchange, SILENCE, SLEEP, SLEEPS, Side, spin};
use crate::Failure;
use crate::lines::Lines;
use rustix::io::Errno;
use rustix::thread::futex::{self, Flags};
use rustix::time::Timespec;
use std::path::Path;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;

/// Two words in the same file, mapped.
struct Words {
    lines: Lines,
    out: usize,
    back: usize,
}

impl Words {
    fn open(dir: &Path, exchange: Exchange, side: Side) -> Result<Self, Failure> {
        let lines = Lines::open(&dir.join(exchange.file("lines")))?;
        let (out, back) = side.numbers();
        Ok(Self { lines, out, back })
    }

    #[inline]
    fn out(&self) -> &AtomicU32 {
        self.lines.word(self.out)
    }

    #[inline]
    fn back(&self) -> &AtomicU32 {
        self.lines.word(self.back)
    }
}

/// Stores into one cache line, watches another.
pub(super) struct Spinning(Words);

impl Endpoint for Spinning {
    fn open(dir: &Path, exchange: Exchange, side: Side) -> Result<Self, Failure> {
        Words::open(dir, exchange, side).map(Self)
    }

    #[inline]
    fn send(&mut self, number: u32) -> Result<(), Failure> {
        self.0.out().store(number, Ordering::Release);
        Ok(())
    }

    #[inline]
    fn receive(&mut self, number: u32) -> Result<(), Failure> {
        spin(|| Ok(self.0.back().load(Ordering::Acquire) == number))
    }
}

/// Stores and wakes, sleeps until the other word is the same.
pub(super) struct Sleeping(Words);

impl Endpoint for Sleeping {
    fn open(dir: &Path, exchange: Exchange, side: Side) -> Result<Self, Failure> {
        Words::open(dir, exchange, side).map(Self)
    }

    #[inline]
    fn send(&mut self, number: u32) -> Result<(), Failure> {
        self.0.out().store(number, Ordering::Release);
        futex::wake(self.0.out(), Flags::empty(), 1)?;
        Ok(())
    }

    #[inline]
    fn receive(&mut self, number: u32) -> Result<(), Failure> {
        let timeout = Timespec::try_from(SLEEP)?;
        for _ in 0..SLEEPS {
            let seen = self.0.back().load(Ordering::Acquire);
            if seen == number {
                return Ok(());
            }
            match futex::wait(self.0.back(), Flags::empty(), seen, Some(&timeout)) {
                Ok(()) | Err(Errno::AGAIN | Errno::INTR | Errno::TIMEDOUT) => {}
                Err(err) => return Err(err.into()),
            }
        }
        Err(SILENCE.into())
    }
}
