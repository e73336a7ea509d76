//! With which record following begins.
//!
//! ```text
//!        gone        |       in the region       |  not yet published
//!   ... 92   93   94 | 95   96   ...   101   102 | 103
//!        |             |                |     |     |
//!   Sequence(93):    Oldest          Last(2)  |   Sequence(103): waits for it
//!   Missed(2), 95                          Newest
//! ```

use super::DynReader;
use channel::{Memory, Ring};

/// The record that following begins with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Begin {
    /// The newest one, or the first if there is none yet.
    #[default]
    Newest,
    /// The oldest one that is still in the region.
    Oldest,
    /// The first that was published in the region's file; records that are gone are reported as missed.
    First,
    /// The oldest of so many newest ones that is still in the region; of 0, the next one.
    Last(u64),
    /// The one with this number. Records from it on that are gone are reported as missed; one that is
    /// not published yet is waited for.
    Sequence(u64),
}

impl Begin {
    /// The record after which it begins in a ring whose first number is `base` + 1, and how many of
    /// those it asks for were published before that one: no slot shows these.
    pub(super) fn place<M: Memory>(self, ring: &Ring<M>, base: u64) -> (u64, u64) {
        let (head, least) = (ring.head(), base.saturating_add(1));
        let first = match self {
            Self::Newest => head.max(least),
            Self::Oldest => ring.oldest().max(least),
            Self::First => least,
            Self::Last(count) => {
                head.saturating_sub(count).saturating_add(1).max(ring.oldest()).max(least)
            }
            Self::Sequence(sequence) => sequence.max(1),
        };
        (first.max(least) - 1, least.saturating_sub(first))
    }
}

impl DynReader {
    /// Makes [`next`](Self::next) and [`follow`](Self::follow) begin with another record than the
    /// newest.
    ///
    /// ```
    /// # use layout::Stu;
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("stu.region");
    /// use region::{Begin, DynReader, Step, Writer};
    ///
    /// let mut writer = Writer::<Stu>::open(&path)?;
    /// for id in 10..=12 {
    ///     writer.publish(&Stu::new(id, "xiaoming", 'm'))?;
    /// }
    /// let mut reader = DynReader::open(&path)?;
    /// reader.begin(Begin::Oldest);
    /// let mut record = [0; size_of::<Stu>()];
    /// assert!(matches!(reader.next(&mut record)?, Step::Record(first) if first.sequence == 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn begin(&mut self, with: Begin) {
        let (after, missed) = with.place(&self.ring, self.mapped().header().base_sequence);
        self.missed = missed;
        self.tail = self.tail.moved_after(after);
    }
}
