//! A region as the views see it at one moment: its state, and the newest record of each instance.
//!
//! Price: nothing is copied of a plain region's record; of instances, one record each, and what [`Published`] takes.

use std::time::{Duration, Instant};

use mapcast::dynamic::{AnyReader, InstanceReader, Reader, RecordBuf};
use mapcast::{ErrorKind, InstanceName, Publication, State, ToPlace};

use crate::published::Published;
use crate::writer::Writer;

/// An attached region of either kind.
#[derive(Debug)]
pub(crate) enum Observed {
    /// It has one record.
    One(Box<Reader>),
    /// It has instances.
    Many(Box<InstanceReader>),
}

/// What was seen of it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// The newest record; of instances, that of the one that was published last.
    pub(crate) publication: Option<Publication>,
    pub(crate) state: State,
    /// Empty for a plain region.
    pub(crate) instances: Vec<SeenInstance>,
    published: Published,
    at: Instant,
}

/// What was seen of one instance.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SeenInstance {
    pub(crate) name: InstanceName,
    pub(crate) publication: Option<Publication>,
}

impl Observed {
    /// Attaches to the region at `place`.
    pub(crate) fn open(place: impl ToPlace) -> Result<Self, mapcast::Error> {
        Ok(match AnyReader::open(&place)? {
            AnyReader::Plain(reader) => Self::One(Box::new(reader)),
            AnyReader::Instances(reader) => Self::Many(Box::new(reader)),
        })
    }

    /// What both kinds have.
    pub(crate) fn reader(&self) -> &Reader {
        match self {
            Self::One(reader) => reader,
            Self::Many(reader) => reader,
        }
    }

    /// The newest records, and the state.
    pub(crate) fn look(&mut self) -> Result<Seen, mapcast::Error> {
        let mut record = RecordBuf::new(self.reader().schema().clone());
        let (publication, instances, published) = match self {
            Self::One(reader) => {
                let newest = reader.latest_range(0..0, record.bytes_mut())?;
                let sequence = newest.map_or(0, |publication| publication.sequence);
                (newest, Vec::new(), Published::one(reader, sequence))
            }
            Self::Many(reader) => {
                let instances = instances(reader, &mut record)?;
                let published = instances.iter().filter_map(|instance| instance.publication);
                let newest = published.max_by_key(|record| record.published_at);
                (newest, instances, Published::many(reader)?)
            }
        };
        let (state, at) = (self.reader().state(), Instant::now());
        Ok(Seen { publication, state, instances, published, at })
    }

    /// Who writes it; `None` if it has no writer now, or one that cannot be seen from here.
    pub(crate) fn writer(&self, seen: &Seen) -> Option<Writer> {
        let has_writer = matches!(seen.state, State::Live | State::Stalled);
        has_writer.then(|| Writer::of(self.reader().writer_pid())).flatten()
    }
}

/// All instances; without one that is retired meanwhile.
fn instances(
    reader: &mut InstanceReader,
    record: &mut RecordBuf,
) -> Result<Vec<SeenInstance>, mapcast::Error> {
    let all: Vec<_> = reader.all().collect();
    let mut seen = Vec::with_capacity(all.len());
    for (handle, name) in all {
        match reader.latest(handle, record.bytes_mut()) {
            Ok(publication) => seen.push(SeenInstance { name, publication }),
            Err(error) if matches!(error.kind(), ErrorKind::NoSuchInstance) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(seen)
}

impl Seen {
    /// The number of the newest record; 0 if there is none.
    pub(crate) fn sequence(&self) -> u64 {
        self.publication.map_or(0, |publication| publication.sequence)
    }

    /// The age of the newest record; `None` if there is none, or it is from an earlier boot.
    pub(crate) fn age(&self) -> Option<Duration> {
        self.publication.and_then(|publication| publication.age())
    }

    /// Records a second since `earlier`; `None` if the region began again in between.
    pub(crate) fn rate_since(&self, earlier: &Self) -> Option<f64> {
        let records = self.published.since(&earlier.published)?;
        let seconds = self.at.duration_since(earlier.at).as_secs_f64();
        #[allow(clippy::cast_precision_loss)] // a rate for people
        (seconds > 0.0).then(|| records as f64 / seconds)
    }
}

impl SeenInstance {
    /// The number of its newest record; 0 if it has none.
    pub(crate) fn sequence(&self) -> u64 {
        self.publication.map_or(0, |publication| publication.sequence)
    }
}
