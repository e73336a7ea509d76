//! Live state, shared: one writer publishes whole records into a mapped file, any number of
//! unrelated readers copy the latest one out, or follow them all.
//!
//! Invariant: a reader gets a record whole, as it was published, or an error. A reader cannot
//! affect the writer, and a writer, even by dying, cannot harm a reader.
//!
//! ```text
//!   writer process                 the region, one file            reader processes
//!   Writer::publish  --------->   | header | writer line | head |  ------> Reader::latest
//!     holds the lock (lock)       | slot 0 | slot 1 | ...       |  ------> Reader::next, wait
//!     heartbeat, checks           | schema                      |            PROT_READ
//!
//!   create  aside, allocate, name       attach    check, map           guard   SIGBUS -> error
//!   open    create, resume, replace     state     live ... stale       wait    futex on head
//! ```
//!
//! Price: `slots` copies of the record; a kilobyte of file for a small region; a system
//! call at each publish if readers are to be woken.
//!
//! - [`Writer`] and [`Reader`] are for a Rust struct with a [`Record`](layout::Record) schema,
//!   [`DynWriter`] and [`DynReader`] for a schema that is known at run time only.
//! - [`DynReader::snapshot`] makes a consistent copy of a region while it is published to, which
//!   `cp` cannot.
//! - [`BareWriter`] and [`BareReader`] share a struct with programs that know no header.
//! - [`DynWriter::open_file`] and [`DynReader::open_file`] take a descriptor that another process
//!   has opened; [`DynWriter::open_memfd`] one that a service manager keeps between two writers.
//! - [`Region::anonymous`] has no name; [`locate`] and [`find`] return where named regions are.
//!
//! # SIGBUS
//!
//! A file that is truncated under its readers or its writer raises SIGBUS in them. The first region
//! that a process maps therefore installs a handler, which turns that into an error
//! ([`RegionErrorKind::Truncated`]) and passes every other SIGBUS to the handler that was installed
//! before. A program that handles or blocks signals must follow two rules:
//!
//! - **Set your own SIGBUS handler before you open the first region.** It is then called for every
//!   SIGBUS that does not come from a region, and may return. A handler that is set later replaces
//!   this one and gets the SIGBUS of a truncation too, which it has to pass on to the `sigaction`
//!   it has replaced.
//! - **Do not block SIGBUS in a thread that uses a region.** A fault in a thread that blocks it
//!   kills the process, whatever handler is set (`signal(7)`, `pthread_sigmask(3)`). If all signals
//!   are blocked so that one thread handles them, leave out SIGBUS: `sigfillset(&set);
//!   sigdelset(&set, SIGBUS);`.
//!
//! The handler runs on the thread's signal stack (`SA_ONSTACK`), if it has one. Rust's
//! `std::process::exit` frees that of the main thread: while another thread ends the process so, a main
//! thread that touches a truncated region can end it by SIGSEGV instead. Return from `main`.
//!
//! A SIGBUS that another process sends kills this one, unless the program ignores it or has a
//! handler for it.

// The format is little-endian and its words are 64 bits; so are the machines it is for.
#[cfg(not(all(target_os = "linux", target_pointer_width = "64", target_endian = "little")))]
compile_error!("mapcast needs a 64-bit, little-endian Linux");

mod address;
mod anonymous;
mod aside;
mod background;
mod bare;
mod boot;
mod clock;
mod copy;
mod create;
mod directory;
mod error;
mod file;
mod file_id;
mod file_system;
mod follow;
mod fork;
mod guard;
mod instances;
mod last_record;
mod lineage;
mod listing;
mod location;
mod lock;
mod mapped_region;
mod mapping;
mod medium;
mod notifier;
mod options;
mod origin;
mod overlay;
mod prefault;
mod publication;
mod reader;
mod rights;
mod sigbus;
mod state;
mod surroundings;
mod time_namespace;
mod typed;
mod unnamed;
mod wait;
mod wall;
mod writer;
mod writer_status;

pub use address::{Address, MAX_REGION_NAME, Place, ToPlace, find, is_region_name, locate, names};
pub use anonymous::Region;
pub use bare::{BareReader, BareWriter};
pub use clock::BootTime;
pub use error::{RegionError, RegionErrorKind};
pub use file::special_file;
pub use file_id::FileId;
pub use follow::{DynSample, Event, Follow, Followed};
pub use instances::{Instance, InstanceChange, InstanceEvent};
pub use listing::{Listing, list};
pub use location::Exposure;
pub use lock::is_taken as has_writer;
pub use mapping::is_open_for_writing;
pub use notifier::Notifier;
pub use options::{Numbering, Options};
pub use publication::{Publication, Step};
pub use reader::{
    AnyReader, Begin, Bell, DynInstanceReader, DynReader, FieldOf, InstanceReader, MAX_WATCHED,
    Reader, Refreshed, Sample, Watch, wait_any,
};
pub use state::State;
pub use surroundings::Surroundings;
pub use writer::{
    Changed, DynInstanceWriter, DynWriter, FileStatus, Holder, InstanceStandby, InstanceWriter,
    Origin, Standby, Why, Writer,
};

/// For this project's own crates: no part of this crate's interface, and free to change.
#[doc(hidden)]
pub mod internal {
    pub use crate::mapping::{Access, Cell, Mapping};
    pub use crate::rights::without_group;
    pub use layout::text::counted;
}
