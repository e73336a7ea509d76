//! Where records go: a region, or a bare struct.
//!
//! Invariant: an [`Outlet`] in hand holds the writer's lock; nothing else of this crate talks to
//! `region`'s writers. Dropping it closes the region and wakes its readers.
//!
//! ```text
//!   open --> publish, beat, check --> change (reload) --> drop: closed
//!                       \-- recreate, when the file was deleted or cut short
//! ```

use std::cell::RefCell;
use std::fs::File;
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use daemon::{Monotonic, Service, Signals};
use layout::Schema;
use region::{
    BareWriter, Changed, DynWriter, Options, Origin, RegionError, RegionErrorKind, Standing,
};
use settings::{Address, Format, Settings};

use crate::error::{Kind, ProducerError};
use crate::feed::Feed;

/// How often a standby for a bare file, which has no wake-up, checks whether the lock is free.
const LOOK: Duration = Duration::from_millis(100);

/// An open writer.
#[derive(Debug)]
pub(crate) enum Outlet {
    /// A region with header, slots and schema.
    Mapcast(DynWriter, Home),
    /// The struct alone.
    Bare {
        /// Its writer.
        writer: BareWriter,
        /// What it holds.
        schema: Arc<Schema>,
    },
}

/// Where a region is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    /// In a file with a name.
    Named,
    /// In a descriptor that was passed: there is no other place to go to.
    Passed,
    /// In memory alone, for a service manager to keep.
    Memfd,
}

/// Where the region that `address` means is.
pub(crate) fn locate(address: &Address) -> Result<region::Address, RegionError> {
    match address {
        Address::Name(name) => region::locate(name),
        Address::Path(path) => Ok(path.as_path().into()),
    }
}

fn options(settings: &Settings) -> Options {
    let region = &settings.region;
    let options = Options::new()
        .slots(region.slots)
        .mode(region.mode)
        .wake(region.wake)
        .period(settings.producer.tick)
        .check_every(Duration::MAX); // the patrol checks, and logs the result
    match &region.group {
        Some(group) => options.group(group),
        None => options,
    }
}

impl Outlet {
    /// Opens the outlet at `address`; an error if another producer has it.
    pub(crate) fn open(
        address: &region::Address,
        settings: &Settings,
    ) -> Result<Self, RegionError> {
        let (schema, options) = (&settings.record.schema, options(settings));
        Ok(match settings.region.format {
            Format::Mapcast => {
                Self::Mapcast(DynWriter::open_with(address, schema, &options)?, Home::Named)
            }
            Format::Bare => {
                let writer = BareWriter::open(address, schema, &options)?;
                Self::Bare { writer, schema: Arc::clone(schema) }
            }
        })
    }

    /// Opens the outlet in a descriptor that was passed.
    pub(crate) fn open_file(
        file: File,
        label: &Path,
        settings: &Settings,
    ) -> Result<Self, RegionError> {
        let (schema, options) = (&settings.record.schema, options(settings));
        let writer = DynWriter::open_file(file, label, schema, &options)?;
        Ok(Self::Mapcast(writer, Home::Passed))
    }

    /// Opens the outlet in the memfd that was kept, or in a new one.
    pub(crate) fn open_memfd(
        kept: Option<File>,
        label: &Path,
        settings: &Settings,
    ) -> Result<Self, RegionError> {
        let (schema, options) = (&settings.record.schema, options(settings));
        let writer = DynWriter::open_memfd(kept, label, schema, &options)?;
        Ok(Self::Mapcast(writer, Home::Memfd))
    }

    /// As [`open`](Self::open), but waits while another producer has it, and reads `feed` meanwhile.
    /// `None`: a stop signal came first, or the input ended.
    pub(crate) fn open_standby(
        address: &region::Address,
        settings: &Settings,
        signals: &Signals,
        service: &mut Service,
        feed: &mut Feed,
    ) -> Result<Option<Self>, ProducerError> {
        // A standby that waits does what it is there for: it is ready, and alive.
        let service = RefCell::new(service);
        let mut stop = || {
            let mut go_on = || {
                service.borrow_mut().keep_alive(Monotonic::now());
                signals.stop_requested().is_none()
            };
            !go_on() || !feed.drain(address.path(), &mut go_on)
        };
        let tell = |pid| {
            say_standby(address.path(), pid);
            let status = format!("waiting to take over {}", address.path().display());
            service.borrow_mut().ready(Monotonic::now(), &status);
        };
        match settings.region.format {
            Format::Mapcast => {
                let tell = |holder: &region::Holder| tell(holder.pid);
                let schema = &settings.record.schema;
                let writer =
                    DynWriter::open_standby(address, schema, &options(settings), tell, stop)?;
                Ok(writer.map(|writer| Self::Mapcast(writer, Home::Named)))
            }
            Format::Bare => {
                let mut told = false;
                while !stop() {
                    match Self::open(address, settings) {
                        Err(error) if is_locked(&error) => {}
                        opened => return Ok(opened.map(Some)?),
                    }
                    if !told {
                        tell(0);
                        told = true;
                    }
                    daemon::wait(signals, None, Some(Monotonic::now().after(LOOK)))
                        .map_err(ProducerError::system("cannot wait"))?;
                }
                Ok(None)
            }
        }
    }

    /// Publishes one record.
    pub(crate) fn publish(&mut self, record: &[u8]) -> Result<(), RegionError> {
        match self {
            Self::Mapcast(writer, _) => writer.publish(record).map(drop),
            Self::Bare { writer, .. } => writer.publish(record),
        }
    }

    /// Shows readers that the producer is alive.
    pub(crate) fn beat(&mut self) -> Result<(), RegionError> {
        match self {
            Self::Mapcast(writer, _) => writer.beat(),
            Self::Bare { .. } => Ok(()),
        }
    }

    /// Whether the file is still the one at its path, and whole.
    pub(crate) fn check(&self) -> Result<Standing, RegionError> {
        match self {
            Self::Mapcast(writer, _) => writer.check(),
            Self::Bare { writer, .. } => writer.check(),
        }
    }

    /// Makes the file anew after it was deleted or cut short.
    pub(crate) fn recreate(&mut self) -> Result<(), RegionError> {
        match self {
            Self::Mapcast(writer, _) => writer.recreate(),
            Self::Bare { writer, schema } => writer.recreate(schema),
        }
    }

    /// Goes on with another record or other options at the same path. After an error nothing has
    /// changed.
    pub(crate) fn change(&mut self, settings: &Settings) -> Result<Changed, ProducerError> {
        let (path, new) = (self.path().to_owned(), &settings.record.schema);
        match (self, settings.region.format) {
            (Self::Mapcast(writer, _), Format::Mapcast) => {
                Ok(writer.change(new, &options(settings))?)
            }
            (Self::Bare { writer, schema }, Format::Bare) => {
                let (have, want) = (schema.size(), new.size());
                if have != want {
                    return Err(ProducerError(Kind::BareSize { path, have, want }));
                }
                writer.change(&options(settings))?;
                *schema = Arc::clone(new);
                Ok(Changed::Kept)
            }
            _ => Err(ProducerError(Kind::Format(path))),
        }
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Mapcast(writer, _) => writer.path(),
            Self::Bare { writer, .. } => writer.path(),
        }
    }

    /// Whether the region's place is a path, and can be another one after a reload.
    pub(crate) fn is_named(&self) -> bool {
        !matches!(self, Self::Mapcast(_, Home::Passed | Home::Memfd))
    }

    /// The descriptor of a memfd region, for a service manager to keep; `None` for all others.
    pub(crate) fn keepsake(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::Mapcast(writer, Home::Memfd) => writer.memfd(),
            _ => None,
        }
    }

    /// Whether the region was there before, and is the same one still.
    pub(crate) fn is_resumed(&self) -> bool {
        matches!(self, Self::Mapcast(writer, _) if *writer.origin() == Origin::Resumed)
    }

    /// Which other users may replace the region's file.
    pub(crate) fn exposure(&self) -> Option<region::Exposure> {
        match self {
            Self::Mapcast(writer, _) => writer.exposure(),
            Self::Bare { writer, .. } => writer.exposure(),
        }
    }

    /// Whether the kernel writes the file back to a disk.
    pub(crate) fn is_disk_backed(&self) -> bool {
        match self {
            Self::Mapcast(writer, _) => writer.is_disk_backed(),
            Self::Bare { writer, .. } => writer.is_disk_backed(),
        }
    }

    /// Whether the file is on overlayfs.
    pub(crate) fn is_on_overlay(&self) -> bool {
        match self {
            Self::Mapcast(writer, _) => writer.is_on_overlay(),
            Self::Bare { writer, .. } => writer.is_on_overlay(),
        }
    }

    /// The number of the newest record; `None` for a bare file.
    pub(crate) fn sequence(&self) -> Option<u64> {
        match self {
            Self::Mapcast(writer, _) => Some(writer.sequence()),
            Self::Bare { .. } => None,
        }
    }

    /// How many writers the region has had; `None` for a bare file.
    pub(crate) fn epoch(&self) -> Option<u64> {
        match self {
            Self::Mapcast(writer, _) => Some(writer.epoch()),
            Self::Bare { .. } => None,
        }
    }

    /// How the outlet came to be, for the log: "resumed, epoch 2, after record 5".
    pub(crate) fn origin(&self) -> String {
        match self {
            Self::Mapcast(writer, _) => {
                let (origin, epoch) = (writer.origin(), writer.epoch());
                match writer.sequence() {
                    0 => format!("{origin}, epoch {epoch}"),
                    last => format!("{origin}, epoch {epoch}, after record {last}"),
                }
            }
            Self::Bare { .. } => "bare: readers may see half-written records".to_owned(),
        }
    }
}

/// Whether the lock may come free by itself.
fn is_locked(error: &RegionError) -> bool {
    matches!(error.kind(), RegionErrorKind::Busy { .. } | RegionErrorKind::Locked)
}

fn say_standby(path: &Path, pid: u64) {
    let who = if pid == 0 { "another producer".to_owned() } else { format!("process {pid}") };
    tracing::info!(region = %path.display(), "{}: {who} publishes here; waiting to take over", path.display());
}
