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

use super::open::{self, Lineage, Opened};
use super::origin::{Origin, Why};
use super::takeover_lock::take_lock;
use super::{DynWriter, Home};
use crate::create::{self, Beginning};
use crate::error::{RegionError, RegionErrorKind as Kind};
use crate::file::{self, Content};
use crate::fork::OwnFile;
use crate::lock;
use crate::mapped_region::{MappedRegion, Preamble};
use crate::mapping::Access;
use crate::options::Options;
use crate::writer_status::WriterStatus;
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
    lineage: Lineage,
    why: Why,
}

impl DynWriter {
    /// Publishes to the region in `file`, a descriptor opened by another process for reading and
    /// writing; messages call it `label`.
    ///
    /// An empty file, or an empty memfd, becomes a region. One that holds this schema is resumed:
    /// the
    /// epoch rises by one. Mode and group stay what they are, and nothing is done about the file's
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
        match look(file, label, &schema, options)? {
            Found::Usable(opened) => {
                let opened = Opened { twin: None, ..opened }; // the passer has it
                Ok(Self::with(opened, label, Home::Passed, schema, options.clone()))
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
        let opened = match kept.map(|file| look(file, label, &schema, options)).transpose()? {
            None => memfd(label, &schema, options, Lineage::FIRST, Origin::Created)?,
            Some(Found::Usable(opened)) => opened,
            Some(Found::Other(old)) => {
                let origin = Origin::Replaced(old.why);
                let opened = memfd(label, &schema, options, old.lineage, origin)?;
                if let Some(publisher) = &old.publisher {
                    open::retire(publisher);
                }
                opened
            }
        };
        Ok(Self::with(opened, label, Home::Memfd, schema, options.clone()))
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
        schema: &Schema,
        options: &Options,
        why: Why,
    ) -> Result<Opened, RegionError> {
        match self.home {
            Home::Memfd => {
                let origin = Origin::Replaced(why);
                memfd(&self.path, schema, options, self.next_lineage(), origin)
            }
            Home::Named(_) | Home::Passed => Err(cannot_replace(&self.path, &why)),
        }
    }
}

fn cannot_replace(label: &Path, why: &Why) -> RegionError {
    RegionError::new(label, Kind::CannotReplace(why.to_string()))
}

/// Locks `file` and looks what is in it.
fn look(
    file: File,
    label: &Path,
    schema: &Schema,
    options: &Options,
) -> Result<Found, RegionError> {
    file::expect_passed(&file, label, Access::Write)?;
    let (file, twin) = locked(file, label)?;
    let preamble = match Content::of(&file, label)? {
        Content::Region => match Preamble::read(&file, label) {
            Ok(preamble) => preamble,
            Err(err) => {
                let (why, lineage) = (open::damage(err)?, Lineage::FIRST);
                return Ok(Found::Other(Old { publisher: None, _file: file, lineage, why }));
            }
        },
        Content::Empty => return fill(file, twin, label, schema, options).map(Found::Usable),
        Content::Unfinished(len) if len == planned_len(label, schema, options)? => {
            return fill(file, twin, label, schema, options).map(Found::Usable);
        }
        Content::Unfinished(_) => return Err(RegionError::new(label, Kind::NotARegion)),
    };
    let to_map = file::open_to_map(&file, None, label)?;
    let mapped = MappedRegion::map(&to_map, label, &preamble.header, Access::Write)?;
    let why = open::why_not(&preamble, &mapped, schema, options);
    let publisher = open::publisher_over(mapped, label)?;
    let lineage = open::lineage_of(&publisher);
    Ok(match why {
        None => Found::Usable(Opened { twin, ..open::begin(publisher, file, options, lineage) }),
        Some(why) => Found::Other(Old { publisher: Some(publisher), _file: file, lineage, why }),
    })
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

/// Bytes of the region that `options` ask for.
fn planned_len(label: &Path, schema: &Schema, options: &Options) -> Result<u64, RegionError> {
    create::plan(label, schema, options).map(|header| header.file_len)
}

fn fill(
    file: OwnFile,
    twin: Option<File>,
    label: &Path,
    schema: &Schema,
    options: &Options,
) -> Result<Opened, RegionError> {
    let header = create::fill_region(&file, label, schema, options, Beginning::after(0))?;
    let opened = start(file, label, &header, options, Lineage::FIRST, Origin::Created)?;
    Ok(Opened { twin, ..opened })
}

/// A new memfd, complete and locked.
fn memfd(
    label: &Path,
    schema: &Schema,
    options: &Options,
    lineage: Lineage,
    origin: Origin,
) -> Result<Opened, RegionError> {
    let (file, header) = create::memfd(label, schema, options, Beginning::after(lineage.sequence))?;
    let own = again(&file, label)?;
    take_lock(&own, label)?;
    let opened = start(own, label, &header, options, lineage, origin)?;
    Ok(Opened { twin: Some(file), ..opened })
}

fn start(
    file: OwnFile,
    label: &Path,
    header: &layout::header::Header,
    options: &Options,
    lineage: Lineage,
    origin: Origin,
) -> Result<Opened, RegionError> {
    let mapped =
        MappedRegion::map(&file::open_to_map(&file, None, label)?, label, header, Access::Write)?;
    WriterStatus::of(&mapped).begin(lineage.epoch, options.period);
    let publisher = open::publisher_over(mapped, label)?;
    Ok(Opened { publisher, file, twin: None, epoch: lineage.epoch, origin })
}
