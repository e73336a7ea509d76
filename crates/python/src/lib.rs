//! mapcast for Python: the extension module `mapcast._mapcast`, over the same library as every other
//! program's.
//!
//! Invariant: no call blocks with the interpreter's lock held, and none waits for a lock of this module.
//! Using a handle that another thread is using is an error, also in a child forked meanwhile.
//!
//! ```text
//!   mapcast/*.py     what Python says better: dataclasses, asyncio, numpy, pandas, exceptions
//!   place, descriptor what names a region
//!   arguments        times, where following begins
//!   mapping          what a sample and a reader of instances have as mappings
//!   schema, field    the description of a record; values between Python and a record: values
//!   sample           one whole record
//!   region, reader, instances, source, follower, event
//!   writer, instance_writer, bare, record, opening
//!   error            exceptions, which mapcast/_errors.py defines
//! ```
//!
//! Price: a record is decoded field by field when it is asked for; a read allocates the sample and its
//! bytes.

mod arguments;
mod bare;
mod descriptor;
mod error;
mod event;
mod field;
mod follower;
mod held;
mod instance_writer;
mod instances;
mod mapping;
mod opening;
mod place;
mod reader;
mod record;
mod region;
mod sample;
mod schema;
mod source;
mod values;
mod writer;

use pyo3::prelude::*;

/// What `mapcast/__init__.py` re-exports.
#[pymodule]
mod _mapcast {
    #[pymodule_export]
    use crate::bare::{BareReader, BareWriter};
    #[pymodule_export]
    use crate::descriptor::Descriptor;
    #[pymodule_export]
    use crate::event::{Event, Events};
    #[pymodule_export]
    use crate::field::{Field, unpickled_field};
    #[pymodule_export]
    use crate::follower::{Follower, Following};
    #[pymodule_export]
    use crate::instance_writer::InstanceWriter;
    #[pymodule_export]
    use crate::instances::{Instance, InstanceReader};
    #[pymodule_export]
    use crate::opening::{
        events, follow, open, open_bare_reader, open_bare_writer, open_writer, regions,
    };
    #[pymodule_export]
    use crate::reader::Reader;
    #[pymodule_export]
    use crate::region::Region;
    #[pymodule_export]
    use crate::sample::Sample;
    #[pymodule_export]
    use crate::schema::{Schema, unpickled_schema};
    #[pymodule_export]
    use crate::writer::Writer;
}
