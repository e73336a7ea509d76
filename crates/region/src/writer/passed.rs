//! A writer whose region has no name: a descriptor that another process opened, or a memfd.
//!
//! ```text
//!   passed file  empty            filled                            epoch 1
//!                ours, same       resumed                           epoch + 1
//!                otherwise        refused: those who have the descriptor would not see another
//!   memfd        ours, otherwise  retired, and a new memfd is made  epoch + 1
//! ```
//!
//! Invariant: the writer's lock lies on an open file description of its own wherever the kernel
//! lets it have one. Whoever passed the descriptor may keep it, pass it again, or pass it to
//! readers too: the lock still ends with the writer, keeps a second one out, and is seen by readers.

use super::inherited;
use super::open::{self, Opened, Wanted};
use super::origin::{Origin, Why};
use super::preflight::{self, Preflight};
use super::succession::Succession;
use super::takeover_lock::take_lock;
use super::{DynWriter, Home};
use crate::create;
use crate::error::{RegionError, RegionErrorKind as Kind};
use crate::file::{self, Content};
use crate::fork::OwnFile;
use crate::lock;
use crate::mapped_region::{self, MappedRegion};
use crate::mapping::Access;
use crate::options::Options;
use channel::Publisher;
use layout::Schema;
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::sync::Arc;

/// What is in a file that is open already.
enum Found {
    /// A region that this writer can resume, or nothing yet.
    Usable(Opened),
    /// A region that it cannot resume.
    Other(Old),
}

/// The region that has to give way.
struct Old {
    /// `None`: it is damaged.
    publisher: Option<Publisher<MappedRegion>>,
    /// Holds its lock.
    _file: OwnFile,
    next: Succession,
    why: Why,
}

impl DynWriter {
    /// Publishes to the region in `file`, a descriptor opened by another process for reading and
    /// writing; messages call it `label`.
    ///
    /// An empty file, or an empty memfd, becomes a region. One that holds this schema is resumed:
    /// the epoch rises by one. Mode and group stay what they are, and nothing is done about the file's
    /// name if it has one.
    ///
    /// # Errors
    /// [`Kind::CannotReplace`] if it holds anything else: the others who have the descriptor would
    /// not see a new region. [`Kind::WrongAccess`], [`Kind::Busy`], [`Kind::NotAFile`],
    /// [`Kind::NotARegion`], [`Kind::BadOptions`], [`Kind::Io`].
    pub fn open_file(
        file: File,
        label: &Path,
        schema: &Schema,
        options: &Options,
    ) -> Result<Self, RegionError> {
        let schema = Arc::new(schema.clone());
        match inspect(file, label, Wanted { schema: &schema, options })? {
            Found::Usable(opened) => {
                let opened = Opened { twin: None, ..opened }; // the passer has it
                Self::with(opened, label, Home::Passed, schema, options.clone())
            }
            Found::Other(old) => Err(cannot_replace(label, &old.why)),
        }
    }

    /// Publishes to a memfd: the one that was kept since this writer's predecessor, if it can go
    /// on, else a new one. Hand [`share`](Self::share) to whoever keeps it and to its readers.
    ///
    /// # Errors
    /// As [`open_file`](Self::open_file), without `CannotReplace`.
    pub fn open_memfd(
        kept: Option<File>,
        label: &Path,
        schema: &Schema,
        options: &Options,
    ) -> Result<Self, RegionError> {
        let schema = Arc::new(schema.clone());
        let wanted = Wanted { schema: &schema, options };
        let opened = match kept.map(|file| inspect(file, label, wanted)).transpose()? {
            None => memfd(label, wanted, &Succession::first(options, 0), Origin::Created)?,
            Some(Found::Usable(opened)) => opened,
            Some(Found::Other(old)) => {
                let origin = Origin::Replaced(old.why.clone());
                let mut opened = memfd(label, wanted, &old.next, origin)?;
                if let Some(publisher) = &old.publisher {
                    let table = inherited::instances_of(publisher, label)?;
                    let earlier = inherited::left(publisher, table.as_ref(), &old.why, wanted);
                    inherited::take_over_instances(&opened.publisher, earlier, options, label)?;
                    open::retire(publisher);
                    opened.before = inherited::names_in(table.as_ref());
                }
                opened
            }
        };
        Self::with(opened, label, Home::Memfd, schema, options.clone())
    }

    /// The region's file once more, open for reading and writing, without the writer's lock: for a
    /// service manager that keeps it, or for readers, who map it read-only.
    ///
    /// # Errors
    /// [`Kind::Io`], for example where /proc is hidden.
    pub fn share(&self) -> Result<File, RegionError> {
        self.expect_here()?;
        file::open_again(&self.file, Access::Write)
            .map_err(|err| RegionError::io(&self.path, "reopen", err))
    }

    /// The descriptor of a memfd, without the writer's lock; `None` for a region that is none, or one
    /// that was kept and cannot be opened again. Unlike [`share`](Self::share) it is there already
    /// and cannot fail.
    pub fn memfd(&self) -> Option<BorrowedFd<'_>> {
        self.twin.as_ref().map(AsFd::as_fd)
    }

    /// A new region in place of this one, which has no name. Only a memfd can be replaced.
    pub(super) fn unnamed_successor(
        &self,
        wanted: Wanted<'_>,
        why: Why,
    ) -> Result<Opened, RegionError> {
        match self.home {
            Home::Memfd => {
                let (old, epoch) = (&self.publisher, self.epoch + 1);
                let next = Succession::in_new_file(old, epoch, &why, wanted, 0);
                let next = next.by_same_writer(old);
                let earlier = inherited::earlier(old, self.instances.as_deref(), &why, wanted);
                let opened = memfd(&self.path, wanted, &next, Origin::Replaced(why))?;
                let (publisher, options) = (&opened.publisher, wanted.options);
                inherited::take_over_instances(publisher, earlier, options, &self.path)?;
                Ok(Opened { before: inherited::names_in(self.instances.as_deref()), ..opened })
            }
            Home::Named(_) | Home::Passed => Err(cannot_replace(&self.path, &why)),
        }
    }
}

pub(super) fn cannot_replace(label: &Path, why: &Why) -> RegionError {
    RegionError::new(label, Kind::CannotReplace(why.to_string()))
}

/// Locks `file` and inspects what is in it.
fn inspect(file: File, label: &Path, wanted: Wanted<'_>) -> Result<Found, RegionError> {
    file::expect_passed(&file, label, Access::Write)?;
    let (file, twin) = locked(file, label)?;
    let preflight = match Content::of(&file, label)? {
        Content::Region => match Preflight::of_passed(&file, label) {
            Ok(preflight) => preflight,
            Err(err) => {
                let why = preflight::damage(err)?;
                let known = mapped_region::lineage_in(&file);
                let next = Succession::first(wanted.options, known);
                return Ok(Found::Other(Old { publisher: None, _file: file, next, why }));
            }
        },
        Content::Empty => return fill(file, twin, label, wanted).map(Found::Usable),
        Content::Unfinished(len) if len == planned_len(label, wanted)? => {
            return fill(file, twin, label, wanted).map(Found::Usable);
        }
        Content::Unfinished(_) => return Err(RegionError::new(label, Kind::NotARegion)),
    };
    let why = preflight.why_ended(&file).or_else(|| preflight.why_other(wanted));
    let publisher = preflight.publisher(label)?;
    let Some(why) = why else {
        let opened = open::begin(publisher, file, wanted.options);
        return Ok(Found::Usable(Opened { twin, ..opened }));
    };
    let epoch = open::next_epoch(publisher.ring().memory());
    let next = Succession::in_new_file(&publisher, epoch, &why, wanted, 0);
    Ok(Found::Other(Old { publisher: Some(publisher), _file: file, next, why }))
}

/// `file` with the writer's lock, if possible on an open file description of its own: then `file`
/// is returned second.
fn locked(file: File, label: &Path) -> Result<(OwnFile, Option<File>), RegionError> {
    match again(&file, label) {
        Ok(own) if lock::try_take(&own).unwrap_or(false) => return Ok((own, Some(file))),
        Err(err) if is_out_of_descriptors(&err) => return Err(err),
        // No right to open it once more, or it was passed with the lock on it.
        _ => {}
    }
    take_lock(&file, label)?;
    Ok((OwnFile::open(label, || Ok(file))?, None))
}

/// `file` by an open file description of this writer's own.
fn again(file: &File, label: &Path) -> Result<OwnFile, RegionError> {
    let open = || {
        file::open_again(file, Access::Write).map_err(|err| RegionError::io(label, "reopen", err))
    };
    OwnFile::open(label, open)
}

fn is_out_of_descriptors(err: &RegionError) -> bool {
    matches!(err.kind(), Kind::Io { source, .. } if file::is_out_of_descriptors(source))
}

/// Bytes of the wanted region.
fn planned_len(label: &Path, wanted: Wanted<'_>) -> Result<u64, RegionError> {
    create::plan(label, wanted.schema, wanted.options).map(|header| header.file_len)
}

/// Makes an empty file the wanted region.
fn fill(
    file: OwnFile,
    twin: Option<File>,
    label: &Path,
    Wanted { schema, options }: Wanted<'_>,
) -> Result<Opened, RegionError> {
    let first = Succession::first(options, 0);
    // Empty again: of a part of a region the next writer could not tell what it is.
    let header = create::fill_region(&file, label, schema, options, first.beginning())
        .inspect_err(|_| drop(file.set_len(0)))?;
    let to_map = file::open_to_map(&file, None, label)?;
    let publisher = open::start(&to_map, label, &header, options, &first)?;
    Ok(Opened { twin, ..Opened::new(publisher, file, first.epoch, Origin::Created) })
}

/// A new memfd, complete and locked.
fn memfd(
    label: &Path,
    Wanted { schema, options }: Wanted<'_>,
    next: &Succession,
    origin: Origin,
) -> Result<Opened, RegionError> {
    let (twin, header) = create::memfd(label, schema, options, next.beginning())?;
    let file = again(&twin, label)?;
    take_lock(&file, label)?;
    let to_map = file::open_to_map(&file, None, label)?;
    let publisher = open::start(&to_map, label, &header, options, next)?;
    Ok(Opened { twin: Some(twin), ..Opened::new(publisher, file, next.epoch, origin) })
}
