//! One instance: its values, and what has become of them.

use crate::input::{Keys, LineError};
use crate::records::Values;
use crate::sources::Sources;

/// One instance.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) values: Values,
    /// What lines have had for it.
    pub(super) keys: Keys,
    /// When a line named it last, counted in lines.
    pub(super) turn: u64,
    pub(super) is_published: bool,
    /// Whether it holds values that were not published.
    pub(super) is_pending: bool,
    /// Whether its rates have just had their first reading, so that they have a value at the next tick.
    pub(super) waits: bool,
}

impl Member {
    /// One without values from lines.
    pub(super) fn new(sources: Sources, keys: Option<&Keys>) -> Self {
        let keys = keys.cloned().unwrap_or_else(|| Keys::new([]));
        let values = Values::of(sources);
        Self { values, keys, turn: 0, is_published: false, is_pending: false, waits: false }
    }

    /// Reads a line. `true`: each field has a value now.
    pub(super) fn read(
        &mut self,
        line: &[u8],
        keep_going: &mut dyn FnMut() -> bool,
    ) -> Result<bool, LineError> {
        let is_complete = self.values.read_line(line, &mut self.keys, keep_going)?;
        self.is_pending |= is_complete;
        Ok(is_complete)
    }
}
