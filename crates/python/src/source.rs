//! What a follower follows: a region of one record, or the instances of one.
//!
//! Invariant: a record that is found has the schema of the file that it was read from, also if that has
//! just taken the name.

use crate::place::Place;
use mapcast::dynamic::{AnyReader, InstanceReader, Reader, RecordView, Schema};
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
pub(crate) struct Source {
    pub(crate) reader: AnyReader,
    /// The name of the instance that is followed; `None`: all, or the one record.
    only: Option<String>,
}

impl Source {
    /// Attaches to a region of either kind; `only` this instance of one that has many.
    pub(crate) fn open(place: &Place, only: Option<&str>) -> Result<Self, Error> {
        let reader = match (place, only) {
            (Place::Named(at), None) => AnyReader::open(at)?,
            (Place::Named(at), Some(_)) => AnyReader::Instances(InstanceReader::open(at)?),
            (Place::Passed(passed), None) => AnyReader::open_file(passed.file(), passed.name())?,
            (Place::Passed(passed), Some(_)) => {
                let reader = InstanceReader::open_file(passed.file(), passed.name())?;
                AnyReader::Instances(reader)
            }
        };
        Ok(Self { reader, only: only.map(Into::into) })
    }

    /// The same, from another record than the newest on.
    pub(crate) fn open_at(place: &Place, only: Option<&str>, begin: Begin) -> Result<Self, Error> {
        let mut source = Self::open(place, only)?;
        source.reader.begin(begin);
        Ok(source)
    }

    /// Whether each record is of an instance.
    pub(crate) const fn has_instances(&self) -> bool {
        matches!(self.reader, AnyReader::Instances(_))
    }
}

impl Followed for Source {
    type Item = Item;

    fn step(&mut self) -> Result<Step<Item>, Error> {
        match &mut self.reader {
            AnyReader::Plain(reader) => next(reader),
            AnyReader::Instances(reader) => {
                for _ in 0..OTHERS {
                    if let Some(step) = next_of_instances(reader, self.only.as_deref())? {
                        return Ok(step);
                    }
                }
                Ok(Step::Pending)
            }
        }
    }

    fn refresh(&mut self) -> Result<Refreshed, Error> {
        match &mut self.reader {
            // A follower of one instance stays with the kind: in the other it is not there any more.
            AnyReader::Instances(reader) if self.only.is_some() => reader.refresh(),
            reader => reader.refresh(),
        }
    }

    fn region(&self) -> Option<&Reader> {
        Some(&self.reader)
    }

    fn refresh_every(&mut self, every: Duration) -> Duration {
        self.reader.refresh_every(every)
    }
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
