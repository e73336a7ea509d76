//! Who may read a region on its host: the permissions of its file for group and others.
//!
//! Invariant: of a mode of the mirror's own it takes some away, and adds none.

use super::input::Refusal;

/// Those bits of a mode.
const BITS: u8 = 0o77;

/// The permissions for group and others. Without any, the region is its owner's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Readers(u8);

impl Readers {
    /// All users.
    pub const EVERYBODY: Self = Self(BITS);

    /// Those of a file of this mode.
    pub fn of_mode(mode: u32) -> Self {
        Self(mode.to_le_bytes()[0] & BITS)
    }

    /// Those that are both in these and in `others`.
    #[must_use]
    pub fn and(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }

    /// The mode of a mirror that could have `mode`, and is read by no others than its source.
    pub fn within(self, mode: u32) -> u32 {
        mode & !u32::from(BITS & !self.0)
    }

    pub(super) fn bits(self) -> u8 {
        self.0
    }

    pub(super) fn decode(bits: u8) -> Result<Self, Refusal> {
        let is_mode = bits & !BITS == 0;
        is_mode.then_some(Self(bits)).ok_or(Refusal::Malformed("invalid permissions"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_has_the_permissions_that_both_its_source_and_its_own_mode_grant() {
        for (source, own, mirror) in [
            (0o600, 0o644, 0o600),
            (0o640, 0o644, 0o640),
            (0o644, 0o640, 0o640),
            (0o666, 0o644, 0o644),
            (0o604, 0o640, 0o600),
            (0o400, 0o644, 0o600),
        ] {
            assert_eq!(Readers::of_mode(source).within(own), mirror, "{source:o} {own:o}");
        }
    }
}
