//! What bridges send each other: bytes of a fixed form, little-endian, with a version in front.
//!
//! Invariant: any bytes decode to a value or to a [`Refusal`], without a panic, and without an allocation larger
//! than a small multiple of the input. What was decoded encodes to the same bytes.
//!
//! ```text
//!   attachment    beside the bytes of a record: which record it is, of which description
//!   description   the schema, and how many instances there can be
//!   digest        which record is the newest of each region
//! ```

mod attachment;
mod description;
mod digest;
mod input;
mod readers;

pub use attachment::{Attachment, RecordId};
pub use description::Description;
pub use digest::{Announcement, Digest, DigestKind, History, encode_digests};
pub use input::Refusal;
pub use readers::Readers;

/// The version of all forms.
pub(crate) const VERSION: u16 = 1;
