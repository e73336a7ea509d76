//! The copy: created without its name, named when it is complete.
//!
//! Invariant: before [`Dest::name`] the name leads to the same file as before, and a process that is
//! killed leaves nothing beside it (where a file can be made without a name; else a temporary file
//! whose name begins with ".copier-"). Only the file that was checked is replaced.
//!
//! ```text
//!   a file without a name --> copy --> check NAME, mode, times, fsync --> NAME
//!                                        ^                                 |
//!                                        '-- not what was checked <--------'
//! ```

mod new_file;

use std::ffi::OsStr;
use std::fs::{File, Metadata};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use region::special_file;
use rustix::fs::AtFlags;

use crate::advice::Op;
use crate::attributes::NotKept;
use crate::bar::Bar;
use crate::cli::Args;
use crate::error::Kind;
use crate::place::{Found, Place};
use crate::rights;
use crate::source::Source;
use new_file::{Attempt, NewFile};

/// How often to retry while the file with the name keeps changing, before that is an error.
const LOOKS: u32 = 8;

/// The copy of `source` that `args` ask for.
#[derive(Debug)]
pub(crate) struct Dest<'a> {
    new: NewFile,
    /// The group that it was made with.
    gid: u32,
    /// Its directory, for `--sync`.
    to_sync: Option<OwnedFd>,
    source: &'a Source,
    args: &'a Args,
}

impl<'a> Dest<'a> {
    /// Makes a file of holes, as long as `source`, where `args.dest` leads.
    pub(crate) fn create(source: &'a Source, args: &'a Args) -> Result<Self, Kind> {
        let (place, former) = match Place::of(&args.dest) {
            Ok((_, Some(found))) if found.meta.is_dir() => in_directory(&args.dest, source)?,
            Err(Kind::NoName(path)) if path.is_dir() => in_directory(&path, source)?,
            place => place?,
        };
        expect_replaceable(&place, former.as_ref(), source, args)?;
        // Before anything is replaced.
        let to_sync = args.sync.then(|| place.open_to_sync()).transpose()?;
        let new = NewFile::create(place)?;
        let dest = Self { gid: new.meta()?.gid(), new, to_sync, source, args };
        dest.set_len(source.len())?;
        Ok(dest)
    }

    /// Sets its length; what is added is a hole.
    pub(crate) fn set_len(&self, len: u64) -> Result<(), Kind> {
        self.file().set_len(len).map_err(Kind::io(self.path(), Op::Truncate))
    }

    /// The file that the copy is written to.
    pub(crate) fn file(&self) -> &File {
        &self.new.file
    }

    /// The path that the user gave.
    pub(crate) fn path(&self) -> &Path {
        self.new.place.path()
    }

    /// Sets mode and owner, and replaces the file with its name; syncs both for `--sync`. Returns what
    /// `--preserve` could not keep.
    pub(crate) fn name(mut self) -> Result<NotKept, Kind> {
        for _ in 0..LOOKS {
            let former = self.new.place.occupant()?;
            expect_replaceable(&self.new.place, former.as_ref(), self.source, self.args)?;
            let not_kept = self.finish(former.as_ref())?;
            let attempt = match &former {
                None => self.new.take_free_name()?,
                Some(former) => self.new.replace(former)?,
            };
            if attempt == Attempt::Done {
                if let Some(dir) = &self.to_sync {
                    self.new.place.sync(dir)?;
                }
                return Ok(not_kept);
            }
        }
        Err(Kind::Unsettled(self.path().to_owned()))
    }

    /// Sets the mode for the file it replaces, then syncs.
    fn finish(&self, former: Option<&Found>) -> Result<NotKept, Kind> {
        let not_kept = if self.args.preserve {
            rights::preserve(self.file(), self.source, &self.new.place)?
        } else {
            rights::take_mode(self.file(), self.gid, self.source, &self.new.place, former)?;
            NotKept::default()
        };
        if self.args.sync {
            let _shown = Bar::headline("syncing");
            self.file().sync_all().map_err(Kind::io(self.path(), Op::Sync))?;
        }
        Ok(not_kept)
    }
}

/// Refuses a name that belongs to something that a copy must not replace.
fn expect_replaceable(
    place: &Place,
    former: Option<&Found>,
    source: &Source,
    args: &Args,
) -> Result<(), Kind> {
    let Some(former) = former else { return Ok(()) };
    let path = place.path();
    expect_file(path, &former.meta, source)?;
    if place.is_mounted() {
        return Err(Kind::Mounted(path.to_owned()));
    }
    if former.is(&source.meta) {
        return Err(Kind::SameFile(path.to_owned()));
    }
    if args.no_clobber {
        return Err(Kind::Exists(path.to_owned()));
    }
    // A file that may not be written is not replaced either, though its directory would allow it.
    let may_write = rustix::fs::Access::WRITE_OK;
    rustix::fs::accessat(place.dir(), place.name(), may_write, AtFlags::empty())
        .map_err(Kind::io(path, Op::Access))
}

fn expect_file(path: &Path, meta: &Metadata, source: &Source) -> Result<(), Kind> {
    if meta.is_dir() {
        return Err(directory(path, source));
    }
    if meta.is_symlink() {
        return Err(Kind::Unsettled(path.to_owned()));
    }
    match special_file(meta.file_type()) {
        Some(what) => Err(Kind::NotAFile { path: path.to_owned(), what }),
        None => Ok(()),
    }
}

/// The name of `source` in the directory `path`.
fn in_directory(path: &Path, source: &Source) -> Result<(Place, Option<Found>), Kind> {
    Place::of(&path.join(name_of(source)))
}

/// Refuses a directory, with the name that the copy could have in it.
fn directory(path: &Path, source: &Source) -> Kind {
    Kind::DestIsDirectory(path.to_owned(), path.join(name_of(source)))
}

fn name_of(source: &Source) -> &OsStr {
    source.path.file_name().unwrap_or(source.path.as_os_str())
}

#[cfg(test)]
mod tests;
