//! The same through regions: a writer here, a reader there, and the other way round.
//!
//! The time of each publication is the caller's; reading the clock is measured by itself.

use super::{Endpoint, Exchange, SILENCE, SLEEP, SLEEPS, Side, spin};
use crate::Failure;
use crate::records::{Buffer, blob, number_of, schema, set_number};
use layout::Stu;
use region::{BootTime, DynReader, DynWriter, Options, Reader, Step, Writer};
use std::path::{Path, PathBuf};

/// Where a side's own region is, and where the other's.
fn paths(dir: &Path, exchange: Exchange, side: Side) -> (PathBuf, PathBuf) {
    let (ours, theirs) = side.names();
    (dir.join(exchange.file(ours)), dir.join(exchange.file(theirs)))
}

/// `Writer<Stu>` and `Reader<Stu>::next`, spinning.
pub(super) struct Typed {
    writer: Writer<Stu>,
    record: Stu,
    reader: Option<Reader<Stu>>,
}

impl Endpoint for Typed {
    fn open(dir: &Path, exchange: Exchange, side: Side) -> Result<Self, Failure> {
        let writer = Writer::open_with(&paths(dir, exchange, side).0, &Options::new().wake(false))?;
        Ok(Self { writer, record: Stu::new(0, "xiaoming", 'm'), reader: None })
    }

    fn connect(&mut self, dir: &Path, exchange: Exchange, side: Side) -> Result<(), Failure> {
        self.reader = Some(Reader::open(&paths(dir, exchange, side).1)?);
        Ok(())
    }

    #[inline]
    fn send(&mut self, number: u32) -> Result<(), Failure> {
        self.record.id = number.cast_signed();
        self.writer.publish_at(&self.record, BootTime::from_nanos(number.into()))?;
        Ok(())
    }

    #[inline]
    fn receive(&mut self, number: u32) -> Result<(), Failure> {
        let reader = self.reader.as_mut().ok_or("not connected yet")?;
        spin(|| match reader.next()? {
            Step::Record(sample) => expect(sample.record.id.cast_unsigned(), number),
            Step::Pending => Ok(false),
            Step::Missed(_) => Err("a record was missed".into()),
        })
    }
}

/// A writer and a reader of records whose size is known at run time only.
struct Pair {
    writer: DynWriter,
    record: Buffer,
    reader: Option<DynReader>,
    buffer: Buffer,
}

impl Pair {
    fn open(
        dir: &Path,
        exchange: Exchange,
        side: Side,
        options: &Options,
    ) -> Result<Self, Failure> {
        let bytes = exchange.size();
        let path = paths(dir, exchange, side).0;
        let writer = DynWriter::open_with(&path, &schema(bytes)?, options)?;
        Ok(Self { writer, record: blob(bytes, 0), reader: None, buffer: Buffer::new(bytes) })
    }

    fn connect(&mut self, dir: &Path, exchange: Exchange, side: Side) -> Result<(), Failure> {
        self.reader = Some(DynReader::open(&paths(dir, exchange, side).1)?);
        Ok(())
    }

    #[inline]
    fn send(&mut self, number: u32) -> Result<(), Failure> {
        set_number(self.record.bytes_mut(), number);
        self.writer.publish_at(self.record.bytes(), BootTime::from_nanos(number.into()))?;
        Ok(())
    }

    #[inline]
    fn look(&mut self, number: u32) -> Result<bool, Failure> {
        let reader = self.reader.as_mut().ok_or("not connected yet")?;
        match reader.next(self.buffer.bytes_mut())? {
            Step::Record(_) => expect(number_of(self.buffer.bytes()), number),
            Step::Pending => Ok(false),
            Step::Missed(_) => Err("a record was missed".into()),
        }
    }
}

/// The record that came must be the one that was sent.
#[inline]
fn expect(found: u32, number: u32) -> Result<bool, Failure> {
    if found == number { Ok(true) } else { Err("another record came than was sent".into()) }
}

/// `DynReader::next`, spinning.
pub(super) struct Spinning(Pair);

impl Endpoint for Spinning {
    fn open(dir: &Path, exchange: Exchange, side: Side) -> Result<Self, Failure> {
        Pair::open(dir, exchange, side, &Options::new().wake(false)).map(Self)
    }

    fn connect(&mut self, dir: &Path, exchange: Exchange, side: Side) -> Result<(), Failure> {
        self.0.connect(dir, exchange, side)
    }

    #[inline]
    fn send(&mut self, number: u32) -> Result<(), Failure> {
        self.0.send(number)
    }

    #[inline]
    fn receive(&mut self, number: u32) -> Result<(), Failure> {
        spin(|| self.0.look(number))
    }
}

/// `DynReader::next`, and `wait` while there is nothing.
pub(super) struct Sleeping(Pair);

impl Endpoint for Sleeping {
    fn open(dir: &Path, exchange: Exchange, side: Side) -> Result<Self, Failure> {
        Pair::open(dir, exchange, side, &Options::new()).map(Self)
    }

    fn connect(&mut self, dir: &Path, exchange: Exchange, side: Side) -> Result<(), Failure> {
        self.0.connect(dir, exchange, side)
    }

    #[inline]
    fn send(&mut self, number: u32) -> Result<(), Failure> {
        self.0.send(number)
    }

    #[inline]
    fn receive(&mut self, number: u32) -> Result<(), Failure> {
        for _ in 0..SLEEPS {
            if self.0.look(number)? {
                return Ok(());
            }
            self.0.reader.as_ref().ok_or("not connected yet")?.wait(SLEEP)?;
        }
        Err(SILENCE.into())
    }
}
