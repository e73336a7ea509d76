//! The writer of the region, or of one of its instances.

use std::path::Path;

use mapcast::dynamic::{InstanceWriter, Writer};
use mapcast::{Address, ErrorKind, Instance, Options};
use producer::region_options;

use super::target::Target;
use super::{Args, PublishError};
use crate::ToolError;

/// Most instances of a region that is made without `--max-instances`.
const MAX: u32 = 64;

/// An open writer. Dropping it closes the region.
#[derive(Debug)]
pub(super) struct Destination {
    writer: AnyWriter,
    /// Lines that were not published.
    pub(super) refused: u64,
}

#[derive(Debug)]
enum AnyWriter {
    One(Box<Writer>),
    Many(Box<InstanceWriter>, Instance),
}

impl Destination {
    pub(super) fn open(target: &Target, args: &Args) -> Result<Self, ToolError> {
        let options = region_options(&target.settings);
        let writer = match &args.instance {
            None => open_one(target, &options),
            Some(name) => open_many(target, &options, name, args.max_instances),
        };
        match writer {
            Ok(writer) => Ok(Self { writer, refused: 0 }),
            Err(error) => Err(match error.kind() {
                ErrorKind::Busy { .. } => PublishError::Busy(error).into(),
                ErrorKind::TooManyInstances { .. } => PublishError::Full(error).into(),
                _ => error.into(),
            }),
        }
    }

    pub(super) fn publish(&mut self, record: &[u8]) -> Result<(), ToolError> {
        match &mut self.writer {
            AnyWriter::One(writer) => writer.publish(record)?,
            AnyWriter::Many(writer, instance) => writer.publish(*instance, record)?,
        };
        Ok(())
    }

    pub(super) fn path(&self) -> &Path {
        match &self.writer {
            AnyWriter::One(writer) => writer.path(),
            AnyWriter::Many(writer, _) => writer.path(),
        }
    }
}

fn open_one(target: &Target, options: &Options) -> Result<AnyWriter, mapcast::Error> {
    let (at, schema): (&Address, _) = (&target.address, &target.settings.record.schema);
    Ok(AnyWriter::One(Box::new(Writer::open_with(at, schema, options)?)))
}

fn open_many(
    target: &Target,
    options: &Options,
    name: &str,
    max: Option<u32>,
) -> Result<AnyWriter, mapcast::Error> {
    let there = target.existing.as_ref().and_then(|region| region.reader().header().instances);
    let max = max.or(there.map(|instances| instances.max)).unwrap_or(MAX);
    let schema = &target.settings.record.schema;
    let mut writer = InstanceWriter::open_with(&target.address, schema, options, max)?;
    let instance = writer.instance(name)?;
    Ok(AnyWriter::Many(Box::new(writer), instance))
}
