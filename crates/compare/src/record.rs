//! The records that are published, the same struct for every library.
//!
//! First and last word hold the record's number: a reader that gets two different ones has a torn
//! read.
#![allow(clippy::large_stack_arrays, reason = "in a thread with a stack for it")]
// What bytecheck's and rkyv's derives emit.
#![cfg_attr(feature = "peers", allow(unsafe_op_in_unsafe_fn, missing_debug_implementations))]

#[cfg(feature = "peers")]
use iceoryx2::prelude::ZeroCopySend;
use mapcast::Record;

/// What the peers ask of a record.
#[cfg(feature = "peers")]
pub trait PeerRecord:
    std::fmt::Debug
    + ZeroCopySend
    + rkyv::Archive<Archived = Self>
    + rkyv::Serialize<rkyv::ser::serializers::AllocSerializer<1024>>
    + for<'a> bytecheck::CheckBytes<rkyv::validation::validators::DefaultValidator<'a>>
{
}

/// Without the peers: nothing.
#[cfg(not(feature = "peers"))]
pub trait PeerRecord {}

/// A record of one of the measured sizes.
pub trait Payload: Record + PeerRecord + Copy + Send + Sync + 'static {
    /// The record with all words equal to `number`.
    fn numbered(number: u32) -> Self;

    /// Writes the first and the last word, as a program does that changes two fields.
    fn set_number(&mut self, number: u32);

    /// The first word.
    fn number(&self) -> u32;

    /// The last word.
    fn check(&self) -> u32;
}

macro_rules! payload {
    ($name:ident, $bytes:literal) => {
        #[doc = concat!(stringify!($bytes), " bytes.")]
        #[repr(C)]
        #[derive(Clone, Copy, Debug, Record)]
        #[cfg_attr(
            feature = "peers",
            derive(ZeroCopySend, rkyv::Archive, rkyv::Serialize, bytecheck::CheckBytes),
            archive(as = "Self")
        )]
        pub struct $name {
            number: u32,
            filler: [u32; $bytes / 4 - 2],
            check: u32,
        }

        const _: () = assert!(size_of::<$name>() == $bytes);

        impl PeerRecord for $name {}

        impl Payload for $name {
            fn numbered(number: u32) -> Self {
                Self { number, filler: [number; $bytes / 4 - 2], check: number }
            }

            #[inline]
            fn set_number(&mut self, number: u32) {
                self.number = number;
                self.check = number;
            }

            #[inline]
            fn number(&self) -> u32 {
                self.number
            }

            #[inline]
            fn check(&self) -> u32 {
                self.check
            }
        }
    };
}

payload!(Bytes28, 28);
payload!(Bytes256, 256);
payload!(KiB4, 4096);
payload!(KiB64, 65_536);
payload!(MiB1, 1_048_576);

/// The sizes of all records, in bytes.
pub const SIZES: [usize; 5] = [28, 256, 4096, 65_536, 1_048_576];

/// `28 B`, `4 KiB`, `1 MiB`.
pub fn size_name(bytes: usize) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KiB", bytes / 1024),
        _ => format!("{} MiB", bytes / 1_048_576),
    }
}
