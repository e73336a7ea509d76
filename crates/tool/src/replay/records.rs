//! Room for the records of the topics, in turn.
//!
//! Invariant: it takes at most [`MOST`] bytes beside the largest record, however many layouts a file has.

use std::collections::HashMap;
use std::sync::Arc;

use mapcast::dynamic::RecordBuf;

use super::decode::{Layout, Topic};

/// Most bytes of records.
const MOST: usize = 64 << 20;

/// A record of each layout that was used lately.
#[derive(Debug, Default)]
pub(crate) struct Records {
    /// By the address of the layout, which the record is kept with.
    by_layout: HashMap<usize, (Arc<Layout>, RecordBuf)>,
    bytes: usize,
}

impl Records {
    /// The record for a message on `topic`, with any content.
    pub(crate) fn of(&mut self, topic: &Topic) -> &mut RecordBuf {
        let layout = &topic.layout;
        let address = Arc::as_ptr(layout).addr();
        if !self.by_layout.contains_key(&address) {
            let size = layout.schema.size() as usize;
            if self.bytes + size > MOST {
                *self = Self::default();
            }
            self.bytes += size;
        }
        let new = || (Arc::clone(layout), RecordBuf::new(Arc::clone(&layout.schema)));
        &mut self.by_layout.entry(address).or_insert_with(new).1
    }
}
