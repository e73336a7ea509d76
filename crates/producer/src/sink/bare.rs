//! The struct alone, or an array of it, in a file without a header.

use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroU32;
use std::ops::Deref;
use std::path::Path;

use daemon::counted;
use layout::InstanceName;
use region::{Address, BareWriter, BootTime, Changed, FileStatus, RegionError, Surroundings};
use settings::{Format, RecordSettings, Settings};

use super::{Sink, options, same_in_all_writers};
use crate::error::{Kind, ProducerError};

/// How long a struct is, and how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shape {
    size: u32,
    count: NonZeroU32,
}

impl Shape {
    fn of(record: &RecordSettings) -> Self {
        Self { size: record.schema.size(), count: record.structs() }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = counted(self.size, "byte");
        match self.count {
            NonZeroU32::MIN => f.write_str(&size),
            count => write!(f, "{count} structs of {size}"),
        }
    }
}

/// A bare file that is published to.
#[derive(Debug)]
pub(super) struct BareSink {
    writer: BareWriter,
    shape: Shape,
    names: Vec<InstanceName>,
    /// Where the struct of an instance is.
    places: HashMap<InstanceName, usize>,
}

impl BareSink {
    pub(super) fn open(address: &Address, settings: &Settings) -> Result<Self, RegionError> {
        let (record, options) = (&settings.record, options(settings));
        let writer = BareWriter::open_array(address, &record.schema, record.structs(), &options)?;
        let (shape, names, places) = (Shape::of(record), Vec::new(), HashMap::new());
        let mut sink = Self { writer, shape, names, places };
        sink.name(record.listed());
        Ok(sink)
    }

    fn recreate(&mut self) -> Result<(), RegionError> {
        self.writer.recreate()
    }

    fn name(&mut self, names: &[InstanceName]) {
        self.names = names.to_vec();
        self.places = names.iter().enumerate().map(|(place, name)| (*name, place)).collect();
    }
}

impl Deref for BareSink {
    type Target = BareWriter;

    fn deref(&self) -> &BareWriter {
        &self.writer
    }
}

impl Sink for BareSink {
    same_in_all_writers!(BareWriter);

    /// A bare struct has no time.
    fn publish(
        &mut self,
        of: Option<&InstanceName>,
        record: &[u8],
        _: BootTime,
    ) -> Result<(), RegionError> {
        let place = of.map_or(Some(0), |name| self.places.get(name).copied());
        place.map_or(Ok(()), |place| self.writer.publish_at(place, record))
    }

    /// A bare struct has no heartbeat.
    fn heartbeat(&mut self) -> Result<(), RegionError> {
        Ok(())
    }

    fn change(&mut self, settings: &Settings) -> Result<Changed, ProducerError> {
        let path = self.writer.path().to_owned();
        if settings.region.format != Format::Bare {
            return Err(Kind::Format(path).into());
        }
        if self.names.is_empty() != settings.record.instances.is_none() {
            return Err(Kind::Instances(path).into());
        }
        let (have, want) = (self.shape, Shape::of(&settings.record));
        if have != want {
            return Err(
                Kind::BareSize { path, have: have.to_string(), want: want.to_string() }.into()
            );
        }
        self.writer.change(&options(settings))?;
        self.name(settings.record.listed());
        Ok(Changed::Kept)
    }

    fn origin(&self) -> String {
        "bare: readers may see half-written records".to_owned()
    }

    /// Those of the configuration: the file has a place for each.
    fn instances(&self) -> Vec<InstanceName> {
        self.names.clone()
    }
}
