//! What a follower follows: a region of one record, or the instances of one.
//!
//! Invariant: a record that is found has the schema of the file that it was read from, also if that has
//! just taken the name.

use crate::place::Place;
use mapcast::dynamic::{InstanceReader, Reader, RecordView, Schema};
use mapcast::{Begin, Error, ErrorKind, Followed, InstanceChange, Publication, Refreshed, Step};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// The most events of other instances in one step: more than as many instances as there can be have when all of them
/// join and publish. After fewer, the follower would report the end of the writer before records that are there.
const OTHERS: u32 = 1 << 18;

/// One whole record.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) schema: Arc<Schema>,
    pub(crate) bytes: Box<[u8]>,
    pub(crate) publication: Publication,
    pub(crate) wall: SystemTime,
    /// The name of its instance.
    pub(crate) instance: Option<String>,
}

impl Found {
    /// What `reader` has read with this schema: the bytes.
    pub(crate) fn by(
        reader: &Reader,
        publication: Publication,
        (schema, bytes): (Arc<Schema>, Box<[u8]>),
        instance: Option<String>,
    ) -> Self {
        let wall = reader.wall_time(&publication);
        Self { schema, bytes, publication, wall, instance }
    }

    /// The record through its schema.
    pub(crate) fn view(&self) -> RecordView<'_> {
        RecordView::new(&self.schema, &self.bytes).expect("read with this schema")
    }
}

/// What has happened to an instance, or a record of a region of one.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    Record(Found),
    Missed(u64, String),
    Joined(String),
    Retired(String),
}

/// What was read, the schema of its bytes, and these.
type Read<T> = (T, Arc<Schema>, Box<[u8]>);

/// Reads by `read` into a buffer of the schema that the reader has then.
///
/// A reader that finds a region of another record under the name goes over to that one: a program of
/// Python knows no record before it reads.
pub(crate) fn with_buffer<R: Followed, T>(
    reader: &mut R,
    mut read: impl FnMut(&mut R, &mut [u8]) -> Result<T, Error>,
) -> Result<Read<T>, Error> {
    loop {
        let before = schema(reader);
        let mut bytes = vec![0; before.size() as usize].into_boxed_slice();
        let err = match read(reader, &mut bytes) {
            Ok(found) => return Ok((found, schema(reader), bytes)),
            Err(err) => err,
        };
        match err.kind() {
            ErrorKind::OtherSchema { .. } if reader.refresh()? == Refreshed::Reattached => {}
            // It has attached to another file in the middle of the call.
            ErrorKind::WrongSize { .. } if !Arc::ptr_eq(&schema(reader), &before) => {}
            _ => return Err(err),
        }
    }
}

fn schema(reader: &impl Followed) -> Arc<Schema> {
    reader.region().expect("a region with a header").schema().clone()
}

/// The newest record of a region.
pub(crate) fn latest(reader: &mut Reader) -> Result<Option<Found>, Error> {
    let (publication, schema, bytes) = with_buffer(reader, Reader::latest)?;
    Ok(publication.map(|found| Found::by(reader, found, (schema, bytes), None)))
}

/// A reader of either kind.
#[derive(Debug)]
pub(crate) enum Source {
    Plain(Box<Reader>),
    /// All instances, or the one of this name.
    Instances(Box<InstanceReader>, Option<String>),
}

impl Source {
    /// Attaches to a region of either kind; `only` this instance of one that has many.
    pub(crate) fn open(place: &Place, only: Option<&str>) -> Result<Self, Error> {
        if only.is_none() {
            let plain = match place {
                Place::Named(at) => Reader::open(at),
                Place::Passed(passed) => Reader::open_file(passed.file(), passed.name()),
            };
            match plain {
                Err(err) if matches!(err.kind(), ErrorKind::HasInstances { .. }) => {}
                other => return other.map(|reader| Self::Plain(Box::new(reader))),
            }
        }
        let reader = match place {
            Place::Named(at) => InstanceReader::open(at),
            Place::Passed(passed) => InstanceReader::open_file(passed.file(), passed.name()),
        };
        Ok(Self::Instances(Box::new(reader?), only.map(Into::into)))
    }

    /// The same, from another record than the newest on.
    pub(crate) fn open_at(place: &Place, only: Option<&str>, begin: Begin) -> Result<Self, Error> {
        let mut source = Self::open(place, only)?;
        match &mut source {
            Self::Plain(reader) => reader.begin(begin),
            Self::Instances(reader, _) => reader.begin(begin),
        }
        Ok(source)
    }

    /// Makes it begin with the first record of its file, so that those that are gone are counted.
    fn begin_with_first(&mut self) {
        match self {
            Self::Plain(reader) => {
                let first = reader.header().base_sequence.saturating_add(1);
                reader.begin(Begin::Sequence(first));
            }
            // Each of them has a first number of its own.
            Self::Instances(reader, _) => reader.begin(Begin::Sequence(1)),
        }
    }

    /// The region.
    pub(crate) fn reader(&self) -> &Reader {
        match self {
            Self::Plain(reader) => reader,
            Self::Instances(reader, _) => reader,
        }
    }
}

impl Followed for Source {
    type Item = Item;

    fn step(&mut self) -> Result<Step<Item>, Error> {
        match self {
            Self::Plain(reader) => next(reader),
            Self::Instances(reader, only) => {
                for _ in 0..OTHERS {
                    if let Some(step) = next_of_instances(reader, only.as_deref())? {
                        return Ok(step);
                    }
                }
                Ok(Step::Pending)
            }
        }
    }

    fn refresh(&mut self) -> Result<Refreshed, Error> {
        match self {
            Self::Plain(reader) => reader.refresh(),
            Self::Instances(reader, _) => reader.refresh(),
        }
    }

    fn region(&self) -> Option<&Reader> {
        Some(self.reader())
    }

    fn refresh_every(&mut self, every: Duration) -> Duration {
        match self {
            Self::Plain(reader) => reader.refresh_every(every),
            Self::Instances(reader, _) => reader.refresh_every(every),
        }
    }
}

/// A source that goes over to a region of the other kind, if one takes the name. A follower of one instance
/// does not: that is not there any more.
#[derive(Debug)]
pub(crate) struct EitherSource {
    place: Place,
    follows_all: bool,
    source: Source,
}

impl EitherSource {
    /// See [`Source::open_at`].
    pub(crate) fn open_at(place: &Place, only: Option<&str>, begin: Begin) -> Result<Self, Error> {
        let source = Source::open_at(place, only, begin)?;
        Ok(Self { place: place.clone(), follows_all: only.is_none(), source })
    }

    /// The region.
    pub(crate) fn reader(&self) -> &Reader {
        self.source.reader()
    }

    /// Whether each record is of an instance.
    pub(crate) const fn has_instances(&self) -> bool {
        matches!(self.source, Source::Instances(..))
    }
}

impl Followed for EitherSource {
    type Item = Item;

    fn step(&mut self) -> Result<Step<Item>, Error> {
        self.source.step()
    }

    fn refresh(&mut self) -> Result<Refreshed, Error> {
        match self.source.refresh() {
            Err(err) if self.follows_all && is_of_other_kind(&err) => {
                let mut source = Source::open(&self.place, None)?;
                // What was published there before this look is new, too.
                source.begin_with_first();
                // As the former reader, the new one leaves it to `Follow` to look at the name.
                source.refresh_every(self.source.refresh_every(Duration::MAX));
                self.source = source;
                Ok(Refreshed::Reattached)
            }
            refreshed => refreshed,
        }
    }

    fn region(&self) -> Option<&Reader> {
        Some(self.reader())
    }

    fn refresh_every(&mut self, every: Duration) -> Duration {
        self.source.refresh_every(every)
    }
}

fn is_of_other_kind(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::HasInstances { .. } | ErrorKind::NoInstances)
}

fn next(reader: &mut Reader) -> Result<Step<Item>, Error> {
    let (step, schema, bytes) = with_buffer(reader, Reader::next)?;
    Ok(match step {
        Step::Record(publication) => {
            Step::Record(Item::Record(Found::by(reader, publication, (schema, bytes), None)))
        }
        Step::Missed(count) => Step::Missed(count),
        Step::Pending => Step::Pending,
    })
}

/// `None`: it is of an instance that is not asked for.
fn next_of_instances(
    reader: &mut InstanceReader,
    only: Option<&str>,
) -> Result<Option<Step<Item>>, Error> {
    let (step, schema, bytes) = with_buffer(reader, InstanceReader::next)?;
    let event = match step {
        Step::Record(event) => event,
        // Their instances have no names.
        Step::Missed(_) if only.is_some() => return Ok(None),
        Step::Missed(count) => return Ok(Some(Step::Missed(count))),
        Step::Pending => return Ok(Some(Step::Pending)),
    };
    if only.is_some_and(|only| *event.name != *only) {
        return Ok(None);
    }
    let name = event.name.as_str().to_owned();
    let item = match event.what {
        InstanceChange::Record(publication) => {
            Item::Record(Found::by(reader, publication, (schema, bytes), Some(name)))
        }
        InstanceChange::Missed(count) => Item::Missed(count, name),
        InstanceChange::Joined => Item::Joined(name),
        InstanceChange::Retired => Item::Retired(name),
        _ => return Ok(None),
    };
    Ok(Some(Step::Record(item)))
}
