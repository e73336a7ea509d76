//! How a writer got its region, and why it could not resume the existing one.

use std::fmt;

/// How a writer got its region.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// There was none: a new one was created.
    Created,
    /// The region of an earlier writer was resumed.
    Resumed,
    /// A new region replaced one that could not be resumed.
    Replaced(Why),
}

/// Why a region could not be resumed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// It was left by an earlier boot of the machine.
    OtherBoot,
    /// It holds another record, or describes it otherwise.
    OtherSchema,
    /// It has another number of slots or instances, or another wake setting.
    OtherShape,
    /// It was marked retired by a writer that died before its successor had the name.
    Retired,
    /// A reader's lock kept the writer's from being taken.
    Locked,
    /// Its file had another name too: another user may have made the link.
    Linked,
    /// It is a snapshot, or another copy of a region's file: the original may have a writer.
    Copied,
    /// It was damaged.
    Damaged(String),
    /// More users may have it open than the new mode and group allow.
    Narrowed,
    /// It was cut short while this writer held it.
    Truncated,
    /// Its name was deleted while this writer held it.
    Deleted,
    /// It holds records of another lineage than those that are to be copied.
    OtherLineage,
    /// More numbers are left out than it has slots, less two.
    LeftOut,
}

impl Why {
    /// Whether the new file's records are of the old one's lineage: only if the old file has no other
    /// successor.
    pub(super) fn keeps_lineage(&self) -> bool {
        use Why::{LeftOut, Locked, Narrowed, OtherSchema, OtherShape, Truncated};
        matches!(self, OtherSchema | OtherShape | Locked | Narrowed | Truncated | LeftOut)
    }

    /// Whether the old file's newest record is whole, the newest of its lineage, and of this boot.
    pub(super) fn keeps_record(&self) -> bool {
        use Why::{Damaged, LeftOut, OtherBoot, OtherLineage, Retired, Truncated};
        !matches!(self, OtherBoot | Retired | Truncated | Damaged(_) | OtherLineage | LeftOut)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Created => f.write_str("created"),
            Self::Resumed => f.write_str("resumed"),
            Self::Replaced(why) => write!(f, "replaced ({why})"),
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OtherBoot => "the old one is of an earlier boot",
            Self::OtherSchema => "the old one holds another record",
            Self::OtherShape => "the old one has other slots, waking or instances",
            Self::Retired => "the old one was retired",
            Self::Locked => "a reader holds a lock on the old one",
            Self::Linked => "the old one had a second name, a hard link",
            Self::Copied => "the old one is a copy",
            Self::Damaged(what) => return write!(f, "the old one was damaged: {what}"),
            Self::Narrowed => "the old one was open to more users",
            Self::Truncated => "the old one was cut short",
            Self::Deleted => "the old one was deleted",
            Self::OtherLineage => "the old one holds records of another lineage",
            Self::LeftOut => "the old one has too few slots for the records that were left out",
        })
    }
}
