//! The file, read once before anything is published: its channels, its times, and whether each message is a
//! record.

use std::collections::BTreeSet;
use std::path::Path;

use mcap::records::Record;

use super::ReplayError;
use super::channels::Channels;
use super::decode::Topic;
use super::file::{Flow, McapFile, Refusal};
use super::order::Clock;
use super::records::Records;
use crate::progress::Progress;

/// How much of a file has to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All of it: a damage is an error.
    Whole,
    /// What is before the first damage.
    UpToDamage,
}

/// What was found in a file: see the [module](self).
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) topics: Vec<Topic>,
    /// Which of them have messages.
    used: BTreeSet<usize>,
    /// Messages that are records.
    pub(crate) messages: u64,
    /// The time of the first and of the last one.
    pub(crate) first: u64,
    pub(crate) last: u64,
    /// Whether no message is of an earlier time than the one in front of it: see [`Clock`].
    pub(crate) is_in_order: bool,
    /// Whether something behind the last of them is damaged, in the same chunk or later: a pass ends with that
    /// message.
    pub(crate) is_partial: bool,
}

impl Plan {
    /// Reads all of `file`; up to a damage, if a part will do. `None`: it was to stop before.
    ///
    /// # Errors
    /// The file is damaged, or has no records.
    pub(crate) fn of(
        file: &mut McapFile,
        wanted: Wanted,
        is_to_stop: impl Fn() -> bool,
    ) -> Result<Option<Self>, ReplayError> {
        let progress = Progress::bar(file.len(), "checking");
        let mut found = Found::default();
        let mut is_stopped = false;
        let read = file.visit(|at, record| {
            progress.show(at);
            is_stopped = is_to_stop();
            if is_stopped {
                return Ok(Flow::Stop);
            }
            found.take(&record)?;
            Ok(Flow::Continue)
        });
        let damage = match read {
            Ok(()) => None,
            Err(ReplayError::Damaged { at, what, .. }) if wanted == Wanted::UpToDamage => {
                Some((at, what))
            }
            Err(error) => return Err(error),
        };
        found.warn_of_left_out();
        if is_stopped { Ok(None) } else { found.plan(file.path(), damage.as_ref()).map(Some) }
    }

    /// The topics that have messages.
    pub(crate) fn published(&self) -> impl Iterator<Item = &Topic> {
        self.used.iter().filter_map(|&topic| self.topics.get(topic))
    }
}

/// What is found while the file is read.
#[derive(Default)]
struct Found {
    channels: Channels,
    records: Records,
    used: BTreeSet<usize>,
    clock: Clock,
    messages: u64,
    /// The times of the first and of the last message, if there is one.
    times: Option<(u64, u64)>,
}

impl Found {
    fn take(&mut self, record: &Record<'_>) -> Result<(), Refusal> {
        let Some(message) = self.channels.take(record)? else { return Ok(()) };
        let topic = &self.channels.topics[message.topic];
        let decoded = topic.decode(message.number, message.data, self.records.of(topic));
        decoded.map_err(Refusal::Damaged)?;
        self.clock.due(topic, message.time);
        self.used.insert(message.topic);
        self.messages += 1;
        let (first, last) = self.times.unwrap_or((message.time, message.time));
        self.times = Some((first.min(message.time), last.max(message.time)));
        Ok(())
    }

    fn warn_of_left_out(&self) {
        for (topic, why) in &self.channels.left_out {
            tracing::warn!("topic {}: left out: {}", daemon::plain(topic), daemon::plain(why));
        }
    }

    /// The plan for the file at `path`, of which nothing is used from `damage` on.
    fn plan(self, path: &Path, damage: Option<&(u64, String)>) -> Result<Plan, ReplayError> {
        if let Some(why) = why_nothing(&self.channels, damage).filter(|_| self.messages == 0) {
            return Err(ReplayError::Nothing { path: path.to_owned(), why });
        }
        if let Some((at, what)) = damage {
            let (path, what) = (path.display(), daemon::plain(what));
            tracing::warn!("{path}: at byte {at}: {what}; replaying what is before that");
        }
        let (first, last) = self.times.unwrap_or((u64::MAX, 0));
        Ok(Plan {
            topics: self.channels.topics,
            used: self.used,
            messages: self.messages,
            first,
            last,
            is_in_order: self.clock.is_in_order(),
            is_partial: damage.is_some(),
        })
    }
}

/// What the messages of a topic have to be.
const WANTED: &str = "use one of JSON with a JSON Schema, or a recording of mapcast";

/// Why a file without records is an error; `None`: it is a whole recording in which there are none.
fn why_nothing(channels: &Channels, damage: Option<&(u64, String)>) -> Option<String> {
    if let Some((topic, why)) = channels.left_out.iter().next() {
        return Some(format!("topic {topic}: {why}; {WANTED}"));
    }
    let (at, what) = damage?;
    Some(format!("none is whole before byte {at}: {what}; use another copy of the file"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::Path;

    use lz4_flex::frame::FrameEncoder;
    use mapcast::{Record as _, Stu};
    use mcap::records::MessageHeader;
    use mcap::{MAGIC, WriteOptions};

    use super::{Plan, Wanted};
    use crate::replay::ReplayError;
    use crate::replay::file::McapFile;

    fn plan(path: &Path, bytes: &[u8]) -> Result<Plan, ReplayError> {
        fs::write(path, bytes).expect("a file");
        Ok(Plan::of(&mut McapFile::open(path)?, Wanted::Whole, || false)?.expect("no signal"))
    }

    /// A recording of three students, in chunks or not.
    fn recording(path: &Path, in_chunks: bool) -> Vec<u8> {
        let options = WriteOptions::new().compression(None).use_chunks(in_chunks);
        let mut writer = options.create(fs::File::create(path).expect("a file")).expect("it");
        let schema = Stu::schema().encode();
        let schema = writer.add_schema("STU", "mapcast", &schema).expect("a schema");
        let channel = writer.add_channel(schema, "s", "mapcast", &BTreeMap::new()).expect("it");
        for time in [10, 30, 20] {
            let header = MessageHeader {
                channel_id: channel,
                sequence: 1,
                log_time: time,
                publish_time: time,
            };
            writer.write_to_known_channel(&header, &[b'x'; 28]).expect("written");
        }
        writer.finish().expect("finished");
        drop(writer);
        fs::read(path).expect("the file")
    }

    /// The chunk of `recording`, packed by LZ4, as a file of its own.
    fn packed(recording: &[u8]) -> Vec<u8> {
        use std::io::Write as _;

        let [at, len] = chunk(recording);
        let header = &recording[at + 9..at + 9 + 32];
        let records = &recording[at + 9 + 40..at + 9 + len];
        let mut encoder = FrameEncoder::new(Vec::new());
        encoder.write_all(records).expect("memory");
        let data = encoder.finish().expect("memory");
        let mut body = header[..28].to_vec();
        body.extend(3_u32.to_le_bytes());
        body.extend(b"lz4");
        body.extend((data.len() as u64).to_le_bytes());
        body.extend(data);
        let mut file = MAGIC.to_vec();
        for (op, body) in [(1, &[0; 8][..]), (6, &body), (15, &[0; 4]), (2, &[0; 20])] {
            file.push(op);
            file.extend((body.len() as u64).to_le_bytes());
            file.extend(body);
        }
        file.extend(MAGIC);
        file
    }

    /// Where the chunk is, and its length.
    fn chunk(recording: &[u8]) -> [usize; 2] {
        let mut at = MAGIC.len();
        loop {
            let len = recording[at + 1..].first_chunk().expect("a record");
            let len = usize::try_from(u64::from_le_bytes(*len)).expect("small");
            if recording[at] == 6 {
                return [at, len];
            }
            at += 9 + len;
        }
    }

    #[test]
    fn a_file_is_read_with_its_times_whether_it_has_chunks_or_not_and_packed_by_lz4() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("x.mcap");
        let whole = recording(&path, true);
        for bytes in [whole.clone(), recording(&path, false), packed(&whole)] {
            let plan = plan(&path, &bytes).expect("a recording");
            assert_eq!((plan.messages, plan.first, plan.last), (3, 10, 30));
            assert_eq!(**plan.topics[0].schema(), Stu::schema());
        }
    }

    #[test]
    fn the_time_of_a_message_is_that_of_its_log_or_of_its_publish_if_it_has_none() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("x.mcap");
        let mut bytes = recording(&path, false);
        let times: Vec<usize> = (0..bytes.len())
            .filter(|at| bytes[*at..].starts_with(&[1, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 10]))
            .collect();
        let [at] = times[..] else { panic!("one message of the time 10") };
        bytes[at + 12] = 99;
        let logged = plan(&path, &bytes).expect("a recording");
        assert_eq!((logged.first, logged.last), (10, 30));
        bytes[at + 4] = 0;
        assert_eq!(plan(&path, &bytes).expect("a recording").last, 99);
    }

    #[test]
    fn no_bytes_make_the_reader_panic_and_every_error_ends_with_a_next_step() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("x.mcap");
        let whole = recording(&path, true);
        let seeds = [whole.clone(), recording(&path, false), packed(&whole)];
        for seed in 0..3000 {
            let mut random = fastrand::Rng::with_seed(seed);
            let mut bytes = random.choice(&seeds).expect("one").clone();
            for _ in 0..random.usize(1..4) {
                let at = random.usize(..bytes.len());
                match random.u8(..4) {
                    0 => bytes[at] ^= 1 << random.u8(..8),
                    1 => bytes[at] = random.choice([0, 1, 0x7f, 0xff]).expect("one"),
                    2 => bytes.truncate(at.max(1)),
                    _ => bytes.insert(at, random.u8(..)),
                }
            }
            if let Err(error) = plan(&path, &bytes) {
                let text = error.to_string();
                assert!(text.contains("; ") && !text.contains('\n'), "seed {seed}: {text}");
            }
        }
    }
}
