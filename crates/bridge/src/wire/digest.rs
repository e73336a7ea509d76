//! Which record is the newest of each region of a host, and what state the region is in.
//!
//! A digest of changes has the regions and instances that have changed since the one before; a full one has all,
//! so that one that is not in it is gone. A long digest is sent in chunks.
//!
//! ```text
//!   | version u16 | kind u8 | zero u8 | incarnation u64 | number u32 | chunk u16 | chunks u16 | entry, entry, ...
//!   entry: | state u8 | kind u8 | length u16 | lineage u64 | order u64 | sequence u64 | path, UTF-8 |
//!   kind:  1 of a lossless export, else 0, and, 4 times, the permissions of group and others
//!   of a lossless export: | first lineage u64 | base u64 | oldest u64 | before the path
//! ```

use layout::header::MAX_LINEAGE;
use region::State;

use super::VERSION;
use super::attachment::RecordId;
use super::input::{Input, Refusal};
use super::readers::Readers;

/// Most bytes of a chunk: a few are sent between two records of other regions.
const CHUNK: usize = 16 << 10;
/// Bytes of a chunk before its entries, and of an entry before its path.
const HEAD: usize = 20;
const ENTRY: usize = 28;
/// Bytes of what an entry has of a history.
const HISTORY: usize = 24;
/// Longest path of an entry: a name, a slash, and an instance of which each byte takes three.
const MAX_PATH: usize = 64 + 1 + 3 * 64;

/// One chunk of a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// What it has.
    pub kind: DigestKind,
    /// Which start of the source's bridge it is of: a later one is greater.
    pub incarnation: u64,
    /// Its number; all chunks of a digest have the same one.
    pub number: u32,
    /// Which chunk this is, from 0.
    pub chunk: u16,
    /// How many chunks there are.
    pub chunks: u16,
    /// The entries.
    pub entries: Vec<Announcement>,
}

/// What a digest has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DigestKind {
    /// What has changed since the digest before.
    Changes,
    /// Everything.
    Full,
}

/// An entry: the state of a region, and the newest record of it or of one of its instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// `NAME`, or `NAME/INSTANCE` as in a key.
    pub path: String,
    /// The state of the region on its host; `None`: the region or the instance is gone.
    pub state: Option<State>,
    /// Its newest record; sequence 0 if there is none, as for a region of instances itself.
    pub id: RecordId,
    /// Which records can be asked for; `None`: the newest alone.
    pub history: Option<History>,
    /// Who may read the region there.
    pub readers: Readers,
}

/// Which records of a lossless export can be asked for, all of the lineage of the newest one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct History {
    /// The lineage in which the sequence began.
    pub first_lineage: u64,
    /// The number after which the region's file begins.
    pub base: u64,
    /// The oldest record that the source's bridge has. What is older and has not come is missed.
    pub oldest: u64,
}

/// The chunks of a digest, encoded. At least one: an empty digest shows that the source's bridge is there.
pub fn encode_digests<'a>(
    kind: DigestKind,
    incarnation: u64,
    number: u32,
    entries: impl IntoIterator<Item = &'a Announcement>,
) -> Vec<Vec<u8>> {
    let (mut chunks, mut last) = (Vec::new(), vec![0; HEAD]);
    for entry in entries {
        if last.len() + entry.len() > CHUNK {
            chunks.push(std::mem::replace(&mut last, vec![0; HEAD]));
        }
        entry.encode(&mut last);
    }
    chunks.push(last);
    // A digest of more chunks could not be numbered: 65,535 of them have 26 million entries.
    chunks.truncate(u16::MAX.into());
    let count = u16::try_from(chunks.len()).unwrap_or(u16::MAX);
    for (chunk, bytes) in (0..count).zip(&mut chunks) {
        bytes[0..2].copy_from_slice(&VERSION.to_le_bytes());
        bytes[2] = kind.code();
        bytes[4..12].copy_from_slice(&incarnation.to_le_bytes());
        bytes[12..16].copy_from_slice(&number.to_le_bytes());
        bytes[16..18].copy_from_slice(&chunk.to_le_bytes());
        bytes[18..20].copy_from_slice(&count.to_le_bytes());
    }
    chunks
}

impl Digest {
    /// Most bytes of an encoded chunk.
    pub const MAX_LEN: usize = CHUNK;

    /// Decodes one chunk.
    ///
    /// # Errors
    /// A [`Refusal`].
    pub fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut input = Input(bytes);
        input.version()?;
        let kind = match (input.u8()?, input.u8()?) {
            (0, 0) => DigestKind::Changes,
            (1, 0) => DigestKind::Full,
            _ => return Err(Refusal::Malformed("an invalid kind of digest")),
        };
        let (incarnation, number) = (input.u64()?, input.u32()?);
        let (chunk, chunks) = (input.u16()?, input.u16()?);
        if chunk >= chunks {
            return Err(Refusal::Malformed(
                "its chunk number is not less than the number of chunks",
            ));
        }
        let mut entries = Vec::new();
        while !input.0.is_empty() {
            entries.push(Announcement::decode(&mut input)?);
        }
        Ok(Self { kind, incarnation, number, chunk, chunks, entries })
    }
}

impl DigestKind {
    fn code(self) -> u8 {
        match self {
            Self::Changes => 0,
            Self::Full => 1,
        }
    }
}

/// The states, each at its code; [`GONE`] is behind them.
const STATES: [State; 6] =
    [State::Live, State::Stalled, State::Dead, State::Closed, State::Retired, State::Stale];

const GONE: u8 = 6;

impl Announcement {
    fn encode(&self, bytes: &mut Vec<u8>) {
        let code = STATES.iter().position(|state| Some(*state) == self.state);
        let code = code.and_then(|code| u8::try_from(code).ok()).unwrap_or(GONE);
        bytes.extend([code, self.readers.bits() << 2 | u8::from(self.history.is_some())]);
        bytes.extend(u16::try_from(self.path.len()).unwrap_or(u16::MAX).to_le_bytes());
        for word in [self.id.lineage, self.id.order, self.id.sequence] {
            bytes.extend(word.to_le_bytes());
        }
        if let Some(History { first_lineage, base, oldest }) = self.history {
            for word in [first_lineage, base, oldest] {
                bytes.extend(word.to_le_bytes());
            }
        }
        bytes.extend(self.path.as_bytes());
    }

    /// Bytes of the entry.
    fn len(&self) -> usize {
        ENTRY + self.history.map_or(0, |_| HISTORY) + self.path.len()
    }

    fn decode(input: &mut Input<'_>) -> Result<Self, Refusal> {
        let code = input.u8()?;
        let state = STATES.get(usize::from(code)).copied();
        if state.is_none() && code != GONE {
            return Err(Refusal::Malformed("an invalid state"));
        }
        let kind = input.u8()?;
        let readers = Readers::decode(kind >> 2)?;
        let has_history = match kind & 3 {
            0 => false,
            1 => true,
            _ => return Err(Refusal::Malformed("an invalid kind of entry")),
        };
        let len = usize::from(input.u16()?);
        let id = RecordId { lineage: input.u64()?, order: input.u64()?, sequence: input.u64()? };
        let history = has_history.then(|| History::decode(input, id.lineage)).transpose()?;
        let path = str::from_utf8(input.bytes(len)?).ok().filter(|_| len <= MAX_PATH);
        let path = path.ok_or(Refusal::Malformed("an invalid path"))?.to_owned();
        Ok(Self { path, state, id, history, readers })
    }
}

impl History {
    /// That of records of `lineage`, in which the sequence began or to which it was continued.
    fn decode(input: &mut Input<'_>, lineage: u64) -> Result<Self, Refusal> {
        let (first_lineage, base, oldest) = (input.u64()?, input.u64()?, input.u64()?);
        let is_possible = lineage <= MAX_LINEAGE && (1..=lineage).contains(&first_lineage);
        if !is_possible || base >= oldest {
            return Err(Refusal::Malformed("an invalid history"));
        }
        Ok(Self { first_lineage, base, oldest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, sequence: u64) -> Announcement {
        let id = RecordId { lineage: 1, order: 2, sequence };
        let history = History { first_lineage: 1, base: 3, oldest: 4 };
        let history = (sequence % 2 == 1).then_some(history);
        let readers = Readers::of_mode(0o604);
        Announcement { path: path.to_owned(), state: Some(State::Dead), id, history, readers }
    }

    #[test]
    fn a_long_digest_comes_in_chunks_that_have_all_of_it() {
        let entries: Vec<_> = (0..2000).map(|n| entry(&format!("region-{n}"), n)).collect();
        let chunks = encode_digests(DigestKind::Full, 8, 9, &entries);
        assert!(chunks.len() > 1 && chunks.iter().all(|chunk| chunk.len() <= CHUNK));
        let decoded: Vec<_> =
            chunks.iter().map(|chunk| Digest::decode(chunk).expect("valid")).collect();
        let found: Vec<_> = decoded.iter().flat_map(|digest| digest.entries.clone()).collect();
        assert_eq!(found, entries);
        for (number, digest) in decoded.iter().enumerate() {
            assert_eq!(
                (usize::from(digest.chunk), usize::from(digest.chunks)),
                (number, chunks.len())
            );
            assert_eq!((digest.kind, digest.incarnation, digest.number), (DigestKind::Full, 8, 9));
        }
    }

    #[test]
    fn an_empty_digest_is_one_chunk() {
        let chunks = encode_digests(DigestKind::Changes, 1, 2, &[]);
        assert_eq!(chunks.len(), 1);
        assert_eq!(Digest::decode(&chunks[0]).expect("valid").entries, []);
    }

    #[test]
    fn damaged_digests_are_refused_or_are_other_digests() {
        let entries = [entry("stu", 1), entry("net/eth0", 2)];
        let bytes = encode_digests(DigestKind::Changes, 1, 2, &entries).remove(0);
        for len in (0..bytes.len()).filter(|len| *len != HEAD && *len != HEAD + entries[0].len()) {
            assert!(Digest::decode(&bytes[..len]).is_err(), "{len} bytes");
        }
        let mut random = fastrand::Rng::with_seed(1);
        for _ in 0..20_000 {
            let mut damaged = bytes.clone();
            for _ in 0..random.usize(1..4) {
                let at = random.usize(..damaged.len());
                damaged[at] = random.u8(..);
            }
            if let Ok(digest) = Digest::decode(&damaged) {
                assert!(digest.entries.len() <= damaged.len() / ENTRY);
            }
        }
    }
}
