//! `ringfire`: a table of many seqlocks. Its readers cannot sleep.

use super::ringfire::STALLS;
use crate::Failure;
use crate::library::{Channel, Library, Publish, Read, Work};
use crate::many::{MANY, Order};
use crate::record::Payload;
use ringfire::{BlackboardConsumer, BlackboardProducer, RingfireError};

/// A table of many entries.
#[derive(Debug)]
pub(crate) struct Blackboard;

/// Its writer.
pub(crate) struct Writer<R: Copy> {
    producer: BlackboardProducer<R>,
    order: Order,
}

/// Its reader.
pub(crate) struct Reader<R: Copy> {
    consumer: BlackboardConsumer<R>,
    order: Order,
}

impl Library for Blackboard {
    const NAME: &'static str = "ringfire blackboard";
    const WORKS: &'static [Work] = &[Work::PublishOne, Work::LatestOne];
    type Writer<R: Payload> = Writer<R>;
    type Reader<R: Payload> = Reader<R>;

    fn writer<R: Payload>(channel: &Channel) -> Result<Writer<R>, Failure> {
        let path = channel.file("blackboard");
        let mut producer = BlackboardProducer::create(path, usize::from(MANY))?;
        for key in 0..usize::from(MANY) {
            producer.write(key, &R::numbered(0))?;
        }
        Ok(Writer { producer, order: Order::new() })
    }

    fn reader<R: Payload>(channel: &Channel) -> Result<Reader<R>, Failure> {
        let consumer = BlackboardConsumer::attach(channel.file("blackboard"))?;
        Ok(Reader { consumer, order: Order::new() })
    }
}

impl<R: Payload> Publish<R> for Writer<R> {
    #[inline(always)]
    fn publish(&mut self, record: &R) -> Result<(), Failure> {
        Ok(self.producer.write(self.order.next(), record)?)
    }
}

impl<R: Payload> Read<R> for Reader<R> {
    #[inline(always)]
    fn latest<T>(&mut self, see: impl FnOnce(&R) -> T) -> Result<Option<T>, Failure> {
        let key = self.order.next();
        for _ in 0..STALLS {
            match self.consumer.read(key) {
                Ok(ref found) => return Ok(found.as_ref().map(see)),
                Err(RingfireError::WriterStalled { .. }) => {}
                Err(err) => return Err(err.into()),
            }
        }
        Err("the writer was in the middle of a write each time".into())
    }
}
