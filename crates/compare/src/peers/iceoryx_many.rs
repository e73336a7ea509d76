//! `iceoryx2`: a blackboard with many entries. Its sleeping readers need an event beside it, whose
//! number says which entry was written.

use super::iceoryx::{SLEEP, Service, name, node};
use crate::Failure;
use crate::library::{Channel, Library, Publish, Read, Work};
use crate::many::{MANY, Order};
use crate::record::Payload;
use ::iceoryx2::port::listener::Listener;
use ::iceoryx2::port::notifier::Notifier;
use ::iceoryx2::port::reader::EntryHandle;
use ::iceoryx2::port::writer::EntryHandleMut;
use ::iceoryx2::prelude::*;

/// The number of an event is the key of the entry.
const EVENTS: usize = MANY as usize;

/// A blackboard with many entries.
#[derive(Debug)]
pub(crate) struct Blackboard;

/// Its writer.
pub(crate) struct Writer<R: Payload> {
    entries: Vec<EntryHandleMut<Service, u32, R>>,
    notifier: Option<Notifier<Service>>,
    order: Order,
    _node: Node<Service>,
}

/// Its reader, and the entries that were written and not read yet.
pub(crate) struct Reader<R: Payload> {
    entries: Vec<EntryHandle<Service, u32, R>>,
    written: Vec<usize>,
    listener: Option<Listener<Service>>,
    order: Order,
    _node: Node<Service>,
}

impl Library for Blackboard {
    const NAME: &'static str = "iceoryx2 blackboard";
    const WORKS: &'static [Work] = &[Work::PublishOne, Work::LatestOne, Work::BlockedAny];
    type Writer<R: Payload> = Writer<R>;
    type Reader<R: Payload> = Reader<R>;

    #[inline(never)]
    fn writer<R: Payload>(channel: &Channel) -> Result<Writer<R>, Failure> {
        let node = node(channel)?;
        let mut creator = node.service_builder(&name(channel)?).blackboard_creator::<u32>();
        for key in 0..u32::from(MANY) {
            creator = creator.add::<R>(key, R::numbered(0));
        }
        let port = creator.create()?.writer_builder().create()?;
        let mut entries = Vec::new();
        for key in 0..u32::from(MANY) {
            entries.push(port.entry::<R>(&key)?);
        }
        let mut notifier = None;
        if channel.work.sleeps() {
            let event = node.service_builder(&name(channel)?).event();
            let event = event.event_id_max_value(EVENTS).open_or_create()?;
            notifier = Some(event.notifier_builder().create()?);
        }
        Ok(Writer { entries, notifier, order: Order::new(), _node: node })
    }

    #[inline(never)]
    fn reader<R: Payload>(channel: &Channel) -> Result<Reader<R>, Failure> {
        let node = node(channel)?;
        let service = node.service_builder(&name(channel)?).blackboard_opener::<u32>().open()?;
        let port = service.reader_builder().create()?;
        let mut entries = Vec::new();
        for key in 0..u32::from(MANY) {
            entries.push(port.entry::<R>(&key)?);
        }
        let mut listener = None;
        if channel.work.sleeps() {
            let event = node.service_builder(&name(channel)?).event();
            let event = event.event_id_max_value(EVENTS).open_or_create()?;
            listener = Some(event.listener_builder().create()?);
        }
        let (written, order) = (Vec::new(), Order::new());
        Ok(Reader { entries, written, listener, order, _node: node })
    }
}

impl<R: Payload> Publish<R> for Writer<R> {
    #[inline(always)]
    fn publish(&mut self, record: &R) -> Result<(), Failure> {
        let key = self.order.next();
        self.entries[key].update_with_copy(*record);
        if let Some(notifier) = &self.notifier {
            notifier.notify_with_custom_event_id(EventId::new(key))?;
        }
        Ok(())
    }
}

impl<R: Payload> Read<R> for Reader<R> {
    #[inline(always)]
    fn latest<T>(&mut self, see: impl FnOnce(&R) -> T) -> Result<Option<T>, Failure> {
        Ok(Some(see(&*self.entries[self.order.next()].get())))
    }

    #[inline(always)]
    fn next_blocking<T>(&mut self, see: impl FnOnce(&R) -> T) -> Result<T, Failure> {
        loop {
            if let Some(entry) = self.written.pop() {
                return Ok(see(&*self.entries[entry].get()));
            }
            let listener = self.listener.as_ref().ok_or("opened without a listener")?;
            let written = &mut self.written;
            let note = |event: EventActivation| written.push(event.id.as_value());
            listener.timed_wait(note, SLEEP)?;
        }
    }
}
