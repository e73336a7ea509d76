//! Where a record comes from: its lineage, and whether that is of the running boot.
//!
//! ```text
//!   bits  63  62     61        53    52                    0
//!        [ boot   |  zero          | lineage, microseconds ]
//! ```
//!
//! One word, because `latest` copies it into each [`Publication`](crate::Publication): the two apart take
//! a load and a store more.

use layout::header::MAX_LINEAGE;
use std::fmt;

/// The first bit of what is known of the boot.
const BOOT: u32 = 62;
const UNKNOWN: u64 = 0;
const THIS: u64 = 1;
const ANOTHER: u64 = 2;
const _: () = assert!(MAX_LINEAGE < 1 << BOOT);

/// A file's lineage, and the boot that it was made in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Origin(u64);

impl Origin {
    /// `this_boot`: whether the file was made in the running boot; `None` if unknown. A `lineage` beyond
    /// [`MAX_LINEAGE`] is none that a header can have.
    pub(crate) fn new(lineage: u64, this_boot: Option<bool>) -> Self {
        debug_assert!(lineage <= MAX_LINEAGE);
        let boot = this_boot.map_or(UNKNOWN, |is_this| if is_this { THIS } else { ANOTHER });
        Self(boot << BOOT | lineage & MAX_LINEAGE)
    }

    #[inline]
    pub(crate) const fn lineage(self) -> u64 {
        self.0 & MAX_LINEAGE
    }

    /// Whether the file was made in the running boot; `None` if unknown.
    #[inline]
    pub(crate) fn is_of_this_boot(self) -> Option<bool> {
        match self.0 >> BOOT {
            UNKNOWN => None,
            boot => Some(boot == THIS),
        }
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut origin = f.debug_struct("Origin");
        origin.field("lineage", &self.lineage());
        origin.field("this_boot", &self.is_of_this_boot()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lineage_and_a_boot_are_told_apart() {
        for lineage in [0, 1, MAX_LINEAGE] {
            for this_boot in [None, Some(false), Some(true)] {
                let origin = Origin::new(lineage, this_boot);
                assert_eq!((origin.lineage(), origin.is_of_this_boot()), (lineage, this_boot));
            }
        }
    }
}
