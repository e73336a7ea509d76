//! Room for the file of a region, set aside before the first region of a replay is opened.
//!
//! Invariant: a file that does not fit is an error while every region still is as it was. Between the release of the
//! room and the creation of the file another program may fill the disk: then the regions that were
//! opened before stay.
//!
//! Price: a file without a name for each region that is made anew. A file system without such files
//! (`O_TMPFILE`) sets nothing aside.

use std::io;
use std::path::Path;

use mapcast::dynamic::{Header, Schema};
use mapcast::{Address, MAX_INSTANCES, State};
use rustix::fd::OwnedFd;
use rustix::fs::{FallocateFlags, Mode, OFlags, fallocate, open};
use rustix::io::Errno;

use super::ReplayError;
use super::decode::Topic;
use crate::record::source::Source;

/// Slots of a region whose topic has no number of them: as `Options::new` has it.
const SLOTS: u32 = 8;

/// What the file of a region has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) slots: u32,
    /// `None`: it has one record.
    pub(crate) max_instances: Option<u32>,
}

impl Shape {
    /// The shape for `topic`, if the file has `instances` names of instances in its region.
    pub(crate) fn of(topic: &Topic, instances: u32) -> Self {
        let is_possible = |slots: &u32| (4..=65_536).contains(slots) && slots.is_power_of_two();
        let most = topic.max_instances.unwrap_or(instances);
        Self {
            slots: topic.slots.filter(is_possible).unwrap_or(SLOTS),
            max_instances: topic.instance.map(|_| most.max(instances).clamp(1, MAX_INSTANCES)),
        }
    }

    /// `None`: there can be no such region.
    fn header(self, schema: &Schema) -> Option<Header> {
        let plain = Header::plan(schema, self.slots).ok()?;
        self.max_instances.map_or(Some(plain.clone()), |max| plain.with_instances(max).ok())
    }
}

/// See the [module](self). Dropping it releases the room.
#[derive(Debug, Default)]
pub(crate) struct Room {
    /// The order in which regions are opened: a region that replaces another one comes last.
    pub(crate) is_of_another: bool,
    _held: Option<OwnedFd>,
}

impl Room {
    /// Room for a region at `at`; none if the region that is there can be resumed.
    ///
    /// # Errors
    /// There is no room.
    pub(crate) fn set_aside(
        at: &Address,
        shape: Shape,
        schema: &Schema,
    ) -> Result<Self, ReplayError> {
        // Opening the region says why there can be none.
        let Some(header) = shape.header(schema) else { return Ok(Self::default()) };
        let found = Source::open(at).ok();
        if found.as_ref().is_some_and(|found| is_resumed(found, &header, schema)) {
            return Ok(Self::default());
        }
        let held = hold(at.path(), header.file_len);
        let held = held.map_err(|source| ReplayError::file("make room for", at.path(), source))?;
        Ok(Self { is_of_another: found.is_some(), _held: held })
    }
}

/// Whether a writer of this schema and header continues in the file that is there.
fn is_resumed(found: &Source, header: &Header, schema: &Schema) -> bool {
    let reader = found.reader();
    let there = reader.header();
    **reader.schema() == *schema
        && (there.slots, there.file_len) == (header.slots, header.file_len)
        && matches!(reader.state(), State::Closed | State::Dead)
}

/// A file of `len` bytes in the directory of `path`, without a name; `None` if there can be no such file, for
/// another reason than its size.
fn hold(path: &Path, len: u64) -> io::Result<Option<OwnedFd>> {
    let directory = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    let held = open(directory, flags, Mode::RUSR | Mode::WUSR)
        .and_then(|file| fallocate(&file, FallocateFlags::empty(), 0, len).map(|()| file));
    match held {
        Ok(file) => Ok(Some(file)),
        Err(error @ (Errno::NOSPC | Errno::DQUOT | Errno::FBIG)) => Err(error.into()),
        Err(_) => Ok(None),
    }
}
