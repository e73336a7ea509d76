//! What the network has delivered and the loop has not taken yet.
//!
//! Invariant: of two records of one key only the newer one is kept, and of two copies of one record the later, whose
//! description may be another. So a loop that is late takes the newest, and what is kept is bounded however much other
//! hosts send. Records for lossless mirrors are all kept.
//!
//! Price: a lock for each message; a copy of its bytes.

use std::collections::{HashMap, VecDeque};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::event::{EventfdFlags, eventfd};

use settings::Import;

use crate::keys::Key;
use crate::transport::Incoming;
use crate::wire::{Attachment, Digest};

/// Most records kept, each of another key.
const MAX_RECORDS: usize = 65_536;
/// Most bytes of them and of digests and descriptions.
const MAX_BYTES: usize = 64 << 20;
/// Most messages that are no records.
const MAX_OTHERS: usize = 4096;

/// The inbox, shared by the network's threads and the loop.
#[derive(Clone, Debug)]
pub struct Inbox {
    content: Arc<Mutex<Content>>,
    /// Readable while there may be something to take.
    event: Arc<OwnedFd>,
}

#[derive(Debug, Default)]
struct Content {
    records: HashMap<Key, (Attachment, Vec<u8>)>,
    /// Those for lossless mirrors, in the order in which they came.
    copies: Vec<(Key, Attachment, Vec<u8>)>,
    /// Which imports are lossless.
    lossless: Arc<[Import]>,
    bytes: usize,
    others: VecDeque<Incoming>,
    refused: u64,
    dropped: u64,
}

/// What was taken out of an inbox.
#[derive(Debug, Default)]
pub struct Taken {
    /// What has come in, records last.
    pub incoming: Vec<Incoming>,
    /// Messages that were no bridge's.
    pub refused: u64,
    /// Messages for which there was no room.
    pub dropped: u64,
}

impl Inbox {
    /// An empty one.
    ///
    /// # Errors
    /// That of `eventfd`.
    pub fn new() -> std::io::Result<Self> {
        let event = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Self { content: Arc::default(), event: Arc::new(event) })
    }

    /// From now on keeps each record for the lossless ones of these imports.
    pub fn keep_all(&self, imports: &[Import]) {
        let lossless = imports.iter().filter(|import| import.lossless.is_some()).cloned();
        self.lock().lossless = lossless.collect();
    }

    /// Puts in what was sent under `key`. Called by the network's threads.
    pub fn deliver(&self, key: &str, attachment: Option<&[u8]>, payload: Vec<u8>) {
        let incoming = match (Key::parse(key), attachment) {
            (Some(key @ Key::Record(..)), Some(attachment)) => {
                Attachment::decode(attachment, &payload)
                    .ok()
                    .map(|attachment| Incoming::Record(key, attachment, payload))
            }
            (Some(Key::Digest(_)), _) if payload.len() > Digest::MAX_LEN => None,
            (Some(key @ (Key::Digest(_) | Key::Description(_))), _) => {
                Some(Incoming::Other(key, payload))
            }
            _ => None,
        };
        match incoming {
            Some(incoming) => self.push(incoming),
            None => self.lock().refused += 1,
        }
    }

    /// Puts in a message.
    pub fn push(&self, incoming: Incoming) {
        self.lock().push(incoming);
        self.wake();
    }

    /// Ends the loop's wait.
    pub fn wake(&self) {
        // EAGAIN: it is readable already.
        let _ = rustix::io::write(&*self.event, &1_u64.to_le_bytes());
    }

    /// Takes everything out.
    pub fn take(&self) -> Taken {
        // First, so that what comes after this makes it readable again. EAGAIN: it was not.
        let _ = rustix::io::read(&*self.event, &mut [0; 8]);
        let taken = self.lock().take();
        let Content { records, copies, others, refused, dropped, .. } = taken;
        let records =
            records.into_iter().map(|(key, (attachment, bytes))| (key, attachment, bytes));
        let records = copies.into_iter().chain(records);
        let records =
            records.map(|(key, attachment, bytes)| Incoming::Record(key, attachment, bytes));
        Taken { incoming: others.into_iter().chain(records).collect(), refused, dropped }
    }

    fn lock(&self) -> MutexGuard<'_, Content> {
        // Nothing in here panics half-way.
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Content {
    /// All of it; which imports are lossless stays.
    fn take(&mut self) -> Self {
        let lossless = Arc::clone(&self.lossless);
        std::mem::replace(self, Self { lossless, ..Self::default() })
    }

    fn is_copied(&self, key: &Key) -> bool {
        let Key::Record(source, None) = key else { return false };
        self.lossless.iter().any(|import| import.matches(&source.host, &source.name))
    }

    fn push(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Record(key, attachment, bytes) => self.push_record(key, attachment, bytes),
            other => self.push_other(other),
        }
    }

    fn push_other(&mut self, other: Incoming) {
        let bytes = if let Incoming::Other(_, bytes) = &other { bytes.len() } else { 0 };
        let after = self.bytes + bytes;
        if self.others.len() >= MAX_OTHERS || after > MAX_BYTES {
            self.dropped += 1;
            return;
        }
        self.bytes = after;
        self.others.push_back(other);
    }

    fn push_record(&mut self, key: Key, attachment: Attachment, bytes: Vec<u8>) {
        if self.is_copied(&key) {
            return self.push_copy(key, attachment, bytes);
        }
        let held = self.records.get(&key);
        if held.is_some_and(|(held, _)| held.id > attachment.id) {
            return;
        }
        let after = self.bytes - held.map_or(0, |(_, bytes)| bytes.len()) + bytes.len();
        if (held.is_none() && self.records.len() >= MAX_RECORDS) || after > MAX_BYTES {
            self.dropped += 1;
            return;
        }
        self.bytes = after;
        self.records.insert(key, (attachment, bytes));
    }

    /// One for which there is no room is asked for again.
    fn push_copy(&mut self, key: Key, attachment: Attachment, bytes: Vec<u8>) {
        let after = self.bytes + bytes.len();
        if self.copies.len() >= MAX_RECORDS || after > MAX_BYTES {
            self.dropped += 1;
            return;
        }
        self.bytes = after;
        self.copies.push((key, attachment, bytes));
    }
}

impl AsFd for Inbox {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.event.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Readers, RecordId};

    fn record(inbox: &Inbox, key: &str, sequence: u64, bytes: usize) {
        let id = RecordId { lineage: 1, order: 0, sequence };
        let len = u32::try_from(bytes).expect("short");
        let attachment =
            Attachment { len, description: 0, id, time: 0, missed: 0, readers: Readers::default() };
        inbox.deliver(key, Some(&attachment.encode()), vec![0; bytes]);
    }

    #[test]
    fn of_one_key_the_newest_record_is_kept() {
        let inbox = Inbox::new().expect("eventfd");
        for sequence in [1, 3, 2] {
            record(&inbox, "mapcast/1/a/b", sequence, 4);
        }
        let taken = inbox.take();
        let [Incoming::Record(_, attachment, _)] = &taken.incoming[..] else { panic!("{taken:?}") };
        assert_eq!(attachment.id.sequence, 3);
        assert!(inbox.take().incoming.is_empty());
    }

    #[test]
    fn each_record_for_a_lossless_mirror_is_kept_in_the_order_in_which_they_came() {
        let text = "[bridge]\nhost = \"b\"\nlisten = \"tcp/127.0.0.1:1\"\n[[import]]\nfrom = \"a\"\nname = \"*\"\nlossless = 9\n";
        let settings = settings::BridgeSettings::parse(text, "inbox").expect("settings");
        let inbox = Inbox::new().expect("eventfd");
        inbox.keep_all(&settings.imports);
        for _ in 0..2 {
            for sequence in [1, 3, 2] {
                record(&inbox, "mapcast/1/a/b", sequence, 4);
                record(&inbox, "mapcast/1/c/b", sequence, 4);
            }
            let taken = inbox.take();
            let sequences = taken.incoming.iter().map(|incoming| match incoming {
                Incoming::Record(_, attachment, _) => attachment.id.sequence,
                other => panic!("{other:?}"),
            });
            assert_eq!(sequences.collect::<Vec<_>>(), [1, 3, 2, 3]);
        }
    }

    #[test]
    fn what_no_bridge_sends_is_counted_and_not_kept() {
        let inbox = Inbox::new().expect("eventfd");
        inbox.deliver("mapcast/1/a/b", None, Vec::new());
        inbox.deliver("mapcast/1/a/b", Some(b"short"), Vec::new());
        inbox.deliver("other/key", Some(&[]), Vec::new());
        inbox.deliver("mapcast/1/a/@alive", None, Vec::new());
        let taken = inbox.take();
        assert_eq!((taken.incoming.len(), taken.refused), (0, 4));
    }

    #[test]
    fn a_host_that_sends_without_end_fills_no_memory() {
        let inbox = Inbox::new().expect("eventfd");
        for number in 0..80 {
            record(&inbox, &format!("mapcast/1/a/b{number}"), 1, 1 << 20);
        }
        for _ in 0..MAX_OTHERS + 3 {
            inbox.deliver("mapcast/1/a/@digest", None, Vec::new());
        }
        let taken = inbox.take();
        assert_eq!(taken.incoming.len(), 64 + MAX_OTHERS);
        assert_eq!(taken.dropped, 16 + 3);
    }

    #[test]
    fn long_descriptions_and_digests_fill_no_memory() {
        let inbox = Inbox::new().expect("eventfd");
        for _ in 0..80 {
            inbox.deliver("mapcast/1/a/b/@schema", None, vec![0; 1 << 20]);
        }
        let taken = inbox.take();
        assert_eq!((taken.incoming.len(), taken.dropped), (64, 16));
        inbox.deliver("mapcast/1/a/@digest", None, vec![0; Digest::MAX_LEN]);
        inbox.deliver("mapcast/1/a/@digest", None, vec![0; Digest::MAX_LEN + 1]);
        let taken = inbox.take();
        assert_eq!((taken.incoming.len(), taken.refused), (1, 1));
    }
}
