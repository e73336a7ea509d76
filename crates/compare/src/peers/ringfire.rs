//! `ringfire`: a table of seqlocks (blackboard), and a ring.

use crate::Failure;
use crate::library::{Channel, Library, Publish, Read, Work};
use crate::record::Payload;
use ringfire::{
    BlackboardConsumer, BlackboardProducer, FutexWait, RingConsumer, RingProducer, RingfireError,
};

/// As many as mapcast's default, so that the caches favour neither.
const SLOTS: u64 = 8;

/// How often a reader tries again after 100 ms, in which the cell was being written each time it
/// looked: its writer has lost the processor, or is faster than a copy of the record.
pub(super) const STALLS: usize = 10;

/// A table with one entry.
#[derive(Debug)]
pub(crate) struct Blackboard;

/// Its writer.
pub(crate) struct BlackboardWriter<R: Copy>(BlackboardProducer<R>);

/// Its reader.
pub(crate) struct BlackboardReader<R: Copy>(BlackboardConsumer<R>);

impl Library for Blackboard {
    const NAME: &'static str = "ringfire blackboard";
    const WORKS: &'static [Work] = &[Work::Publish, Work::Latest, Work::Contended, Work::Spinning];
    type Writer<R: Payload> = BlackboardWriter<R>;
    type Reader<R: Payload> = BlackboardReader<R>;

    fn writer<R: Payload>(channel: &Channel) -> Result<BlackboardWriter<R>, Failure> {
        let producer = BlackboardProducer::create(channel.file("blackboard"), 1)?;
        Ok(BlackboardWriter(producer))
    }

    fn reader<R: Payload>(channel: &Channel) -> Result<BlackboardReader<R>, Failure> {
        Ok(BlackboardReader(BlackboardConsumer::attach(channel.file("blackboard"))?))
    }
}

impl<R: Payload> Publish<R> for BlackboardWriter<R> {
    #[inline(always)]
    fn publish(&mut self, record: &R) -> Result<(), Failure> {
        Ok(self.0.write(0, record)?)
    }
}

impl<R: Payload> Read<R> for BlackboardReader<R> {
    #[inline(always)]
    fn latest<T>(&mut self, see: impl FnOnce(&R) -> T) -> Result<Option<T>, Failure> {
        for _ in 0..STALLS {
            match self.0.read(0) {
                Ok(ref found) => return Ok(found.as_ref().map(see)),
                Err(RingfireError::WriterStalled { .. }) => {}
                Err(err) => return Err(err.into()),
            }
        }
        Err("the writer was in the middle of a write each time".into())
    }
}

/// A ring that overwrites its oldest record.
#[derive(Debug)]
pub(crate) struct Ring;

/// Its writer.
pub(crate) struct RingWriter<R: Copy + 'static>(RingProducer<R>);

/// Its reader.
pub(crate) struct RingReader<R: Copy + 'static>(RingConsumer<R>);

impl Library for Ring {
    const NAME: &'static str = "ringfire ring";
    // It has no call for the newest record.
    const WORKS: &'static [Work] =
        &[Work::Publish, Work::PublishWake, Work::Spinning, Work::Blocked];
    type Writer<R: Payload> = RingWriter<R>;
    type Reader<R: Payload> = RingReader<R>;

    fn writer<R: Payload>(channel: &Channel) -> Result<RingWriter<R>, Failure> {
        Ok(RingWriter(RingProducer::create(channel.file("ring"), SLOTS)?))
    }

    fn reader<R: Payload>(channel: &Channel) -> Result<RingReader<R>, Failure> {
        Ok(RingReader(RingConsumer::attach(channel.file("ring"))?))
    }
}

impl<R: Payload> Publish<R> for RingWriter<R> {
    #[inline(always)]
    fn publish(&mut self, record: &R) -> Result<(), Failure> {
        self.0.push(record);
        Ok(())
    }
}

impl<R: Payload> Read<R> for RingReader<R> {
    fn latest<T>(&mut self, _: impl FnOnce(&R) -> T) -> Result<Option<T>, Failure> {
        Err("the ring has no call for the newest record".into())
    }

    #[inline(always)]
    fn next<T>(&mut self, see: impl FnOnce(&R) -> T) -> Result<Option<T>, Failure> {
        Ok(self.0.try_recv().as_ref().map(see))
    }

    #[inline(always)]
    fn next_blocking<T>(&mut self, see: impl FnOnce(&R) -> T) -> Result<T, Failure> {
        Ok(see(&self.0.recv_blocking(&mut FutexWait::default())))
    }
}
