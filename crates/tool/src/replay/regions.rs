//! The regions that a file is replayed into.
//!
//! Invariant: none of them has a writer when the first is opened, there is room for all of them, and all are open
//! before a record is published. Those that replace a region of another record are opened last, so whatever
//! refuses one of the others leaves them as they were.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use mapcast::dynamic::{InstanceWriter, Schema, Writer};
use mapcast::{Address, Error, Instance, InstanceName, Options, State};

use super::ReplayError;
use super::decode::Topic;
use super::room::{Room, Shape};
use crate::record::source::Source;

/// See the [module](self).
#[derive(Debug)]
pub(crate) struct Regions(BTreeMap<String, Region>);

#[derive(Debug)]
struct Region {
    at: Address,
    schema: Arc<Schema>,
    /// Names of instances in the file.
    instances: u32,
    /// `None`: the last one is closed, and the next could not be opened.
    writer: Option<Either>,
}

/// A region that is to be opened.
struct Planned<'t> {
    topic: &'t Topic,
    at: Address,
    instances: u32,
    room: Room,
}

impl Planned<'_> {
    fn open(self) -> Result<(String, Region), ReplayError> {
        let Self { topic, at, instances, room } = self;
        // The file takes it.
        drop(room);
        let writer = Some(Either::open(&at, topic, instances)?);
        let schema = Arc::clone(topic.schema());
        Ok((topic.region.clone(), Region { at, schema, instances, writer }))
    }
}

#[derive(Debug)]
enum Either {
    Plain(Writer),
    Instances(InstanceWriter, HashMap<String, Instance>),
}

impl Regions {
    /// Opens a region for each of `topics`, which are of the file at `path`; the names begin with `prefix`.
    ///
    /// # Errors
    /// A region has a live writer, cannot be opened, or cannot have its name.
    pub(crate) fn open<'t>(
        path: &Path,
        topics: impl Iterator<Item = &'t Topic>,
        prefix: &str,
    ) -> Result<Self, ReplayError> {
        let mut found: BTreeMap<&str, (&Topic, Address)> = BTreeMap::new();
        let mut instances: BTreeMap<&str, BTreeSet<InstanceName>> = BTreeMap::new();
        for topic in topics {
            instances.entry(&topic.region).or_default().extend(topic.instance);
            if !found.contains_key(&*topic.region) {
                let at = address(path, topic, &format!("{prefix}{}", topic.region))?;
                expect_no_writer(&at)?;
                found.insert(&topic.region, (topic, at));
            }
        }
        let planned = found.into_iter().map(|(name, (topic, at))| {
            let instances = instances.get(name).map_or(0, BTreeSet::len);
            let instances = u32::try_from(instances).unwrap_or(u32::MAX);
            let room = Room::set_aside(&at, Shape::of(topic, instances), topic.schema())?;
            Ok(Planned { topic, at, instances, room })
        });
        let mut planned = planned.collect::<Result<Vec<_>, ReplayError>>()?;
        planned.sort_by_key(|planned| planned.room.is_of_another);
        planned.into_iter().map(Planned::open).collect::<Result<_, _>>().map(Self)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Publishes a record of `topic`. A region whose records were of another schema before is replaced.
    pub(crate) fn publish(&mut self, topic: &Topic, record: &[u8]) -> Result<(), ReplayError> {
        let Some(region) = self.0.get_mut(&topic.region) else { return Ok(()) };
        let is_same =
            Arc::ptr_eq(&region.schema, topic.schema()) || region.schema == *topic.schema();
        if !is_same || !region.writer.as_ref().is_some_and(|writer| writer.fits(topic)) {
            // It has to end before there can be another one.
            region.writer = None;
            region.writer = Some(Either::open(&region.at, topic, region.instances)?);
        }
        region.schema = Arc::clone(topic.schema());
        Ok(region.writer.as_mut().map_or(Ok(()), |writer| writer.publish(topic, record))?)
    }
}

/// Where a region of this name is written.
fn address(path: &Path, topic: &Topic, name: &str) -> Result<Address, ReplayError> {
    let bad = |reason: String| ReplayError::Name {
        path: path.to_owned(),
        topic: topic.name.clone(),
        reason,
    };
    settings::Address::name(name).map_err(|error| bad(error.to_string()))?;
    Ok(mapcast::locate(name)?)
}

fn expect_no_writer(at: &Address) -> Result<(), ReplayError> {
    // Whatever else is there, opening it says so.
    let Ok(source) = Source::open(at) else { return Ok(()) };
    let reader = source.reader();
    if matches!(reader.state(), State::Live | State::Stalled) {
        let (path, pid) = (reader.path().to_owned(), reader.writer_pid());
        return Err(ReplayError::Live { path, pid });
    }
    Ok(())
}

impl Either {
    fn open(at: &Address, topic: &Topic, instances: u32) -> Result<Self, Error> {
        let Shape { slots, max_instances } = Shape::of(topic, instances);
        let options = Options::new().slots(slots);
        let Some(max) = max_instances else {
            return Writer::open_with(at, topic.schema(), &options).map(Self::Plain);
        };
        let writer = InstanceWriter::open_with(at, topic.schema(), &options, max)?;
        Ok(Self::Instances(writer, HashMap::new()))
    }

    fn fits(&self, topic: &Topic) -> bool {
        matches!(self, Self::Plain(_)) == topic.instance.is_none()
    }

    fn publish(&mut self, topic: &Topic, record: &[u8]) -> Result<(), Error> {
        match self {
            Self::Plain(writer) => writer.publish(record)?,
            Self::Instances(writer, known) => {
                let name = topic.instance.as_deref().unwrap_or_default();
                let instance = if let Some(instance) = known.get(name) {
                    *instance
                } else {
                    let instance = writer.instance(name)?;
                    known.insert(name.to_owned(), instance);
                    instance
                };
                writer.publish(instance, record)?
            }
        };
        Ok(())
    }
}
