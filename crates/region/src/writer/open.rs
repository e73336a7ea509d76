//! How a writer comes to its region: create, resume or replace.
//!
//! ```text
//!   no file            create aside, claim the name            epoch 1, sequence from 1
//!   ours, same record  take the lock, resume                   epoch + 1, the sequence goes on
//!   ours, otherwise    take the lock, create aside, replace    epoch + 1, the sequence goes on,
//!                                                              the old file is marked retired
//!   ours, but a reader's lock or a second name is on it    as "otherwise"
//!   not a region       refuse: it is somebody else's file
//!   another user's     refuse: that user could change what is published
//! ```

use super::hold::{Hold, take_lock};
use crate::body::{Body, Preamble};
use crate::create::{self, Unnamed};
use crate::error::{RegionError, RegionErrorKind as Kind};
use crate::file::{self, Identity};
use crate::fork::OwnFile;
use crate::line::Line;
use crate::location::Location;
use crate::mapping::Access;
use crate::options::Options;
use crate::rights::{self, Rights};
use crate::state;
use crate::wait;
use channel::{Publisher, Ring};
use layout::Schema;
use layout::header::{Header, StateWord, offset};
use std::fmt;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// How a writer came to its region.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// There was none: a new one was created.
    Created,
    /// The region of an earlier writer goes on.
    Resumed,
    /// A new region took the place of one that could not go on.
    Replaced(Why),
}

/// Why a region could not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// It was left by an earlier boot of the machine.
    OtherBoot,
    /// It holds another record, or describes it otherwise.
    OtherSchema,
    /// It has another number of slots, or another wake setting.
    OtherShape,
    /// It was marked retired by a writer that died before its successor had the name.
    Retired,
    /// A reader's lock kept the writer's from being taken.
    Locked,
    /// Its file had another name too: somebody may have lent it this one.
    Linked,
    /// It was damaged.
    Damaged(String),
    /// More users may have it open than its mode and group are to allow from now on.
    Narrowed,
    /// It was cut short while this writer held it.
    Truncated,
    /// Its name was deleted while this writer held it.
    Deleted,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Created => f.write_str("created"),
            Self::Resumed => f.write_str("resumed"),
            Self::Replaced(why) => write!(f, "replaced ({why})"),
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OtherBoot => "the old one is of an earlier boot",
            Self::OtherSchema => "the old one holds another record",
            Self::OtherShape => "the old one has other slots or waking",
            Self::Retired => "the old one was retired",
            Self::Locked => "a reader holds a lock on the old one",
            Self::Linked => "the old one had a second name, a hard link",
            Self::Damaged(what) => return write!(f, "the old one was damaged: {what}"),
            Self::Narrowed => "the old one was open to more users",
            Self::Truncated => "the old one was cut short",
            Self::Deleted => "the old one was deleted",
        })
    }
}

/// An open region, ready to publish.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) publisher: Publisher<Body>,
    /// Holds the writer's lock.
    pub(super) file: OwnFile,
    /// The same file by a descriptor without the lock, for a memfd.
    pub(super) twin: Option<File>,
    pub(super) epoch: u64,
    pub(super) origin: Origin,
}

/// What a new file takes over from the one before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lineage {
    pub(super) epoch: u64,
    pub(super) sequence: u64,
}

impl Lineage {
    pub(super) const FIRST: Self = Self { epoch: 1, sequence: 0 };
}

/// Races for one name that another process may win before this is an error.
const TRIES: usize = 100;
/// A sequence or epoch beyond this was never counted: 292 years at one a nanosecond.
const LARGEST: u64 = 1 << 62;

/// Creates, resumes or replaces the region `at` its name.
pub(super) fn open(
    at: &Location,
    schema: &Schema,
    options: &Options,
) -> Result<Opened, RegionError> {
    let resume = |file| take_over(file, None, at, schema, options);
    at_name(at, resume, || create_first(at, schema, options))
}

/// What `resume` makes of the file that has the name, or `create` where none has. Each answers
/// `None` if the name has changed hands meanwhile: then it is looked at again.
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

/// Goes on in the region that is in `file`, whatever its name.
pub(super) fn adopt(file: OwnFile, path: &Path, options: &Options) -> Result<Opened, RegionError> {
    take_lock(&file, path)?;
    let preamble = Preamble::read(&file, path)?;
    let mapped = file::open_to_map(&file, None, path)?;
    let body = Body::map(&mapped, path, &preamble.header, Access::Write)?;
    let publisher = publisher_over(body, path)?;
    let lineage = lineage_of(&publisher);
    Ok(begin(publisher, file, options, lineage))
}

/// The error for a region that another writer has.
pub(super) fn busy(file: &File, path: &Path) -> RegionError {
    RegionError::new(path, Kind::Busy { pid: pid_in(file) })
}

/// `None`: another process created one first.
fn create_first(
    at: &Location,
    schema: &Schema,
    options: &Options,
) -> Result<Option<Opened>, RegionError> {
    let fresh = Fresh::make(at, schema, options, Lineage::FIRST)?;
    let Fresh { unnamed, publisher, epoch } = fresh;
    let file = unnamed.claim(at)?;
    Ok(file.map(|file| Opened { publisher, file, twin: None, epoch, origin: Origin::Created }))
}

/// A region that a writer has looked at: its header is checked, and it is mapped.
///
/// A header never changes once the file has its name, so a standby looks before it has the lock; what
/// does change, it asks for when it has it.
#[derive(Debug)]
pub(super) struct Looked {
    preamble: Preamble,
    body: Body,
}

impl Looked {
    pub(super) fn at(file: &File, at: &Location) -> Result<Self, RegionError> {
        let preamble = Preamble::read(file, at.path())?;
        let mapped = at.open_to_map(file)?;
        let body = Body::map(&mapped, at.path(), &preamble.header, Access::Write)?;
        Ok(Self { preamble, body })
    }

    /// Is the region in `file` still as long as it was, to its last byte?
    fn is_whole(&self, file: &File) -> bool {
        let want = self.body.header().file_len;
        file.metadata().is_ok_and(|meta| meta.len() >= want) && self.body.is_whole()
    }
}

/// Goes on in `file`, or replaces it. Takes its lock, if this process has not got it yet.
///
/// `None`: the file lost its name before it was ours.
pub(super) fn take_over(
    file: OwnFile,
    looked: Option<Looked>,
    at: &Location,
    schema: &Schema,
    options: &Options,
) -> Result<Option<Opened>, RegionError> {
    let path = at.path();
    let links = create::links(&file, at)?;
    let hold = Hold::take(&file, at)?;
    if !is_named(&file, at)? {
        return Ok(None);
    }
    file::expect_own(&file, at)?;
    let looked = match looked.filter(|looked| looked.is_whole(&file)) {
        Some(looked) => Ok(looked),
        None => Looked::at(&file, at),
    };
    let Looked { preamble, body } = match looked {
        Ok(looked) => looked,
        Err(err) => {
            let (why, fresh) = (damage(err)?, Fresh::make(at, schema, options, Lineage::FIRST)?);
            return fresh.put(at, &file, why);
        }
    };
    let linked = (links > 1).then_some(Why::Linked);
    let why = hold.why_not().or(linked);
    let why = why.or_else(|| why_not(&preamble, &body, schema, options));
    let narrower = Rights::of(options, path)?.narrow(&file, path)?;
    let why = why.or(narrower.then_some(Why::Narrowed));
    let publisher = publisher_over(body, path)?;
    let lineage = lineage_of(&publisher);
    match why {
        None => {
            rights::admit(&file, path, options)?;
            Ok(Some(begin(publisher, file, options, lineage)))
        }
        Some(why) => {
            let is_other_region = why == Why::Linked;
            let opened = Fresh::make(at, schema, options, lineage)?.put(at, &file, why)?;
            // Under its other name it may be another region: that one's readers are told nothing.
            if opened.is_some() && !is_other_region {
                retire(&publisher);
            }
            Ok(opened)
        }
    }
}

/// What the process id in the header of `file` says, for people; 0 if nothing.
pub(super) fn pid_in(file: &File) -> u64 {
    let mut word = [0; 8];
    match file.read_exact_at(&mut word, offset::PID as u64) {
        Ok(()) => u64::from_le_bytes(word),
        Err(_) => 0,
    }
}

/// Is `file` the one that has the name `at` its location?
pub(crate) fn is_named(file: &File, at: &Location) -> Result<bool, RegionError> {
    let ours = Identity::of(file).map_err(|err| RegionError::io(at.path(), "fstat", err))?;
    Ok(at.named()? == Some(ours))
}

/// What keeps the region from going on, if anything.
pub(super) fn why_not(
    old: &Preamble,
    body: &Body,
    schema: &Schema,
    options: &Options,
) -> Option<Why> {
    let line = Line::of(body);
    if line.epoch().max(crate::line::peek(channel::Memory::head(body))) > LARGEST {
        return Some(Why::Damaged("its sequence or epoch is beyond all counting".into()));
    }
    // The lock is this writer's own by now, so nobody else holds it.
    if state::is_of_another_boot(body, state::Claim::Free) {
        return Some(Why::OtherBoot);
    }
    if line.mark() == StateWord::Retired {
        return Some(Why::Retired);
    }
    // All of the description: readers print its help, labels and line template too.
    if *old.schema != *schema {
        return Some(Why::OtherSchema);
    }
    let same_shape = old.header.slots == options.slots && body.wakes() == options.wake;
    (!same_shape).then_some(Why::OtherShape)
}

pub(super) fn publisher_over(body: Body, path: &Path) -> Result<Publisher<Body>, RegionError> {
    let slots = body.header().slots;
    let ring = Ring::new(body, slots)
        .map_err(|err| RegionError::new(path, Kind::BadOptions(err.to_string())))?;
    Ok(Publisher::resume(ring))
}

/// What the writer after the last one of `publisher`'s region begins with.
pub(super) fn lineage_of(publisher: &Publisher<Body>) -> Lineage {
    let epoch = Line::of(publisher.ring().memory()).epoch();
    if epoch.max(publisher.sequence()) > LARGEST {
        return Lineage::FIRST;
    }
    Lineage { epoch: epoch + 1, sequence: publisher.sequence() }
}

/// Marks the region as this writer's.
pub(super) fn begin(
    publisher: Publisher<Body>,
    file: OwnFile,
    options: &Options,
    lineage: Lineage,
) -> Opened {
    let body = publisher.ring().memory();
    Line::of(body).begin(lineage.epoch, options.period);
    wait::wake_all(body.futex_word());
    let origin = Origin::Resumed;
    Opened { publisher, file, twin: None, epoch: lineage.epoch, origin }
}

/// What is wrong with a region that cannot be read; the error again if it is not ours to replace.
pub(super) fn damage(err: RegionError) -> Result<Why, RegionError> {
    match err.kind() {
        Kind::Damaged(what) => Ok(Why::Damaged(what.clone())),
        Kind::Truncated { want, have } => {
            Ok(Why::Damaged(format!("{have} bytes, its header promises {want}")))
        }
        _ => Err(err),
    }
}

/// Tells the old region's readers, once its successor has the name.
pub(super) fn retire(old: &Publisher<Body>) {
    let body = old.ring().memory();
    Line::of(body).set_mark(StateWord::Retired);
    wait::wake_all(body.futex_word());
}

/// A complete region, marked live, that has no name yet.
pub(super) struct Fresh {
    unnamed: Unnamed,
    publisher: Publisher<Body>,
    epoch: u64,
}

impl Fresh {
    pub(super) fn make(
        at: &Location,
        schema: &Schema,
        options: &Options,
        lineage: Lineage,
    ) -> Result<Self, RegionError> {
        let path = at.path();
        let (unnamed, header): (Unnamed, Header) =
            create::region(at, schema, options, lineage.sequence)?;
        let body = Body::map(&unnamed.open_to_map(at)?, path, &header, Access::Write)?;
        Line::of(&body).begin(lineage.epoch, options.period);
        let publisher = publisher_over(body, path)?;
        Ok(Self { unnamed, publisher, epoch: lineage.epoch })
    }

    /// Takes the name from `old`, or takes it if nothing has it; `None` if another file does.
    pub(super) fn put(
        self,
        at: &Location,
        old: &File,
        why: Why,
    ) -> Result<Option<Opened>, RegionError> {
        let Self { unnamed, publisher, epoch } = self;
        let file = unnamed.replace(at, old)?;
        let origin = Origin::Replaced(why);
        Ok(file.map(|file| Opened { publisher, file, twin: None, epoch, origin }))
    }
}
