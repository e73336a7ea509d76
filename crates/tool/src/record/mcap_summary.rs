//! The end of an MCAP file: what is in it, and where.

use mcap::records::op;

use super::mcap_records::{HEAD, MAGIC, counted, head, longs, record};

/// Bytes of the statistics beside the numbers of messages, and of one of those.
const STATISTICS: usize = HEAD + 46;
const COUNT: usize = 10;
/// Bytes of the index of a chunk beside the places of its indexes, and of one of those.
const CHUNK_INDEX: usize = HEAD + 64;
const PLACE: usize = 10;
/// Bytes of the end of the data, of an offset, and of the footer with the magic behind it.
const DATA_END: usize = HEAD + 4;
const OFFSET: usize = HEAD + 17;
const FOOTER: usize = HEAD + 20 + MAGIC.len();

/// See the [module](self).
#[derive(Debug, Default)]
pub(super) struct Summary {
    schemas: Described,
    channels: Described,
    /// The indexes of the chunks, as records.
    chunks: Vec<u8>,
    chunk_count: u32,
    /// By the number of the channel less 1.
    counts: Vec<Count>,
    /// How many of them are not zero.
    used: usize,
    times: Option<(u64, u64)>,
}

/// Schemas or channels, as records, and how many.
#[derive(Debug, Default)]
struct Described {
    records: Vec<u8>,
    count: u16,
}

/// Messages of a channel.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    messages: u64,
    /// Chunks that were begun up to the last message.
    chunks: u32,
}

impl Summary {
    /// Adds a schema or a channel, which gets the next number; returns its record.
    pub(super) fn describe(&mut self, op: u8, number: u16, body: &[u8]) -> &[u8] {
        let described = if op == op::SCHEMA { &mut self.schemas } else { &mut self.channels };
        described.count = number;
        let start = described.records.len();
        record(&mut described.records, op, |out| {
            out.extend(number.to_le_bytes());
            out.extend(body);
        });
        &described.records[start..]
    }

    /// Counts a message. Returns whether it is the first of its channel in the chunk.
    pub(super) fn count(&mut self, channel: u16) -> bool {
        let place = usize::from(channel) - 1;
        if self.counts.len() <= place {
            self.counts.resize(place + 1, Count::default());
        }
        let (count, begun) = (&mut self.counts[place], self.chunk_count + 1);
        self.used += usize::from(count.messages == 0);
        count.messages += 1;
        std::mem::replace(&mut count.chunks, begun) != begun
    }

    /// Adds a chunk: the times of its first and last message, where it is and its length; the places of its
    /// `indexes`, their length, and the size of its records.
    pub(super) fn chunk(
        &mut self,
        [first, last, start, len]: [u64; 4],
        indexes: &[u8],
        [indexes_len, size]: [u64; 2],
    ) {
        self.chunk_count += 1;
        if !indexes.is_empty() {
            let (begin, end) = self.times.unwrap_or((first, last));
            self.times = Some((begin.min(first), end.max(last)));
        }
        record(&mut self.chunks, op::CHUNK_INDEX, |out| {
            longs(out, &[first, last, start, len]);
            counted(out, indexes);
            longs(out, &[indexes_len]);
            counted(out, b"");
            longs(out, &[size, size]);
        });
    }

    /// Bytes of what [`write`](Self::write) appends, with a chunk more that has messages of so many channels.
    pub(super) fn len(&self, chunk: Option<usize>) -> usize {
        let chunks = self.chunks.len() + chunk.map_or(0, |channels| CHUNK_INDEX + channels * PLACE);
        let statistics = STATISTICS + self.used * COUNT;
        let groups = [self.schemas.records.len(), self.channels.records.len(), statistics, chunks];
        let offsets = groups.iter().filter(|len| **len > 0).count() * OFFSET;
        DATA_END + groups.iter().sum::<usize>() + offsets + FOOTER
    }

    /// Appends the end of a file whose data have `end` bytes.
    pub(super) fn write(&self, end: u64, out: &mut Vec<u8>) {
        let statistics = self.statistics();
        record(out, op::DATA_END, |out| out.extend([0; 4]));
        let (from, start) = (out.len(), end + out.len() as u64);
        let mut offsets = Vec::new();
        for (op, group) in [
            (op::SCHEMA, &self.schemas.records),
            (op::CHANNEL, &self.channels.records),
            (op::STATISTICS, &statistics),
            (op::CHUNK_INDEX, &self.chunks),
        ] {
            if group.is_empty() {
                continue;
            }
            record(&mut offsets, op::SUMMARY_OFFSET, |offset| {
                offset.push(op);
                longs(offset, &[end + out.len() as u64, group.len() as u64]);
            });
            out.extend(group);
        }
        let offsets_start = end + out.len() as u64;
        out.extend(offsets);
        out.extend(head(op::FOOTER, FOOTER - HEAD - MAGIC.len()));
        longs(out, &[start, offsets_start]);
        let checksum = crc32fast::hash(&out[from..]);
        out.extend(checksum.to_le_bytes());
        out.extend(MAGIC);
    }

    fn statistics(&self) -> Vec<u8> {
        let (first, last) = self.times.unwrap_or_default();
        let mut counts = Vec::new();
        for (channel, count) in (1_u16..).zip(&self.counts).filter(|(_, count)| count.messages > 0)
        {
            counts.extend(channel.to_le_bytes());
            longs(&mut counts, &[count.messages]);
        }
        let mut statistics = Vec::new();
        record(&mut statistics, op::STATISTICS, |out| {
            longs(out, &[self.counts.iter().map(|count| count.messages).sum()]);
            out.extend(self.schemas.count.to_le_bytes());
            // Without attachments and metadata.
            for count in [u32::from(self.channels.count), 0, 0, self.chunk_count] {
                out.extend(count.to_le_bytes());
            }
            longs(out, &[first, last]);
            counted(out, &counts);
        });
        statistics
    }
}
