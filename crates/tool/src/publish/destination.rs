//! The writer of the region, or of one of its instances.
//!
//! Invariant: an instance joins, and the region is made or gets other room, with the first record and if there is
//! room for it. Until then a failure leaves the region as it was.

use std::path::Path;

use mapcast::dynamic::{InstanceReader, InstanceWriter, Writer};
use mapcast::{Address, ErrorKind, Instance, InstanceName, Options};
use producer::region_options;

use super::target::{Target, expect_record};
use super::{Args, PublishError};
use crate::ToolError;
use crate::observed::Observed;

/// Most instances of a region that is made without `--max-instances`.
const MAX: u32 = 64;

/// Where records go. Dropping it closes the region.
#[derive(Debug)]
pub(super) struct Destination<'a> {
    target: &'a Target,
    args: &'a Args,
    writer: Option<AnyWriter>,
    has_published: bool,
    /// Lines that were not published.
    pub(super) refused: u64,
}

#[derive(Debug)]
enum AnyWriter {
    One(Box<Writer>),
    /// The instance, once it has joined.
    Many(Box<InstanceWriter>, Option<Instance>),
}

impl<'a> Destination<'a> {
    /// Opens the region if it can stay as it is; the first record makes or changes one that cannot.
    pub(super) fn of(target: &'a Target, args: &'a Args) -> Result<Self, ToolError> {
        let stays = target.existing.as_ref().is_some_and(|region| {
            let wanted = args.max_instances.or(max_of(region));
            target.keeps_shape(region) && is_of_kind(region, args) && wanted == max_of(region)
        });
        let writer = if stays { Some(AnyWriter::open(target, args)?) } else { None };
        Ok(Self { target, args, writer, has_published: false, refused: 0 })
    }

    pub(super) fn publish(&mut self, record: &[u8]) -> Result<(), ToolError> {
        let writer = match &mut self.writer {
            Some(writer) => writer,
            none => none.insert(AnyWriter::open(self.target, self.args)?),
        };
        writer.publish(self.args, record)?;
        self.has_published = true;
        Ok(())
    }

    /// Makes the region anew if it was deleted since: to be called once a second while nothing is published.
    pub(super) fn heartbeat(&mut self) -> Result<(), ToolError> {
        Ok(self.writer.as_mut().map_or(Ok(()), AnyWriter::heartbeat)?)
    }

    /// Closes the region. One that was deleted since the last look is made anew, so that its last record stays.
    pub(super) fn close(mut self) -> Result<(), ToolError> {
        let writer = self.writer.as_mut().filter(|_| self.has_published);
        Ok(writer.map_or(Ok(()), AnyWriter::recreate)?)
    }

    pub(super) fn has_published(&self) -> bool {
        self.has_published
    }

    /// The input has ended.
    ///
    /// # Errors
    /// It had no line.
    pub(super) fn ended(self) -> Result<Self, ToolError> {
        if self.has_published || self.refused > 0 {
            return Ok(self);
        }
        Err(PublishError::NoLines.into())
    }

    pub(super) fn path(&self) -> &Path {
        self.target.address.path()
    }
}

impl AnyWriter {
    fn open(target: &Target, args: &Args) -> Result<Self, ToolError> {
        let options = region_options(&target.settings);
        // As it is now: the first record may have been waited for.
        let there = Observed::open(&target.address).ok();
        if let Some(region) = &there {
            expect_record(region, &target.settings, args)?;
        }
        match &args.instance {
            None => open_one(target, &options).map_err(explained),
            Some(name) => {
                let there = there.filter(|region| target.resumes(region));
                let max = args.max_instances.or(there.as_ref().and_then(max_of)).unwrap_or(MAX);
                if let Some(Observed::Many(reader)) = &there {
                    expect_room(reader, name, max)?;
                }
                open_many(target, &options, max).map_err(explained)
            }
        }
    }

    fn heartbeat(&mut self) -> Result<(), mapcast::Error> {
        match self {
            Self::One(writer) => writer.heartbeat(),
            Self::Many(writer, _) => writer.heartbeat(),
        }
    }

    /// Makes the region anew if it was deleted.
    fn recreate(&mut self) -> Result<(), mapcast::Error> {
        match self {
            Self::One(writer) => writer.recreate(),
            Self::Many(writer, _) => writer.recreate(),
        }
    }

    fn publish(&mut self, args: &Args, record: &[u8]) -> Result<(), ToolError> {
        match (self, &args.instance) {
            (Self::Many(writer, joined), Some(name)) => {
                let instance = match *joined {
                    Some(instance) => instance,
                    None => *joined.insert(writer.instance(name).map_err(explained)?),
                };
                writer.publish(instance, record)?;
            }
            (Self::One(writer), _) => drop(writer.publish(record)?),
            (Self::Many(..), None) => unreachable!("it is opened with the name of an instance"),
        }
        Ok(())
    }
}

/// Whether `region` has instances exactly if one is published.
fn is_of_kind(region: &Observed, args: &Args) -> bool {
    matches!(region, Observed::Many(_)) == args.instance.is_some()
}

/// Most instances of a region that has some.
fn max_of(region: &Observed) -> Option<u32> {
    region.reader().header().instances.map(|instances| instances.max)
}

/// An error if a region with room for `max` instances has none for `name`.
fn expect_room(reader: &InstanceReader, name: &InstanceName, max: u32) -> Result<(), PublishError> {
    let have = reader.all().count();
    if reader.find(name).is_some() || have < max as usize {
        return Ok(());
    }
    Err(PublishError::NoRoom { path: reader.path().to_owned(), name: *name, have })
}

fn open_one(target: &Target, options: &Options) -> Result<AnyWriter, mapcast::Error> {
    let (at, schema): (&Address, _) = (&target.address, &target.settings.record.schema);
    Ok(AnyWriter::One(Box::new(Writer::open_with(at, schema, options)?)))
}

fn open_many(target: &Target, options: &Options, max: u32) -> Result<AnyWriter, mapcast::Error> {
    let schema = &target.settings.record.schema;
    let writer = InstanceWriter::open_with(&target.address, schema, options, max)?;
    Ok(AnyWriter::Many(Box::new(writer), None))
}

/// `error` with what to do here.
fn explained(error: mapcast::Error) -> ToolError {
    match error.kind() {
        ErrorKind::Busy { .. } => PublishError::Busy(error).into(),
        ErrorKind::TooManyInstances { .. } => PublishError::Full(error).into(),
        _ => error.into(),
    }
}
