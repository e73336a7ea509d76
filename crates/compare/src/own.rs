//! mapcast, with a Rust struct and with a schema known at run time.

use crate::Failure;
use crate::library::{Channel, Library, Publish, Read, Work};
use crate::record::Payload;
use mapcast::{BootTime, Options, Reader, Step, Writer, dynamic};
use std::time::Duration;

pub(crate) const SLEEP: Duration = Duration::from_secs(1);

/// Waking costs a system call at each publish: only where readers sleep.
pub(crate) fn options(channel: &Channel) -> Options {
    Options::new().wake(channel.work == Work::PublishWake || channel.work.sleeps())
}

/// `Writer<R>`, `Reader<R>`: small records by value, large ones to a place of the caller's.
#[derive(Debug)]
pub(crate) struct Typed;

/// Bytes from which a record is large, as the library's documentation has it.
const LARGE: usize = 256;

/// A writer and the time that it is given.
#[derive(Debug)]
pub(crate) struct Timed<W> {
    writer: W,
    now: BootTime,
}

impl Library for Typed {
    const NAME: &'static str = "mapcast";
    const WORKS: &'static [Work] = &Work::PLAIN;
    type Writer<R: Payload> = Timed<Writer<R>>;
    type Reader<R: Payload> = Buffered<Reader<R>, R>;

    fn writer<R: Payload>(channel: &Channel) -> Result<Self::Writer<R>, Failure> {
        let writer = options(channel).open(channel.file("region"))?;
        Ok(Timed { writer, now: BootTime::now() })
    }

    fn reader<R: Payload>(channel: &Channel) -> Result<Self::Reader<R>, Failure> {
        let reader = Reader::open(channel.file("region"))?;
        Ok(Buffered { reader, buffer: Box::new(R::numbered(0)) })
    }
}

impl<R: Payload> Publish<R> for Timed<Writer<R>> {
    #[inline(always)]
    fn publish(&mut self, record: &R) -> Result<(), Failure> {
        self.writer.publish_at(record, self.now)?;
        Ok(())
    }

    #[inline(always)]
    fn publish_with_clock(&mut self, record: &R) -> Result<(), Failure> {
        self.writer.publish(record)?;
        Ok(())
    }
}

impl<R: Payload> Read<R> for Buffered<Reader<R>, R> {
    #[inline(always)]
    fn latest<T>(&mut self, see: impl FnOnce(&R) -> T) -> Result<Option<T>, Failure> {
        if size_of::<R>() >= LARGE {
            return Ok(self.reader.latest_into(&mut self.buffer)?.map(|_| see(&self.buffer)));
        }
        Ok(self.reader.latest()?.map(|sample| see(&sample.record)))
    }

    #[inline(always)]
    fn next<T>(&mut self, see: impl FnOnce(&R) -> T) -> Result<Option<T>, Failure> {
        if size_of::<R>() >= LARGE {
            let step = self.reader.next_into(&mut self.buffer)?;
            return Ok(matches!(step, Step::Record(_)).then(|| see(&self.buffer)));
        }
        match self.reader.next()? {
            Step::Record(sample) => Ok(Some(see(&sample.record))),
            Step::Pending | Step::Missed(_) => Ok(None),
        }
    }

    #[inline(always)]
    fn next_blocking<T>(&mut self, see: impl FnOnce(&R) -> T) -> Result<T, Failure> {
        let mut see = Some(see);
        loop {
            let seen = self.next(|record| see.take().map(|see| see(record)))?;
            if let Some(seen) = seen.flatten() {
                return Ok(seen);
            }
            self.reader.wait(SLEEP)?;
        }
    }
}

/// `dynamic::Writer`, `dynamic::Reader` and the caller's own buffer.
#[derive(Debug)]
pub(crate) struct Dynamic;

/// A reader and the buffer that it fills.
#[derive(Debug)]
pub(crate) struct Buffered<S, R> {
    reader: S,
    buffer: Box<R>,
}

impl Library for Dynamic {
    const NAME: &'static str = "mapcast dynamic";
    const WORKS: &'static [Work] = &Work::PLAIN;
    type Writer<R: Payload> = Timed<dynamic::Writer>;
    type Reader<R: Payload> = Buffered<dynamic::Reader, R>;

    fn writer<R: Payload>(channel: &Channel) -> Result<Self::Writer<R>, Failure> {
        let (path, options) = (channel.file("region"), options(channel));
        let writer = dynamic::Writer::open_with(path, &R::schema(), &options)?;
        Ok(Timed { writer, now: BootTime::now() })
    }

    fn reader<R: Payload>(channel: &Channel) -> Result<Self::Reader<R>, Failure> {
        let reader = dynamic::Reader::open(channel.file("region"))?;
        Ok(Buffered { reader, buffer: Box::new(R::numbered(0)) })
    }
}

impl<R: Payload> Publish<R> for Timed<dynamic::Writer> {
    #[inline(always)]
    fn publish(&mut self, record: &R) -> Result<(), Failure> {
        self.writer.publish_at(bytemuck::bytes_of(record), self.now)?;
        Ok(())
    }

    #[inline(always)]
    fn publish_with_clock(&mut self, record: &R) -> Result<(), Failure> {
        self.writer.publish(bytemuck::bytes_of(record))?;
        Ok(())
    }
}

impl<R: Payload> Read<R> for Buffered<dynamic::Reader, R> {
    #[inline(always)]
    fn latest<T>(&mut self, see: impl FnOnce(&R) -> T) -> Result<Option<T>, Failure> {
        let found = self.reader.latest(bytemuck::bytes_of_mut(&mut *self.buffer))?;
        Ok(found.map(|_| see(&self.buffer)))
    }

    #[inline(always)]
    fn next<T>(&mut self, see: impl FnOnce(&R) -> T) -> Result<Option<T>, Failure> {
        match self.reader.next(bytemuck::bytes_of_mut(&mut *self.buffer))? {
            Step::Record(_) => Ok(Some(see(&self.buffer))),
            Step::Pending | Step::Missed(_) => Ok(None),
        }
    }

    #[inline(always)]
    fn next_blocking<T>(&mut self, see: impl FnOnce(&R) -> T) -> Result<T, Failure> {
        loop {
            if let Step::Record(_) = self.reader.next(bytemuck::bytes_of_mut(&mut *self.buffer))? {
                return Ok(see(&self.buffer));
            }
            self.reader.wait(SLEEP)?;
        }
    }
}
