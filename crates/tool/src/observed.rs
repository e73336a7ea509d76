//! A region as the views see it at one moment.

use std::time::{Duration, Instant};

use mapcast::dynamic::{Reader, RecordBuf};
use mapcast::{Publication, State, ToPlace};

use crate::writer::Writer;

/// An attached region and room for one record.
#[derive(Debug)]
pub(crate) struct Observed {
    pub(crate) reader: Reader,
    pub(crate) record: RecordBuf,
}

/// What was seen of it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) publication: Option<Publication>,
    pub(crate) state: State,
    at: Instant,
}

impl Observed {
    /// Attaches to the region at `place`.
    pub(crate) fn open(place: impl ToPlace) -> Result<Self, mapcast::Error> {
        let reader = Reader::open(place)?;
        let record = RecordBuf::new(reader.schema().clone());
        Ok(Self { reader, record })
    }

    /// The newest record, now in `record`, and the state.
    pub(crate) fn look(&mut self) -> Result<Seen, mapcast::Error> {
        let publication = self.reader.latest(self.record.bytes_mut())?;
        Ok(Seen { publication, state: self.reader.state(), at: Instant::now() })
    }

    /// Who writes it; `None` if it has no writer now, or one that cannot be seen from here.
    pub(crate) fn writer(&self, seen: &Seen) -> Option<Writer> {
        let has_writer = matches!(seen.state, State::Live | State::Stalled);
        has_writer.then(|| Writer::of(self.reader.writer_pid())).flatten()
    }
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
        let records = self.sequence().checked_sub(earlier.sequence())?;
        let seconds = self.at.duration_since(earlier.at).as_secs_f64();
        #[allow(clippy::cast_precision_loss)] // a rate for people
        (seconds > 0.0).then(|| records as f64 / seconds)
    }
}
