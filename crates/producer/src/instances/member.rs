//! One instance: its values, and what has become of them.

use layout::RecordBuf;
use region::BootTime;

use crate::input::{Keys, LineError};
use crate::records::Values;
use crate::sources::Sources;

/// What the region has of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing: it joins with its next record.
    New,
    /// Its name, or a record of another configuration.
    Joined,
    /// A record with the values of each field.
    Published,
}

/// One instance.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) values: Values,
    /// What lines have had for it.
    pub(super) keys: Keys,
    /// When a line named it last, counted in lines; 0: never.
    pub(super) turn: u64,
    /// When that was; `None`: never.
    pub(super) named_at: Option<BootTime>,
    pub(super) standing: Standing,
    /// Whether it holds values that were not published.
    pub(super) is_pending: bool,
    /// Whether its rates have just had their first reading, so that they have a value at the next tick.
    pub(super) waits: bool,
    /// Whether it was logged that its record is not whole yet.
    pub(super) is_logged: bool,
}

impl Member {
    /// One without values from lines.
    pub(super) fn new(sources: Sources, keys: Keys) -> Self {
        Self {
            values: Values::of(sources),
            keys,
            turn: 0,
            named_at: None,
            standing: Standing::Joined,
            is_pending: false,
            waits: false,
            is_logged: false,
        }
    }

    /// Reads a line. `true`: each field has a value now.
    pub(super) fn read(
        &mut self,
        line: &[u8],
        keep_going: &mut dyn FnMut() -> bool,
    ) -> Result<bool, LineError> {
        let is_complete = self.values.read_line(line, &mut self.keys, keep_going)?;
        self.is_pending |= is_complete;
        self.named_at = Some(BootTime::now());
        Ok(is_complete)
    }

    /// Continues with the values of its newest record in the region, which was published `at`, where no
    /// line has given it others.
    pub(super) fn restore(&mut self, newest: &RecordBuf, at: BootTime) {
        let is_named = self.named_at.is_some();
        self.values.restore(newest, at, &mut self.keys);
        self.is_pending = is_named;
        self.standing = if is_named { Standing::Joined } else { Standing::Published };
    }

    /// Continues where `earlier` was, one of the same name under another configuration, and where lines had no
    /// value, with the one `there`, which has that of the region.
    pub(super) fn carry_over(&mut self, earlier: Self, there: Option<&Self>) {
        let pairs = self.values.carry_over(earlier.values);
        self.keys.carry_over(&earlier.keys, &pairs);
        if let Some((there, at)) =
            there.and_then(|there| Some((there, there.values.published_at()?)))
        {
            self.values.restore(there.values.record(), at, &mut self.keys);
        }
        self.standing = match earlier.standing {
            Standing::Published if !self.keys.is_complete() => Standing::Joined,
            standing => standing,
        };
        (self.is_pending, self.waits) = (false, earlier.waits);
        self.named_at = earlier.named_at;
    }
}
