//! Replies to gets, sent by a thread of their own.
//!
//! Invariant: the loop waits for no reply. A reply may be dropped only if its get may be (Zenoh has it so), and another
//! program's get usually may not: if that program stops reading, a reply to it waits up to 5 s for room on its link. (A
//! put of the same priority to the same link waits as long, for the lock that the reply holds.)
//!
//! Price: a thread for each session; a copy of each reply.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use zenoh::Wait;
use zenoh::query::Query;

use super::over_zenoh::failed;
use crate::transport::TransportError;

/// Most bytes of replies that wait, unless there is one only.
const MAX_BYTES: usize = 16 << 20;

/// The way to the thread; it ends with the last clone.
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
        let length = sample.payload.len();
        if !self.waiting.add(length) {
            return Err(TransportError("too many replies wait".to_owned()));
        }
        let sent = self.sender.send(Reply { query: query.clone(), sample: Some(sample) });
        sent.map_err(|_| TransportError("the thread of replies has ended".to_owned()))
    }

    /// Ends `query` after its replies. Its last clone tells so to whoever asked, which may wait, too.
    pub(super) fn end(&self, query: Query) {
        // Without a thread it ends here.
        let _ = self.sender.send(Reply { query, sample: None });
    }
}

fn send_all(replies: &Receiver<Reply>, waiting: &Waiting) {
    for Reply { query, sample } in replies {
        let Some(ReplySample { key, attachment, payload }) = sample else { continue };
        let length = payload.len();
        if let Err(error) = query.reply(key, payload).attachment(attachment).wait() {
            tracing::debug!("a reply was not sent: {error}");
        }
        waiting.take(length);
    }
}

impl Waiting {
    /// Adds `length` bytes; `false`: there is no room.
    fn add(&self, length: usize) -> bool {
        let mut bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let has_room = *bytes == 0 || *bytes + length <= MAX_BYTES;
        if has_room {
            *bytes += length;
        }
        has_room
    }

    fn take(&self, length: usize) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) -= length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_bounded_and_one_alone_may_be_longer() {
        let waiting = Waiting::default();
        assert!(waiting.add(2 * MAX_BYTES) && !waiting.add(1));
        waiting.take(2 * MAX_BYTES);
        assert!(waiting.add(MAX_BYTES - 1) && waiting.add(1) && !waiting.add(1));
    }
}
