//! What can be followed: a reader of any kind, a borrow or box of one, or a program's own.

use crate::error::RegionError;
use crate::instances::InstanceEvent;
use crate::publication::Step;
use crate::reader::{DynInstanceReader, DynReader, InstanceReader, Reader, Refreshed, Sample};
use layout::{Record, RecordBuf};
use std::ops::DerefMut;
use std::time::Duration;

/// A record of a schema that is known at run time only, as [`DynReader::follow`] yields it.
pub type DynSample = Sample<RecordBuf>;

/// What [`Follow`](crate::Follow) follows: the readers of a region, and what a program makes of them,
/// such as a reader that copies each record to the same buffer.
pub trait Followed {
    /// What a record is delivered as.
    type Item;

    /// The next record, or why there is none.
    ///
    /// # Errors
    /// As [`DynReader::next`].
    fn step(&mut self) -> Result<Step<Self::Item>, RegionError>;

    /// Goes over to the file that has the name now.
    ///
    /// # Errors
    /// As [`DynReader::refresh`].
    fn refresh(&mut self) -> Result<Refreshed, RegionError>;

    /// The reader of the region; `None`: a file without a header, which has no writer's state and
    /// nothing to wait on.
    fn region(&self) -> Option<&DynReader>;

    /// How often reading looks at the name by itself: see [`DynReader::refresh_every`].
    fn refresh_every(&mut self, every: Duration) -> Duration;

    /// Whether the file was cut short since it was attached.
    fn is_cut(&mut self) -> bool {
        self.region().is_some_and(|region| !region.mapped().is_whole())
    }
}

/// The methods of [`Followed`] that each reader of a region has itself, or derefs to.
macro_rules! of_reader {
    () => {
        fn refresh(&mut self) -> Result<Refreshed, RegionError> {
            self.refresh()
        }

        fn region(&self) -> Option<&DynReader> {
            Some(self)
        }

        fn refresh_every(&mut self, every: Duration) -> Duration {
            self.refresh_every(every)
        }
    };
}

impl<R: Record> Followed for Reader<R> {
    type Item = Sample<R>;

    fn step(&mut self) -> Result<Step<Sample<R>>, RegionError> {
        self.next()
    }

    of_reader!();
}

impl Followed for DynReader {
    type Item = DynSample;

    fn step(&mut self) -> Result<Step<DynSample>, RegionError> {
        let mut record = RecordBuf::new(self.schema().clone());
        let step = self.next(record.bytes_mut())?;
        Ok(step.map(|publication| Sample { record, publication }))
    }

    of_reader!();
}

impl<R: Record> Followed for InstanceReader<R> {
    type Item = InstanceEvent<Sample<R>>;

    fn step(&mut self) -> Result<Step<Self::Item>, RegionError> {
        self.next()
    }

    of_reader!();
}

impl Followed for DynInstanceReader {
    type Item = InstanceEvent<DynSample>;

    fn step(&mut self) -> Result<Step<Self::Item>, RegionError> {
        let mut record = RecordBuf::new(self.schema().clone());
        let step = self.next(record.bytes_mut())?;
        Ok(step.map(|event| event.map(|publication| Sample { record, publication })))
    }

    of_reader!();
}

impl<P> Followed for P
where
    P: DerefMut,
    P::Target: Followed,
{
    type Item = <P::Target as Followed>::Item;

    fn step(&mut self) -> Result<Step<Self::Item>, RegionError> {
        (**self).step()
    }

    fn refresh(&mut self) -> Result<Refreshed, RegionError> {
        (**self).refresh()
    }

    fn region(&self) -> Option<&DynReader> {
        (**self).region()
    }

    fn refresh_every(&mut self, every: Duration) -> Duration {
        (**self).refresh_every(every)
    }

    fn is_cut(&mut self) -> bool {
        (**self).is_cut()
    }
}
