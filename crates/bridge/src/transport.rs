//! What a bridge needs of a network: put, get, answer, and word of which hosts are there.
//!
//! Invariant: nothing here blocks for longer than the network takes to queue a message. A message may be lost,
//! doubled, or come after one that was sent later: see `import` for how mirrors converge all the same.
//!
//! ```text
//!   Exporter -- put, reply -->  Transport  ~~ network ~~>  Inbox --> Importer
//!   Importer -- get -------->               <~~ query ~~   Inbox --> Exporter
//! ```

use std::fmt;

use crate::keys::Key;
use crate::wire::Attachment;

/// A network, or what takes its place in tests.
pub trait Transport {
    /// Sends to all who watch the key; may be lost.
    ///
    /// # Errors
    /// [`TransportError`] if the network is closed.
    fn put(&self, key: &Key, message: &Message<'_>) -> Result<(), TransportError>;

    /// Asks those who have it for the newest of `selector`, a key or a pattern of keys; what they reply comes into
    /// the inbox.
    ///
    /// # Errors
    /// [`TransportError`] if the network is closed.
    fn get(&self, selector: &str) -> Result<(), TransportError>;

    /// Whether there is a link to any other bridge or router.
    fn is_linked(&self) -> bool;
}

/// Why the network does not take a message.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct TransportError(pub String);

/// What is sent under a key.
#[derive(Clone, Copy, Debug)]
pub enum Message<'a> {
    /// A record, and which one it is.
    Record(&'a Attachment, &'a [u8]),
    /// Anything else: an encoded digest or description. Passes records that wait.
    Other(&'a [u8]),
}

/// What has come in.
#[derive(Debug)]
pub enum Incoming {
    /// A record that was put, or is the reply to a get.
    Record(Key, Attachment, Vec<u8>),
    /// A digest or a description, still encoded.
    Other(Key, Vec<u8>),
    /// A host's bridge has come, as far as the network knows.
    Alive(String),
    /// Another bridge's get.
    Query(Box<dyn Query>),
}

/// A get of another bridge, to be answered with all that it asks for.
pub trait Query: Send + fmt::Debug {
    /// Whether it asks for this key.
    fn asks_for(&self, key: &Key) -> bool;

    /// The lineage and sequence after which it asks for each record; `None`: it asks for the newest.
    fn after(&self) -> Option<(u64, u64)>;

    /// Answers it with what this key has.
    ///
    /// # Errors
    /// [`TransportError`] if the network is closed.
    fn reply(&self, key: &Key, message: &Message<'_>) -> Result<(), TransportError>;
}
