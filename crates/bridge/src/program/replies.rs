//! Replies to gets, sent by a thread of their own.
//!
//! Invariant: the loop waits for no reply. A reply may be dropped only if its get may be (Zenoh has it so), and another
//! program's get usually may not: if that program stops reading, a reply to it waits up to 5 s for room on its link. (A
//! put of the same priority to the same link waits as long, for the lock that the reply holds.)
//!
//! Price: a thread for each session; a copy of each reply.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use zenoh::Wait;
use zenoh::query::Query;

use super::over_zenoh::failed;
use crate::transport::TransportError;

/// Most bytes of replies that wait, unless there is one only.
const MAX_BYTES: usize = 16 << 20;
/// Bytes of a reply beside its key, attachment and payload, roughly.
const EACH: usize = 512;

/// A handle to the thread, which ends when the last clone is dropped.
#[derive(Clone, Debug)]
pub(super) struct Replies {
    sender: Sender<Reply>,
    waiting: Waiting,
}

/// Bytes of the replies that wait.
#[derive(Clone, Debug, Default)]
struct Waiting(Arc<Mutex<usize>>);

/// A reply to `query`, or its end.
#[derive(Debug)]
struct Reply {
    query: Query,
    sample: Option<ReplySample>,
}

/// What a key has.
#[derive(Debug)]
pub(super) struct ReplySample {
    pub(super) key: String,
    pub(super) attachment: Option<Vec<u8>>,
    pub(super) payload: Vec<u8>,
}

impl Reply {
    fn length(&self) -> usize {
        let length = |sample: &ReplySample| {
            let attachment = sample.attachment.as_ref().map_or(0, Vec::len);
            sample.key.len() + attachment + sample.payload.len()
        };
        EACH + self.sample.as_ref().map_or(0, length)
    }
}

impl Replies {
    /// Starts the thread.
    ///
    /// # Errors
    /// [`TransportError`] if the system has no room for it.
    pub(super) fn start() -> Result<Self, TransportError> {
        let ((sender, receiver), waiting) = (channel(), Waiting::default());
        let sent = waiting.clone();
        let thread = std::thread::Builder::new().name("replies".into());
        thread.spawn(move || send_all(&receiver, &sent)).map_err(failed)?;
        Ok(Self { sender, waiting })
    }

    /// Replies to `query` when those before have been sent.
    ///
    /// # Errors
    /// [`TransportError`] if too much waits already.
    pub(super) fn send(&self, query: &Query, sample: ReplySample) -> Result<(), TransportError> {
        let reply = Reply { query: query.clone(), sample: Some(sample) };
        if !self.waiting.has_room(reply.length()) {
            tracing::debug!("a reply was dropped: too many wait");
            return Err(TransportError("too many replies wait".to_owned()));
        }
        self.put(reply);
        Ok(())
    }

    /// Ends `query` after its replies: the drop of its last clone sends the final one, which may wait as well.
    pub(super) fn end(&self, query: Query) {
        self.put(Reply { query, sample: None });
    }

    fn put(&self, reply: Reply) {
        self.waiting.add(reply.length());
        // The thread lives as long as this handle.
        let _ = self.sender.send(reply);
    }
}

fn send_all(replies: &Receiver<Reply>, waiting: &Waiting) {
    for reply in replies {
        let length = reply.length();
        let Reply { query, sample } = reply;
        if let Some(ReplySample { key, attachment, payload }) = sample
            && let Err(error) = query.reply(key, payload).attachment(attachment).wait()
        {
            tracing::debug!("a reply was not sent: {error}");
        }
        drop(query);
        waiting.take(length);
    }
}

impl Waiting {
    /// Whether there is room for `length` bytes. The loop alone adds.
    fn has_room(&self, length: usize) -> bool {
        let waiting = *self.bytes();
        waiting == 0 || waiting + length <= MAX_BYTES
    }

    fn add(&self, length: usize) {
        *self.bytes() += length;
    }

    fn take(&self, length: usize) {
        *self.bytes() -= length;
    }

    fn bytes(&self) -> MutexGuard<'_, usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_bounded_and_one_alone_may_be_longer() {
        let waiting = Waiting::default();
        assert!(waiting.has_room(2 * MAX_BYTES));
        waiting.add(2 * MAX_BYTES);
        assert!(!waiting.has_room(1));
        waiting.take(2 * MAX_BYTES);
        waiting.add(MAX_BYTES - 1);
        assert!(waiting.has_room(1) && !waiting.has_room(2));
    }
}
