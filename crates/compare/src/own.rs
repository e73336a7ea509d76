//! mapcast, with a Rust struct and with a schema known at run time.

use crate::Failure;
use crate::library::{Channel, Library, Publish, Read, Work};
use crate::record::Payload;
use mapcast::{BootTime, Options, Reader, Step, Writer, dynamic};
use std::time::Duration;

const SLEEP: Duration = Duration::from_secs(1);

/// Waking costs a system call at each publish: only where readers sleep.
fn options(channel: &Channel) -> Options {
    Options::new().wake(matches!(channel.work, Work::PublishWake | Work::Blocked))
}

/// `Writer<R>`, `Reader<R>`.
#[derive(Debug)]
pub(crate) struct Typed;

/// A writer and the time that it is given.
#[derive(Debug)]
pub(crate) struct Timed<W> {
    writer: W,
    now: BootTime,
}

impl Library for Typed {
    const NAME: &'static str = "mapcast";
    const WORKS: &'static [Work] = &Work::ALL;
    type Writer<R: Payload> = Timed<Writer<R>>;
    type Reader<R: Payload> = Reader<R>;

    fn writer<R: Payload>(channel: &Channel) -> Result<Self::Writer<R>, Failure> {
        let writer = options(channel).open(channel.file("region"))?;
        Ok(Timed { writer, now: BootTime::now() })
    }

    fn reader<R: Payload>(channel: &Channel) -> Result<Reader<R>, Failure> {
        Ok(Reader::open(channel.file("region"))?)
    }
}

impl<R: Payload> Publish<R> for Timed<Writer<R>> {
    #[inline]
    fn publish(&mut self, record: &R) -> Result<(), Failure> {
        self.writer.publish_at(record, self.now)?;
        Ok(())
    }

    #[inline]
    fn publish_with_clock(&mut self, record: &R) -> Result<(), Failure> {
        self.writer.publish(record)?;
        Ok(())
    }
}

impl<R: Payload> Read<R> for Reader<R> {
    #[inline]
    fn latest<T>(&mut self, see: impl FnOnce(&R) -> T) -> Result<Option<T>, Failure> {
        // By `ref`, and without `?`: a large sample stays where the library returned it.
        match Reader::latest(self) {
            Ok(ref found) => Ok(found.as_ref().map(|sample| see(&sample.record))),
            Err(err) => Err(err.into()),
        }
    }

    #[inline]
    fn next<T>(&mut self, see: impl FnOnce(&R) -> T) -> Result<Option<T>, Failure> {
        match Reader::next(self) {
            Ok(Step::Record(ref sample)) => Ok(Some(see(&sample.record))),
            Ok(Step::Pending | Step::Missed(_)) => Ok(None),
            Err(err) => Err(err.into()),
        }
    }

    #[inline]
    fn next_blocking<T>(&mut self, see: impl FnOnce(&R) -> T) -> Result<T, Failure> {
        loop {
            match Reader::next(self) {
                Ok(Step::Record(ref sample)) => return Ok(see(&sample.record)),
                Ok(Step::Pending | Step::Missed(_)) => self.wait(SLEEP)?,
                Err(err) => return Err(err.into()),
            }
        }
    }
}

/// `dynamic::Writer`, `dynamic::Reader` and the caller's own buffer.
#[derive(Debug)]
pub(crate) struct Dynamic;

/// A reader and the buffer that it fills.
#[derive(Debug)]
pub(crate) struct Buffered<R> {
    reader: dynamic::Reader,
    buffer: Box<R>,
}

impl Library for Dynamic {
    const NAME: &'static str = "mapcast dynamic";
    const WORKS: &'static [Work] = &Work::ALL;
    type Writer<R: Payload> = Timed<dynamic::Writer>;
    type Reader<R: Payload> = Buffered<R>;

    fn writer<R: Payload>(channel: &Channel) -> Result<Self::Writer<R>, Failure> {
        let (path, options) = (channel.file("region"), options(channel));
        let writer = dynamic::Writer::open_with(path, &R::schema(), &options)?;
        Ok(Timed { writer, now: BootTime::now() })
    }

    fn reader<R: Payload>(channel: &Channel) -> Result<Buffered<R>, Failure> {
        let reader = dynamic::Reader::open(channel.file("region"))?;
        Ok(Buffered { reader, buffer: Box::new(R::numbered(0)) })
    }
}

impl<R: Payload> Publish<R> for Timed<dynamic::Writer> {
    #[inline]
    fn publish(&mut self, record: &R) -> Result<(), Failure> {
        self.writer.publish_at(bytemuck::bytes_of(record), self.now)?;
        Ok(())
    }

    #[inline]
    fn publish_with_clock(&mut self, record: &R) -> Result<(), Failure> {
        self.writer.publish(bytemuck::bytes_of(record))?;
        Ok(())
    }
}

impl<R: Payload> Read<R> for Buffered<R> {
    #[inline]
    fn latest<T>(&mut self, see: impl FnOnce(&R) -> T) -> Result<Option<T>, Failure> {
        let found = self.reader.latest(bytemuck::bytes_of_mut(&mut *self.buffer))?;
        Ok(found.map(|_| see(&self.buffer)))
    }

    #[inline]
    fn next<T>(&mut self, see: impl FnOnce(&R) -> T) -> Result<Option<T>, Failure> {
        match self.reader.next(bytemuck::bytes_of_mut(&mut *self.buffer))? {
            Step::Record(_) => Ok(Some(see(&self.buffer))),
            Step::Pending | Step::Missed(_) => Ok(None),
        }
    }

    #[inline]
    fn next_blocking<T>(&mut self, see: impl FnOnce(&R) -> T) -> Result<T, Failure> {
        loop {
            if let Step::Record(_) = self.reader.next(bytemuck::bytes_of_mut(&mut *self.buffer))? {
                return Ok(see(&self.buffer));
            }
            self.reader.wait(SLEEP)?;
        }
    }
}
