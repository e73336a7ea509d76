//! mapcast, with a region of instances.

use crate::Failure;
use crate::library::{Channel, Library, Publish, Read, Work};
use crate::many::{MANY, Order};
use crate::own::{SLEEP, options};
use crate::record::Payload;
use mapcast::{BootTime, Instance, InstanceChange, InstanceReader, InstanceWriter, Step};

/// `InstanceWriter<R>`, `InstanceReader<R>`, by handles.
#[derive(Debug)]
pub(crate) struct Instances;

/// A writer and its instances.
#[derive(Debug)]
pub(crate) struct ManyWriter<R> {
    writer: InstanceWriter<R>,
    instances: Vec<Instance>,
    order: Order,
    now: BootTime,
}

/// A reader and its instances.
#[derive(Debug)]
pub(crate) struct ManyReader<R> {
    reader: InstanceReader<R>,
    instances: Vec<Instance>,
    order: Order,
}

impl Library for Instances {
    const NAME: &'static str = "mapcast";
    const WORKS: &'static [Work] = &[Work::PublishOne, Work::LatestOne, Work::BlockedAny];
    type Writer<R: Payload> = ManyWriter<R>;
    type Reader<R: Payload> = ManyReader<R>;

    fn writer<R: Payload>(channel: &Channel) -> Result<ManyWriter<R>, Failure> {
        let path = channel.file("region");
        let mut writer = options(channel).open_instances::<R>(path, MANY.into())?;
        let mut instances = Vec::new();
        for number in 0..MANY {
            let instance = writer.instance(&number.to_string())?;
            writer.publish(instance, &R::numbered(0))?;
            instances.push(instance);
        }
        Ok(ManyWriter { writer, instances, order: Order::new(), now: BootTime::now() })
    }

    fn reader<R: Payload>(channel: &Channel) -> Result<ManyReader<R>, Failure> {
        let reader = InstanceReader::open(channel.file("region"))?;
        let instances = reader.all().map(|(instance, _)| instance).collect();
        Ok(ManyReader { reader, instances, order: Order::new() })
    }
}

impl<R: Payload> Publish<R> for ManyWriter<R> {
    #[inline(always)]
    fn publish(&mut self, record: &R) -> Result<(), Failure> {
        let instance = self.instances[self.order.next()];
        self.writer.publish_at(instance, record, self.now)?;
        Ok(())
    }
}

impl<R: Payload> Read<R> for ManyReader<R> {
    #[inline(always)]
    fn latest<T>(&mut self, see: impl FnOnce(&R) -> T) -> Result<Option<T>, Failure> {
        let instance = self.instances[self.order.next()];
        Ok(self.reader.latest(instance)?.map(|sample| see(&sample.record)))
    }

    #[inline(always)]
    fn next_blocking<T>(&mut self, see: impl FnOnce(&R) -> T) -> Result<T, Failure> {
        loop {
            match self.reader.next()? {
                Step::Record(event) => {
                    if let InstanceChange::Record(sample) = event.what {
                        return Ok(see(&sample.record));
                    }
                }
                Step::Pending | Step::Missed(_) => self.reader.wait(SLEEP)?,
            }
        }
    }
}
