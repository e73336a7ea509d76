//! `iceoryx2`: a blackboard, and publish-subscribe, whose sleeping readers need an event beside it.
//!
//! Its files are in the measurement's own directory. Its shared memory is in /dev/shm under a prefix
//! of the measurement's own, so that what a killed process leaves there can be removed.
//!
//! Price: the functions that open a service are large, and inlined once for each caller they take the
//! compiler minutes: `inline(never)`.

use crate::Failure;
use crate::library::{Channel, Library, Publish, Read, Work};
use crate::record::Payload;
use ::iceoryx2::port::listener::Listener;
use ::iceoryx2::port::notifier::Notifier;
use ::iceoryx2::port::publisher::Publisher;
use ::iceoryx2::port::reader::EntryHandle;
use ::iceoryx2::port::subscriber::Subscriber;
use ::iceoryx2::port::writer::EntryHandleMut;
use ::iceoryx2::prelude::*;
use ::iceoryx2::sample::Sample;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

pub(super) type Service = ipc::Service;

const KEY: u32 = 0;
pub(super) const SLEEP: Duration = Duration::from_secs(1);

/// The start of the names of what this measurement puts in /dev/shm.
fn prefix(channel: &Channel) -> Result<String, Failure> {
    let name = channel.dir.file_name().ok_or("a directory has a name")?;
    Ok(format!("{}_", name.to_string_lossy()))
}

pub(super) fn node(channel: &Channel) -> Result<Node<Service>, Failure> {
    set_log_level(LogLevel::Error);
    let mut config = Config::default();
    config.global.set_root_path(&Path::new(channel.dir.as_os_str().as_bytes())?);
    config.global.prefix = FileName::new(prefix(channel)?.as_bytes())?;
    Ok(NodeBuilder::new().config(&config).create()?)
}

pub(super) fn name(channel: &Channel) -> Result<ServiceName, Failure> {
    Ok(channel.name.try_into()?)
}

/// A blackboard with one entry.
#[derive(Debug)]
pub(crate) struct Blackboard;

/// Its writer.
pub(crate) struct BlackboardWriter<R: Payload> {
    entry: EntryHandleMut<Service, u32, R>,
    _node: Node<Service>,
}

/// Its reader.
pub(crate) struct BlackboardReader<R: Payload> {
    entry: EntryHandle<Service, u32, R>,
    _node: Node<Service>,
}

impl Library for Blackboard {
    const NAME: &'static str = "iceoryx2 blackboard";
    const WORKS: &'static [Work] = &[Work::Publish, Work::Latest, Work::Contended, Work::Spinning];
    type Writer<R: Payload> = BlackboardWriter<R>;
    type Reader<R: Payload> = BlackboardReader<R>;

    #[inline(never)]
    fn writer<R: Payload>(channel: &Channel) -> Result<BlackboardWriter<R>, Failure> {
        let node = node(channel)?;
        let service = node
            .service_builder(&name(channel)?)
            .blackboard_creator::<u32>()
            .add::<R>(KEY, R::numbered(0))
            .create()?;
        let entry = service.writer_builder().create()?.entry::<R>(&KEY)?;
        Ok(BlackboardWriter { entry, _node: node })
    }

    #[inline(never)]
    fn reader<R: Payload>(channel: &Channel) -> Result<BlackboardReader<R>, Failure> {
        let node = node(channel)?;
        let service = node.service_builder(&name(channel)?).blackboard_opener::<u32>().open()?;
        let entry = service.reader_builder().create()?.entry::<R>(&KEY)?;
        Ok(BlackboardReader { entry, _node: node })
    }
}

impl<R: Payload> Publish<R> for BlackboardWriter<R> {
    #[inline(always)]
    fn publish(&mut self, record: &R) -> Result<(), Failure> {
        self.entry.update_with_copy(*record);
        Ok(())
    }
}

impl<R: Payload> Read<R> for BlackboardReader<R> {
    #[inline(always)]
    fn latest<T>(&mut self, see: impl FnOnce(&R) -> T) -> Result<Option<T>, Failure> {
        Ok(Some(see(&*self.entry.get())))
    }
}

/// Publish-subscribe that keeps the newest record.
#[derive(Debug)]
pub(crate) struct PublishSubscribe;

/// A publisher; where readers sleep, also what wakes them.
pub(crate) struct Sender<R: Payload> {
    publisher: Publisher<Service, R, ()>,
    notifier: Option<Notifier<Service>>,
    _node: Node<Service>,
}

/// A subscriber and the record that it holds.
pub(crate) struct Receiver<R: Payload> {
    subscriber: Subscriber<Service, R, ()>,
    listener: Option<Listener<Service>>,
    last: Option<Sample<Service, R, ()>>,
    _node: Node<Service>,
}

fn sleeps(channel: &Channel) -> bool {
    matches!(channel.work, Work::PublishWake | Work::Blocked)
}

impl Library for PublishSubscribe {
    const NAME: &'static str = "iceoryx2 pub-sub";
    const WORKS: &'static [Work] = &[
        Work::Publish,
        Work::PublishWake,
        Work::Latest,
        Work::Contended,
        Work::Spinning,
        Work::Blocked,
    ];
    type Writer<R: Payload> = Sender<R>;
    type Reader<R: Payload> = Receiver<R>;

    #[inline(never)]
    fn writer<R: Payload>(channel: &Channel) -> Result<Sender<R>, Failure> {
        let node = node(channel)?;
        let service = node
            .service_builder(&name(channel)?)
            .publish_subscribe::<R>()
            .subscriber_max_buffer_size(1)
            .open_or_create()?;
        let publisher = service.publisher_builder().create()?;
        let mut notifier = None;
        if sleeps(channel) {
            let event = node.service_builder(&name(channel)?).event().open_or_create()?;
            notifier = Some(event.notifier_builder().create()?);
        }
        Ok(Sender { publisher, notifier, _node: node })
    }

    #[inline(never)]
    fn reader<R: Payload>(channel: &Channel) -> Result<Receiver<R>, Failure> {
        let node = node(channel)?;
        let service = node
            .service_builder(&name(channel)?)
            .publish_subscribe::<R>()
            .subscriber_max_buffer_size(1)
            .open_or_create()?;
        let subscriber = service.subscriber_builder().create()?;
        let mut listener = None;
        if sleeps(channel) {
            let event = node.service_builder(&name(channel)?).event().open_or_create()?;
            listener = Some(event.listener_builder().create()?);
        }
        Ok(Receiver { subscriber, listener, last: None, _node: node })
    }
}

impl<R: Payload> Publish<R> for Sender<R> {
    #[inline(always)]
    fn publish(&mut self, record: &R) -> Result<(), Failure> {
        self.publisher.loan_uninit()?.write_payload(*record).send()?;
        if let Some(notifier) = &self.notifier {
            notifier.notify()?;
        }
        Ok(())
    }
}

impl<R: Payload> Read<R> for Receiver<R> {
    #[inline(always)]
    fn latest<T>(&mut self, see: impl FnOnce(&R) -> T) -> Result<Option<T>, Failure> {
        if let Some(sample) = self.subscriber.receive()? {
            self.last = Some(sample);
        }
        Ok(self.last.as_ref().map(|sample| see(sample)))
    }

    #[inline(always)]
    fn next<T>(&mut self, see: impl FnOnce(&R) -> T) -> Result<Option<T>, Failure> {
        Ok(self.subscriber.receive()?.map(|sample| see(&sample)))
    }

    #[inline(always)]
    fn next_blocking<T>(&mut self, see: impl FnOnce(&R) -> T) -> Result<T, Failure> {
        loop {
            if let Some(sample) = self.subscriber.receive()? {
                return Ok(see(&sample));
            }
            let listener = self.listener.as_ref().ok_or("opened without a listener")?;
            listener.timed_wait(|_| {}, SLEEP)?;
        }
    }
}
