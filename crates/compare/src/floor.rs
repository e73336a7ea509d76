//! What the machine itself takes: a copy, a clock, a cache line, a futex.

use crate::Failure;
use crate::library::{Channel, Library, Publish, Read, Work};
use crate::record::Payload;
use bench::lines::Lines;
use mapcast::BootTime;
use rustix::io::Errno;
use rustix::thread::futex::{self, Flags};
use rustix::time::Timespec;
use std::hint::black_box;

/// As many as every ring here has.
const SLOTS: usize = 8;

/// A copy of the record as the compiler makes it for this size.
#[derive(Debug)]
pub(crate) struct Memcpy;

/// The place that is copied to, or from.
#[derive(Debug)]
pub(crate) struct Place<R>(Box<R>);

impl Library for Memcpy {
    const NAME: &'static str = "memcpy";
    const WORKS: &'static [Work] = &[Work::Publish, Work::Latest];
    type Writer<R: Payload> = Place<R>;
    type Reader<R: Payload> = Place<R>;

    fn writer<R: Payload>(_: &Channel) -> Result<Place<R>, Failure> {
        Ok(Place(Box::new(R::numbered(0))))
    }

    fn reader<R: Payload>(_: &Channel) -> Result<Place<R>, Failure> {
        Ok(Place(Box::new(R::numbered(1))))
    }
}

impl<R: Payload> Publish<R> for Place<R> {
    #[inline(always)]
    fn publish(&mut self, record: &R) -> Result<(), Failure> {
        *self.0 = *record;
        Ok(())
    }
}

impl<R: Payload> Read<R> for Place<R> {
    #[inline(always)]
    fn latest<T>(&mut self, see: impl FnOnce(&R) -> T) -> Result<Option<T>, Failure> {
        let copy = *self.0;
        Ok(Some(see(&copy)))
    }
}

/// The same to eight places in turn, as a ring of eight slots is written.
#[derive(Debug)]
pub(crate) struct MemcpyInTurn;

/// The places, and how many copies were made.
#[derive(Debug)]
pub(crate) struct Places<R> {
    places: Box<[R]>,
    copies: usize,
}

impl Library for MemcpyInTurn {
    const NAME: &'static str = "memcpy to 8 in turn";
    const WORKS: &'static [Work] = &[Work::Publish];
    type Writer<R: Payload> = Places<R>;
    type Reader<R: Payload> = Place<R>;

    fn writer<R: Payload>(_: &Channel) -> Result<Places<R>, Failure> {
        Ok(Places { places: vec![R::numbered(0); SLOTS].into(), copies: 0 })
    }

    fn reader<R: Payload>(channel: &Channel) -> Result<Place<R>, Failure> {
        Memcpy::reader(channel)
    }
}

impl<R: Payload> Publish<R> for Places<R> {
    #[inline(always)]
    fn publish(&mut self, record: &R) -> Result<(), Failure> {
        self.places[self.copies % SLOTS] = *record;
        self.copies += 1;
        Ok(())
    }
}

/// One read of the clock that stamps records.
#[derive(Debug)]
pub(crate) struct Clock;

impl Library for Clock {
    const NAME: &'static str = "clock";
    const WORKS: &'static [Work] = &[Work::PublishClock];
    type Writer<R: Payload> = Self;
    type Reader<R: Payload> = Self;

    fn writer<R: Payload>(_: &Channel) -> Result<Self, Failure> {
        Ok(Self)
    }

    fn reader<R: Payload>(_: &Channel) -> Result<Self, Failure> {
        Ok(Self)
    }
}

impl<R> Publish<R> for Clock {
    fn publish(&mut self, _: &R) -> Result<(), Failure> {
        Err("a clock does not publish".into())
    }

    #[inline(always)]
    fn publish_with_clock(&mut self, _: &R) -> Result<(), Failure> {
        black_box(BootTime::now());
        Ok(())
    }
}

impl<R> Read<R> for Clock {
    fn latest<T>(&mut self, _: impl FnOnce(&R) -> T) -> Result<Option<T>, Failure> {
        Err("a clock has no records".into())
    }
}

/// A word in a file, and the record that it stands for. No record is copied.
#[derive(Debug)]
pub(crate) struct Word<R> {
    lines: Lines,
    record: Box<R>,
    wakes: bool,
}

impl<R: Payload> Word<R> {
    fn open(channel: &Channel) -> Result<Self, Failure> {
        let lines = Lines::open(&channel.file("line"))?;
        let wakes = matches!(channel.work, Work::PublishWake | Work::Blocked);
        Ok(Self { lines, record: Box::new(R::numbered(0)), wakes })
    }

    #[inline(always)]
    fn changed<T>(&mut self, see: impl FnOnce(&R) -> T) -> Option<T> {
        let number = self.lines.load(0);
        if number == self.record.number() {
            return None;
        }
        self.record.set_number(number);
        Some(see(&self.record))
    }
}

impl<R: Payload> Publish<R> for Word<R> {
    #[inline(always)]
    fn publish(&mut self, record: &R) -> Result<(), Failure> {
        self.lines.store(0, record.number());
        if self.wakes {
            futex::wake(self.lines.word(0), Flags::empty(), 1)?;
        }
        Ok(())
    }
}

impl<R: Payload> Read<R> for Word<R> {
    #[inline(always)]
    fn latest<T>(&mut self, see: impl FnOnce(&R) -> T) -> Result<Option<T>, Failure> {
        self.record.set_number(self.lines.load(0));
        Ok(Some(see(&self.record)))
    }

    #[inline(always)]
    fn next<T>(&mut self, see: impl FnOnce(&R) -> T) -> Result<Option<T>, Failure> {
        Ok(self.changed(see))
    }

    #[inline(always)]
    fn next_blocking<T>(&mut self, see: impl FnOnce(&R) -> T) -> Result<T, Failure> {
        let timeout = Timespec { tv_sec: 1, tv_nsec: 0 };
        let last = self.record.number();
        while self.lines.load(0) == last {
            match futex::wait(self.lines.word(0), Flags::empty(), last, Some(&timeout)) {
                Ok(()) | Err(Errno::AGAIN | Errno::INTR | Errno::TIMEDOUT) => {}
                Err(err) => return Err(err.into()),
            }
        }
        self.changed(see).ok_or_else(|| "the word went back".into())
    }
}

/// A word in a cache line that one process writes and the other polls.
#[derive(Debug)]
pub(crate) struct CacheLine;

impl Library for CacheLine {
    const NAME: &'static str = "cache line";
    const WORKS: &'static [Work] = &[Work::Contended, Work::Spinning];
    type Writer<R: Payload> = Word<R>;
    type Reader<R: Payload> = Word<R>;

    fn writer<R: Payload>(channel: &Channel) -> Result<Word<R>, Failure> {
        Word::open(channel)
    }

    fn reader<R: Payload>(channel: &Channel) -> Result<Word<R>, Failure> {
        Word::open(channel)
    }
}

/// The same word, on which the other process sleeps.
#[derive(Debug)]
pub(crate) struct Futex;

impl Library for Futex {
    const NAME: &'static str = "futex";
    const WORKS: &'static [Work] = &[Work::PublishWake, Work::Blocked];
    type Writer<R: Payload> = Word<R>;
    type Reader<R: Payload> = Word<R>;

    fn writer<R: Payload>(channel: &Channel) -> Result<Word<R>, Failure> {
        Word::open(channel)
    }

    fn reader<R: Payload>(channel: &Channel) -> Result<Word<R>, Failure> {
        Word::open(channel)
    }
}
