//! Live state for the processes of one Linux host.
//!
//! One process publishes a record, a plain `#[repr(C)]` struct, into a memory-mapped file; any number
//! of unrelated processes read the latest whole record from it in a few nanoseconds, or follow them
//! all. No broker, no socket, no lock that a reader could hold, no system call to read.
//!
//! ```
//! use mapcast::{Reader, Record, Writer};
//!
//! #[repr(C)]
//! #[derive(Clone, Copy, Record)]
//! struct Load {
//!     /// load average over 1 minute
//!     #[record(unit = "1")]
//!     one: f32,
//!     five: f32,
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let dir = tempfile::tempdir()?;
//! # let load = dir.path().join("load.region"); // "load", outside of this example
//! let mut writer = Writer::<Load>::open(&load)?;
//! writer.publish(&Load { one: 0.4, five: 0.3 })?;
//!
//! let mut reader = Reader::<Load>::open(&load)?; // in any process that may read the file
//! if let Some(sample) = reader.latest()? {
//!     println!("{} {:?} ago", sample.one, sample.age());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! `open` takes a name (`"load"` is `load.region` in the user's default directory, see [`locate`]) or
//! a path. [`Writer::options`] has the settings, `Writer::options().slots(16).open::<Load>("load")?`; [`Reader::follow`] yields every record, the number
//! of missed ones and changes of the writer's state, and [`Follow::awaiting`] those of a region that
//! need not exist yet; [`dynamic`] does the same with schemas known only at run time, and [`bare`]
//! shares a struct with C programs that do not use mapcast.
//!
//! A region can hold many records of one kind, an interface, a disk or a symbol each, by name:
//! [`Options::open_instances`] and [`InstanceReader`]. They share the file, the writer and its lock; a
//! reader takes one of them, all, or what has changed. See the example `instances`.
//!
//! # What is promised
//!
//! - **Whole records.** [`Reader::latest`] returns a record as it was published, or an error; never a
//!   mixture of two.
//! - **Readers cannot write.** Their mapping is `PROT_READ` of an `O_RDONLY` descriptor. Nothing
//!   they do, dying included, affects the writer.
//! - **The writer may die at any instruction.** The last record stays readable, readers see
//!   [`State::Dead`], and the next writer continues with the next sequence number.
//! - **A region describes itself.** Its schema is in the file. A reader of another struct gets
//!   [`ErrorKind::OtherSchema`], and `consumer load` prints the record without any header file.
//!
//! # What your program has to know
//!
//! - **SIGBUS.** The first region that a process maps installs a handler for SIGBUS, so that a file
//!   that is cut short is an error. Set a handler of your own before that; it is still called for
//!   every SIGBUS that does not come from a region. Threads that use a region must not block
//!   SIGBUS. See the example `sigbus`.
//! - **Threads.** None is started, except by [`Notifier`] (one), and, for some milliseconds, when a wait
//!   for another writer is over, such as that of [`Writer::open_standby`]: a thread closes the descriptor
//!   that it waited on. The wait itself is on the caller's thread. [`Writer`] and [`Reader`] are [`Send`] and [`Sync`]; their methods that publish
//!   or read take `&mut self`.
//! - **fork.** A writer belongs to the process that opened it. In a child, publishing is an error and
//!   dropping does nothing. A reader works on both sides, a [`Notifier`] in the parent only.
//! - **Memory.** A writer has one descriptor for the region and one for its directory, a reader one; each
//!   maps the whole file: `slots` (8) records, each with 16 bytes of its own and rounded up to 64, and some
//!   hundred bytes of header and description.
//! - **Large records.** [`Reader::latest`] returns a record by value, which copies it more than once:
//!   from about 100 bytes on, [`Reader::latest_into`] is faster. [`Reader::latest_field`] copies one
//!   field alone.
//! - **Errors.** [`Error`] has the file and an [`ErrorKind`], which holds the error of the system, if there
//!   is one: its text is in the message, so there is no source. It converts to [`std::io::Error`]. All operations share it: a publish makes a new
//!   file when the old one is gone, and a read attaches to the next one.
//! - **Panics.** A writer that is dropped by a panic does not close its region: readers see
//!   [`State::Dead`], as they do with `panic = "abort"`.
//! - **Time.** Records are stamped with `CLOCK_BOOTTIME` ([`BootTime`]); reading it is most of what
//!   [`Writer::publish`] costs. [`Writer::publish_at`] takes a time that the caller has read.
//!
//! Handles can be sent to other threads and shared:
//!
//! ```
//! fn is_send_and_sync<T: Send + Sync>() {}
//! is_send_and_sync::<mapcast::Writer<mapcast::Stu>>();
//! is_send_and_sync::<mapcast::Reader<mapcast::Stu>>();
//! is_send_and_sync::<mapcast::dynamic::Writer>();
//! is_send_and_sync::<mapcast::dynamic::Reader>();
//! is_send_and_sync::<mapcast::InstanceWriter<mapcast::Stu>>();
//! is_send_and_sync::<mapcast::InstanceReader<mapcast::Stu>>();
//! ```
#![forbid(unsafe_code)]

pub use layout::header::MAX_INSTANCES;
pub use layout::{
    BoolType, FieldType, InstanceName, Labels, Number, Record, Stu, TextType, UnknownValue,
};
pub use region::{
    Address, Begin, BootTime, Changed, Event, FieldOf, FileStatus, Follow, Followed, Holder,
    Instance, InstanceChange, InstanceEvent, InstanceReader, InstanceWriter, Listing, Notifier,
    Options, Origin, Place, Publication, Reader, Refreshed, RegionError as Error,
    RegionErrorKind as ErrorKind, Sample, State, Step, ToPlace, Why, Writer, find, list, locate,
};

#[doc(hidden)]
pub use layout::derive_support;

/// Records whose schema is known at run time only: from a configuration, or from the region itself.
///
/// ```
/// use mapcast::dynamic::{FieldSpec, Reader, RecordBuf, Scalar, Schema, Value, Writer};
/// use std::sync::Arc;
///
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("load.region");
/// let schema = Schema::builder("Load")
///     .field(FieldSpec::new("one", Scalar::F32).unit("1"))
///     .build()?;
/// let mut writer = Writer::open(&path, &schema)?;
/// let mut record = RecordBuf::new(Arc::new(schema));
/// record.set_by_name("one", &Value::F64(0.4))?;
/// writer.publish(record.bytes())?;
///
/// let mut reader = Reader::open(&path)?; // knows nothing but the path
/// let mut record = RecordBuf::new(reader.schema().clone());
/// reader.latest(record.bytes_mut())?;
/// assert_eq!(record.view().line().to_string(), "one=0.4");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub mod dynamic {
    pub use layout::header::Header;
    pub use layout::{
        CType, Field, FieldSpec, Label, Line, RecordBuf, RecordView, Scalar, Schema, SchemaBuilder,
        SchemaError, SchemaPart, Template, Value, ValueError, ValueErrorKind, WrongLength,
    };
    pub use region::{
        AnyReader, DynInstanceReader as InstanceReader, DynInstanceWriter as InstanceWriter,
        DynReader as Reader, DynSample as Sample, DynWriter as Writer, Region,
    };
}

/// A file that is the struct and nothing else, as C programs share it. Records may be torn, and
/// nothing can tell.
pub mod bare {
    pub use region::{BareReader as Reader, BareWriter as Writer};
}
