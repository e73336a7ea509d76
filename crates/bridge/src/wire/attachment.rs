//! What is sent beside the bytes of a record.
//!
//! ```text
//!   | version u16 | kind u8 | mode u8 | length u32 | description u64 | lineage u64 | order u64 | sequence u64 | time u64 |
//!   kind 1: `missed` in place of `order`, which is 0
//! ```

use layout::header::MAX_LINEAGE;

use super::VERSION;
use super::input::{Input, Refusal};
use super::readers::Readers;

/// Which record it is: of two records of one key, the newer one has the greater id.
///
/// Lineage and sequence are those of the source region. An instance that is retired and joins again may begin
/// with a smaller sequence, so records of instances are ordered by their times first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordId {
    /// The run of records that it belongs to, 1 to [`MAX_LINEAGE`].
    pub lineage: u64,
    /// When it was published, in nanoseconds since the boot of its host, if it is of an instance; else 0.
    pub order: u64,
    /// Its number; 0 for none yet.
    pub sequence: u64,
}

/// The attachment of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Bytes of the record.
    pub len: u32,
    /// [`Description::hash`](super::Description::hash) of what describes it.
    pub description: u64,
    /// Which record it is.
    pub id: RecordId,
    /// When it was published, by the source host's clock, in nanoseconds since 1970.
    pub time: u64,
    /// How many records before it the source's bridge did not get, of a lossless export; else 0.
    pub missed: u64,
    /// Who may read it there.
    pub readers: Readers,
}

/// The kinds of attachments: what the fifth word holds.
const ORDER: u8 = 0;
const MISSED: u8 = 1;

impl Attachment {
    /// Bytes of an encoded attachment.
    pub const LEN: usize = 48;

    /// The bytes to send.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Self::LEN);
        bytes.extend(VERSION.to_le_bytes());
        let RecordId { lineage, order, sequence } = self.id;
        let (kind, fifth) = if self.missed > 0 { (MISSED, self.missed) } else { (ORDER, order) };
        bytes.extend([kind, self.readers.bits()]);
        bytes.extend(self.len.to_le_bytes());
        for word in [self.description, lineage, fifth, sequence, self.time] {
            bytes.extend(word.to_le_bytes());
        }
        bytes
    }

    /// Decodes what came beside `payload`, the bytes of a record.
    ///
    /// # Errors
    /// A [`Refusal`], also if the payload has another length.
    pub fn decode(bytes: &[u8], payload: &[u8]) -> Result<Self, Refusal> {
        let mut input = Input(bytes);
        input.version()?;
        let (kind, readers) = (input.u8()?, Readers::decode(input.u8()?)?);
        let (len, description, lineage) = (input.u32()?, input.u64()?, input.u64()?);
        let (order, missed) = match (kind, input.u64()?) {
            (ORDER, order) => (order, 0),
            (MISSED, missed) if missed > 0 => (0, missed),
            _ => return Err(Refusal::Malformed("an invalid kind of attachment")),
        };
        let (sequence, time) = (input.u64()?, input.u64()?);
        let id = RecordId { lineage, order, sequence };
        input.end()?;
        if usize::try_from(len) != Ok(payload.len()) {
            return Err(Refusal::Malformed(
                "the record has not the length that its attachment promises",
            ));
        }
        if !(1..=MAX_LINEAGE).contains(&id.lineage) || id.sequence == 0 {
            return Err(Refusal::Malformed("an invalid lineage or sequence"));
        }
        Ok(Self { len, description, id, time, missed, readers })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attachment() -> Attachment {
        let id = RecordId { lineage: 3, order: 4, sequence: 5 };
        let readers = Readers::of_mode(0o640);
        Attachment { len: 2, description: 7, id, time: 9, missed: 0, readers }
    }

    #[test]
    fn an_attachment_is_what_was_encoded() {
        let bytes = attachment().encode();
        assert_eq!(bytes.len(), Attachment::LEN);
        assert_eq!(Attachment::decode(&bytes, b"ab"), Ok(attachment()));
        let id = RecordId { lineage: 3, order: 0, sequence: 5 };
        let lossless = Attachment { id, missed: 6, ..attachment() };
        assert_eq!(Attachment::decode(&lossless.encode(), b"ab"), Ok(lossless));
    }

    #[test]
    fn another_version_length_or_id_is_refused() {
        let bytes = attachment().encode();
        let refused = |at: usize, value: u8| {
            let mut bytes = bytes.clone();
            bytes[at] = value;
            Attachment::decode(&bytes, b"ab").expect_err("refused")
        };
        assert_eq!(refused(0, 2), Refusal::Version(2));
        for (at, value) in [(2, 2), (3, 0o100), (4, 3), (16, 0), (32, 0)] {
            assert!(matches!(refused(at, value), Refusal::Malformed(_)), "byte {at}");
        }
        for len in 0..bytes.len() {
            assert!(Attachment::decode(&bytes[..len], b"ab").is_err(), "{len} bytes");
        }
        assert!(Attachment::decode(&[bytes, vec![0]].concat(), b"ab").is_err());
    }

    #[test]
    fn ids_are_ordered_by_lineage_then_time_then_sequence() {
        let id = |lineage, order, sequence| RecordId { lineage, order, sequence };
        let ordered = [id(1, 1, 9), id(1, 2, 1), id(1, 2, 2), id(2, 0, 1)];
        assert!(ordered.is_sorted());
        assert!(id(1, 2, 1) > id(1, 1, 9));
    }
}
