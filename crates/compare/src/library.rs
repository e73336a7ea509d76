//! What a contender has to offer, and what is measured of it.

use crate::Failure;
use crate::record::Payload;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// One kind of measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Work {
    /// Publish; the caller has the time, no reader sleeps: readers poll.
    Publish,
    /// Publish, stamped with the time by the library.
    PublishClock,
    /// Publish to readers that may sleep; none does.
    PublishWake,
    /// Read the newest record; no writer runs.
    Latest,
    /// Read the newest record while a writer in another process publishes without a pause.
    Contended,
    /// Half a round trip between two processes that both poll.
    Spinning,
    /// Half a round trip between two processes that both sleep.
    Blocked,
    /// As `Publish`, to one of [`MANY`](crate::many::MANY) instances.
    PublishOne,
    /// As `Latest`, of one of them.
    LatestOne,
    /// As `Blocked`, of readers that wait for any of them.
    BlockedAny,
}

impl Work {
    /// All of them, in the order of the tables.
    pub const ALL: [Self; 10] = [
        Self::Publish,
        Self::PublishClock,
        Self::PublishWake,
        Self::Latest,
        Self::Contended,
        Self::Spinning,
        Self::Blocked,
        Self::PublishOne,
        Self::LatestOne,
        Self::BlockedAny,
    ];

    /// Those with one record.
    pub const PLAIN: [Self; 7] = {
        let [a, b, c, d, e, f, g, ..] = Self::ALL;
        [a, b, c, d, e, f, g]
    };

    /// Its name in arguments, CSV and file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::PublishClock => "publish-clock",
            Self::PublishWake => "publish-wake",
            Self::Latest => "latest",
            Self::Contended => "contended",
            Self::Spinning => "spinning",
            Self::Blocked => "blocked",
            Self::PublishOne => "publish-one",
            Self::LatestOne => "latest-one",
            Self::BlockedAny => "blocked-any",
        }
    }

    /// Its heading in a document.
    pub fn title(self) -> &'static str {
        match self {
            Self::Publish => "publish, time given, readers poll",
            Self::PublishClock => "publish, the library reads the clock",
            Self::PublishWake => "publish, readers may sleep, none does",
            Self::Latest => "latest, no writer runs",
            Self::Contended => "latest under a writer without a pause, in another process",
            Self::Spinning => "one way between two processes that poll",
            Self::Blocked => "one way between two processes that sleep",
            Self::PublishOne => "publish to one of 1,000 at random, time given, readers poll",
            Self::LatestOne => "latest of one of 1,000 at random, no writer runs",
            Self::BlockedAny => "one way to a process that sleeps until any of 1,000 changes",
        }
    }

    /// Whether the machine's own limit moves the whole record, and not a word.
    pub fn floor_moves_all(self) -> bool {
        matches!(self, Self::Publish | Self::Latest | Self::PublishOne | Self::LatestOne)
    }

    /// Whether a second process takes part.
    pub fn takes_two(self) -> bool {
        self.sleeps() || matches!(self, Self::Contended | Self::Spinning)
    }

    /// Whether readers sleep.
    pub fn sleeps(self) -> bool {
        matches!(self, Self::Blocked | Self::BlockedAny)
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Work {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        let work = Self::ALL.into_iter().find(|work| work.name() == text);
        work.ok_or_else(|| format!("no work is called {text}").into())
    }
}

/// Where one writer and its reader meet.
#[derive(Clone, Debug)]
pub struct Channel {
    /// A directory of this measurement's own, in memory.
    pub dir: PathBuf,
    /// A name within it: letters.
    pub name: &'static str,
    /// What is measured: some libraries are opened differently for readers that sleep.
    pub work: Work,
}

impl Channel {
    /// A file of this channel.
    pub fn file(&self, ending: &str) -> PathBuf {
        self.dir.join(format!("{}.{ending}", self.name))
    }
}

/// A library under test, called as its own documentation shows.
pub trait Library: Sized {
    /// Its name in the tables.
    const NAME: &'static str;

    /// What it can do.
    const WORKS: &'static [Work];

    /// Its writer.
    type Writer<R: Payload>: Publish<R>;

    /// Its reader.
    type Reader<R: Payload>: Read<R>;

    /// Creates the channel.
    fn writer<R: Payload>(channel: &Channel) -> Result<Self::Writer<R>, Failure>;

    /// Attaches to the channel, which has a writer, in this process or another.
    fn reader<R: Payload>(channel: &Channel) -> Result<Self::Reader<R>, Failure>;

    /// Both ends in one process.
    fn both<R: Payload>(channel: &Channel) -> Result<Both<Self, R>, Failure> {
        Ok((Self::writer(channel)?, Self::reader(channel)?))
    }

    /// Records of `size` bytes that fit before a publish blocks; `u64::MAX` if none does.
    fn room(size: usize) -> u64 {
        let _ = size;
        u64::MAX
    }
}

/// A writer and its reader.
pub type Both<L, R> = (<L as Library>::Writer<R>, <L as Library>::Reader<R>);

/// The publishing end.
pub trait Publish<R> {
    /// Publishes `record`; with the time, if the library keeps one, of the channel's opening.
    fn publish(&mut self, record: &R) -> Result<(), Failure>;

    /// Publishes `record` with the time of the publish.
    fn publish_with_clock(&mut self, record: &R) -> Result<(), Failure> {
        let _ = record;
        Err("does not stamp records".into())
    }
}

/// The reading end. `see` gets the record where the library puts it: a copy, or in place.
pub trait Read<R> {
    /// The newest record; `None` if there is none.
    fn latest<T>(&mut self, see: impl FnOnce(&R) -> T) -> Result<Option<T>, Failure>;

    /// The next record, or the newest one if the library keeps only that. Does not wait.
    fn next<T>(&mut self, see: impl FnOnce(&R) -> T) -> Result<Option<T>, Failure> {
        self.latest(see)
    }

    /// Sleeps until there is a next record.
    fn next_blocking<T>(&mut self, see: impl FnOnce(&R) -> T) -> Result<T, Failure> {
        let _ = see;
        Err("a reader cannot sleep".into())
    }
}
