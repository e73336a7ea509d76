//! How a writer gets its region: create, resume or replace.
//!
//! ```text
//!   no file            create aside, claim the name            a new lineage, epoch 1, sequence from 1
//!   ours, same record  take the lock, resume                   epoch + 1, the sequence continues
//!   ours, otherwise    take the lock, create aside, replace    epoch + 1, the sequence continues,
//!                                                              the old file is marked retired
//!   ours, but a reader's lock or a second name is on it    as "otherwise"
//!                                                              (see `succession`)
//!   not a region       refuse: it is another program's file
//!   another user's     refuse: that user could change what is published
//! ```

use super::inherited::{instances_of, left, names_in, take_over_instances};
use super::origin::{Origin, Why};
use super::preflight::{Preflight, damage};
use super::succession::Succession;
use super::takeover_lock::{TakeoverLock, take_lock};
use crate::aside;
use crate::clock::BootTime;
use crate::create;
use crate::error::{RegionError, RegionErrorKind as Kind};
use crate::file_id::FileId;
use crate::fork::OwnFile;
use crate::instances::Earlier;
use crate::lineage;
use crate::location::Location;
use crate::mapped_region::{self, MappedRegion};
use crate::mapping::Access;
use crate::options::Options;
use crate::rights::{self, Rights};
use crate::unnamed::{self, Succeeded, Unnamed};
use crate::wait;
use crate::wall;
use crate::writer_status::WriterStatus;
use channel::{Publisher, Ring};
use layout::header::{Header, StateWord};
use layout::{InstanceName, Schema};
use std::fs::File;
use std::path::Path;

/// An open region, ready to publish.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) publisher: Publisher<MappedRegion>,
    /// Holds the writer's lock.
    pub(super) file: OwnFile,
    /// The same file by a descriptor without the lock, for a memfd.
    pub(super) twin: Option<File>,
    pub(super) epoch: u64,
    pub(super) origin: Origin,
    /// The instances of the region that it takes the place of.
    pub(super) before: Vec<InstanceName>,
}

impl Opened {
    pub(super) fn new(
        publisher: Publisher<MappedRegion>,
        file: OwnFile,
        epoch: u64,
        origin: Origin,
    ) -> Self {
        Self { publisher, file, twin: None, epoch, origin, before: Vec::new() }
    }
}

/// Attempts before giving up when other processes keep replacing the file.
pub(super) const TRIES: usize = 100;

/// What a writer asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    pub(super) schema: &'a Schema,
    pub(super) options: &'a Options,
}

/// Creates, resumes or replaces the region `at` its name.
pub(super) fn open(at: &Location, wanted: Wanted<'_>) -> Result<Opened, RegionError> {
    at_name(at, |file| take_over(file, None, at, wanted), || create_first(at, wanted))
}

/// Calls `resume` with the file that has the name, or `create` if none has. Each returns `None` if
/// the name belongs to another file meanwhile; then both are tried again.
pub(crate) fn at_name<T>(
    at: &Location,
    resume: impl Fn(OwnFile) -> Result<Option<T>, RegionError>,
    create: impl Fn() -> Result<Option<T>, RegionError>,
) -> Result<T, RegionError> {
    for _ in 0..TRIES {
        let opened = match at.open_to_write() {
            Ok(file) => resume(file)?,
            Err(err) if err.is_not_there() => create()?,
            Err(err) => return Err(err),
        };
        if let Some(opened) = opened {
            return Ok(opened);
        }
    }
    Err(RegionError::new(at.path(), Kind::Replaced))
}

/// Resumes the region that is in `file`, whatever its name.
pub(super) fn adopt(file: OwnFile, path: &Path, options: &Options) -> Result<Opened, RegionError> {
    take_lock(&file, path)?;
    let publisher = Preflight::of_passed(&file, path)?.publisher(path)?;
    Ok(begin(publisher, file, options))
}

/// `None`: another process created one first.
fn create_first(at: &Location, wanted: Wanted<'_>) -> Result<Option<Opened>, RegionError> {
    let first = Succession::first(wanted.options, lineage::last_change(at));
    let Fresh { unnamed, publisher, epoch } = Fresh::make(at, wanted, &first)?;
    let file = unnamed.claim(at)?;
    Ok(file.map(|file| Opened::new(publisher, file, epoch, Origin::Created)))
}

/// Resumes the region in `file`, or replaces it. Takes its lock unless this process holds it already.
///
/// `None`: the file lost its name before it was ours.
pub(super) fn take_over(
    file: OwnFile,
    preflight: Option<Preflight>,
    at: &Location,
    wanted: Wanted<'_>,
) -> Result<Option<Opened>, RegionError> {
    let (path, options) = (at.path(), wanted.options);
    let links = unnamed::links(&file, at)?;
    let lock = TakeoverLock::take(&file, at)?;
    if !is_named(&file, at)? {
        return Ok(None);
    }
    at.expect_own(&file)?;
    let preflight = preflight.filter(|preflight| preflight.is_whole(&file));
    let preflight = match preflight.map_or_else(|| Preflight::of(&file, at), Ok) {
        Ok(preflight) => preflight,
        Err(err) => {
            let why = damage(err)?;
            let known = lineage::last_change(at).max(mapped_region::lineage_in(&file));
            let first = Succession::first(options, known);
            return Fresh::make(at, wanted, &first)?.put(at, &file, why);
        }
    };
    let why = preflight
        .why_ended(&file)
        .or_else(|| (links > 1).then_some(Why::Linked))
        .or_else(|| lock.why_not())
        .or_else(|| preflight.why_other(wanted));
    let narrower = Rights::of(options, path)?.narrow(&file, path)?;
    let publisher = preflight.publisher(path)?;
    if let Some(why) = why.or(narrower.then_some(Why::Narrowed)) {
        return supersede(&publisher, &file, at, wanted, why);
    }
    rights::admit(&file, path, options)?;
    let opened = begin(publisher, file, options);
    // The last writer may have died over a replacement, with the old file's name aside.
    aside::sweep(at);
    Ok(Some(opened))
}

/// Puts a new region in the place of `old`, which is in `file`; `None`: another file has the name.
fn supersede(
    old: &Publisher<MappedRegion>,
    file: &File,
    at: &Location,
    wanted: Wanted<'_>,
    why: Why,
) -> Result<Option<Opened>, RegionError> {
    // Under its other name it may be another region, whose readers stay with it.
    let is_other_region = why == Why::Linked;
    let epoch = next_epoch(old.ring().memory());
    let known = lineage::last_change(at);
    let next = Succession::in_new_file(old, epoch, &why, wanted, known);
    let is_damaged = matches!(why, Why::Damaged(_));
    let instances = if is_damaged { None } else { instances_of(old, at.path())? };
    let earlier = left(old, instances.as_ref(), &why, wanted);
    let fresh = Fresh::make(at, wanted, &next)?.with(earlier, wanted.options, at.path())?;
    let opened = fresh.put(at, file, why)?;
    if opened.is_some() && !is_other_region {
        retire(old);
    }
    Ok(opened.map(|opened| Opened { before: names_in(instances.as_ref()), ..opened }))
}

/// Whether `file` has the name `at` its location.
pub(crate) fn is_named(file: &File, at: &Location) -> Result<bool, RegionError> {
    let ours = FileId::of(file).map_err(|err| RegionError::io(at.path(), "fstat", err))?;
    Ok(at.named()? == Some(ours))
}

pub(crate) fn publisher_over(
    mapped: MappedRegion,
    path: &Path,
) -> Result<Publisher<MappedRegion>, RegionError> {
    let slots = mapped.header().slots;
    let ring = Ring::new(mapped, slots)
        .map_err(|err| RegionError::new(path, Kind::BadOptions(err.to_string())))?;
    Ok(Publisher::resume(ring))
}

/// The epoch of the writer after the last one.
pub(super) fn next_epoch(mapped: &MappedRegion) -> u64 {
    WriterStatus::of(mapped).epoch().saturating_add(1)
}

/// Marks the region as this writer's.
pub(super) fn begin(
    publisher: Publisher<MappedRegion>,
    file: OwnFile,
    options: &Options,
) -> Opened {
    let mapped = publisher.ring().memory();
    let epoch = next_epoch(mapped);
    WriterStatus::of(mapped).begin(epoch, options.period, BootTime::now());
    wall::update(&publisher);
    wait::wake_all(mapped.futex_word());
    Opened::new(publisher, file, epoch, Origin::Resumed)
}

/// Marks the old region retired for its readers, once its successor has the name.
pub(super) fn retire(old: &Publisher<MappedRegion>) {
    let mapped = old.ring().memory();
    WriterStatus::of(mapped).set_mark(StateWord::Retired);
    wait::wake_all(mapped.futex_word());
}

/// The publisher of a new region, which is marked live and holds the record that it continues.
pub(super) fn start(
    to_map: &File,
    path: &Path,
    header: &Header,
    options: &Options,
    next: &Succession,
) -> Result<Publisher<MappedRegion>, RegionError> {
    let mapped = MappedRegion::map(to_map, path, header, Access::Write)?;
    wall::begin(&mapped, next.wall);
    WriterStatus::of(&mapped).begin(next.epoch, options.period, next.heartbeat);
    let mut publisher = publisher_over(mapped, path)?;
    if let Some(last) = &next.last {
        publisher.publish(last.published_at, &last.bytes);
    }
    wall::update(&publisher);
    Ok(publisher)
}

/// A complete region, marked live, that has no name yet.
pub(super) struct Fresh {
    unnamed: Unnamed,
    publisher: Publisher<MappedRegion>,
    epoch: u64,
}

impl Fresh {
    pub(super) fn make(
        at: &Location,
        wanted: Wanted<'_>,
        next: &Succession,
    ) -> Result<Self, RegionError> {
        let Wanted { schema, options } = wanted;
        let (unnamed, header) = create::region(at, schema, options, next.beginning())?;
        let publisher = start(&unnamed.open_to_map(at)?, at.path(), &header, options, next)?;
        Ok(Self { unnamed, publisher, epoch: next.epoch })
    }

    /// The same with the instances of an earlier file.
    pub(super) fn with(
        self,
        earlier: Option<Earlier<'_>>,
        options: &Options,
        path: &Path,
    ) -> Result<Self, RegionError> {
        take_over_instances(&self.publisher, earlier, options, path)?;
        Ok(self)
    }

    /// Takes the name from `old`, or the free name of one that was deleted; `None` if that is not
    /// what is there.
    pub(super) fn put(
        self,
        at: &Location,
        old: &File,
        why: Why,
    ) -> Result<Option<Opened>, RegionError> {
        let Self { unnamed, publisher, epoch } = self;
        let file = if why == Why::Deleted {
            unnamed.claim(at)?
        } else if let Succeeded::Named(file) = unnamed.succeed(at, old)? {
            Some(file)
        } else {
            None
        };
        Ok(file.map(|file| Opened::new(publisher, file, epoch, Origin::Replaced(why))))
    }
}
