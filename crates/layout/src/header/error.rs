//! Why a header was refused.

use super::{MAX_SLOTS, MIN_SLOTS, VERSION, offset::HEADER_LEN};

/// Why a header was refused. The caller adds the path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// Fewer bytes than a header has.
    #[error(
        "{have} bytes are no region, its header alone has {HEADER_LEN}; start the producer again"
    )]
    TooShort {
        /// Bytes given.
        have: usize,
    },
    /// The magic is missing: another kind of file, or zeros.
    #[error("not a region (it does not begin with the magic \"mapcast\"); check the path")]
    NotARegion,
    /// Another version of the format.
    #[error(
        "region format version {found}, only {VERSION} is known here; use programs of the same release"
    )]
    UnsupportedVersion {
        /// The version.
        found: u32,
    },
    /// The checksum does not match: a byte of the header was changed.
    #[error(
        "the header's checksum is {found:#018x}, its bytes make {computed:#018x}: it is damaged; start the producer again"
    )]
    Checksum {
        /// What the header says.
        found: u64,
        /// What its bytes add up to.
        computed: u64,
    },
    /// Features that a reader must know and this one does not.
    #[error("the region uses unknown features {bits:#x}; use a newer release")]
    Incompatible {
        /// The unknown bits.
        bits: u64,
    },
    /// A length, offset or count that cannot be; checksummed all the same, so it was written like that.
    #[error(
        "impossible header: {what}; the file was not made by mapcast, start its producer again"
    )]
    BadGeometry {
        /// What is impossible.
        what: &'static str,
    },
    /// A number of slots that is not possible.
    #[error("{slots} slots are not possible; use a power of two from {MIN_SLOTS} to {MAX_SLOTS}")]
    Slots {
        /// The number.
        slots: u32,
    },
    /// The header and the schema in the same file say different things.
    #[error("the header's {what} is not that of the schema in the file; start its producer again")]
    SchemaMismatch {
        /// "record size", "record alignment" or "fingerprint".
        what: &'static str,
    },
}
