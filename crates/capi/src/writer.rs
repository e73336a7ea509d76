//! Writers.
//!
//! # Safety
//!
//! Exported functions only: see `border`.
#![allow(unsafe_code)]

use crate::border::{self, Opaque, call};
use crate::error::{MAPCAST_ERR_BUSY, MAPCAST_OK};
use crate::failure::{Failure, c_string, timeout, without_standby};
use crate::layout::{Descriptions, Layout};
use crate::options::{self, Options};
use mapcast::dynamic;
use std::ffi::{CString, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Instant;

/// Publishes the records of a region, of which it is the only writer.
#[derive(Debug)]
pub struct Writer {
    _opaque: [u8; 0],
}

impl Opaque for Writer {
    type Value = Publishing;
    const TAG: &'static [u8; 8] = b"mcWriter";
    const WHAT: &'static str = "mapcast_writer";
}

/// What a `mapcast_writer` points to.
#[derive(Debug)]
pub(crate) struct Publishing {
    writer: dynamic::Writer,
    path: CString,
    described: Descriptions,
}

impl Publishing {
    fn give(writer: dynamic::Writer) -> *mut Writer {
        let path = c_string(writer.path().as_os_str().as_bytes());
        border::give(Self { writer, path, described: Descriptions::default() })
    }
}

/// Creates the region at `at`, resumes the one that is there, or replaces it. `at` is a name ("drone" is
/// drone.region in the user's default directory) or, with a '/', a path. `options` may be NULL.
/// Returns NULL if that is not possible: MAPCAST_ERR_BUSY, for one, if it has a writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_writer_open(
    at: *const c_char,
    layout: *const Layout,
    options: *const Options,
) -> *mut Writer {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let (schema, options) = options::with_schema(caller, layout, options)?;
            let writer = dynamic::Writer::open_with(caller.at(at)?, &schema, &options)?;
            Ok(Publishing::give(writer))
        })
    }
}

/// Publishes to the region in a descriptor that another process has opened for reading and writing; messages call
/// it `name`. An empty file or memfd becomes a region, one of the same record is resumed, any other is
/// MAPCAST_ERR_OTHER_RECORD. `fd` stays the program's, which may close it. Of the options, mode and group do not
/// count.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_writer_open_fd(
    fd: c_int,
    name: *const c_char,
    layout: *const Layout,
    options: *const Options,
) -> *mut Writer {
    // SAFETY: the arguments of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let (schema, options) = options::with_schema(caller, layout, options)?;
            let name = Path::new(caller.descriptor_name(name)?);
            let writer = dynamic::Writer::open_file(caller.file(fd)?, name, &schema, &options);
            Ok(Publishing::give(writer.map_err(without_standby)?))
        })
    }
}

/// As mapcast_writer_open, but while another writer has the region, waits for its end and then takes over
/// at once, for about `timeout_ms` milliseconds, or for ever if that is negative. Returns NULL with
/// MAPCAST_ERR_BUSY after that. It looks at the time 10 to 20 times a second, so that 0 waits for about 0.1 s: to try
/// once, call mapcast_writer_open.
///
/// A wait for another writer ends with a thread that closes a descriptor, and takes no signal of the program.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_writer_open_standby(
    at: *const c_char,
    layout: *const Layout,
    options: *const Options,
    timeout_ms: c_int,
) -> *mut Writer {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let (schema, options) = options::with_schema(caller, layout, options)?;
            let (since, longest) = (Instant::now(), timeout(timeout_ms));
            let stop = || longest.is_some_and(|longest| since.elapsed() >= longest);
            let at = caller.at(at)?;
            let writer = dynamic::Writer::open_standby(&at, &schema, &options, |_| {}, stop)?;
            writer.map(Publishing::give).ok_or_else(|| {
                let fact = "its writer did not end before the timeout";
                let failure = Failure::new(MAPCAST_ERR_BUSY, fact, "wait again");
                failure.at(&at.path_to_write())
            })
        })
    }
}

/// Publishes one record of `size` bytes, which is sizeof the struct.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_writer_publish(
    writer: *mut Writer,
    record: *const c_void,
    size: usize,
) -> c_int {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let record = caller.bytes(record, size)?;
            caller.handle(writer)?.writer.publish(record)?;
            Ok(MAPCAST_OK)
        })
    }
}

/// Stores a heartbeat, for a writer with a period that has nothing to publish.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_writer_heartbeat(writer: *mut Writer) -> c_int {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            caller.handle(writer)?.writer.heartbeat()?;
            Ok(MAPCAST_OK)
        })
    }
}

/// Returns the number of the newest record: the first one of a region is 1. 0 if there is none, and for a
/// handle that cannot be used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_writer_sequence(writer: *const Writer) -> u64 {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe { call(|caller| Ok(caller.handle(writer)?.writer.sequence())) }
}

/// Returns the path of the region's file; valid until the writer is closed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_writer_path(writer: *const Writer) -> *const c_char {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe { call(|caller| Ok(caller.handle(writer)?.path.as_ptr())) }
}

/// Returns the layout with the offsets and the size that its fields have got; valid until the writer is closed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_writer_layout(writer: *mut Writer) -> *const Layout {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let Publishing { writer, described, .. } = caller.handle(writer)?;
            Ok(std::ptr::from_ref(described.of(writer.schema())))
        })
    }
}

/// Closes the region: readers see MAPCAST_CLOSED at once, and the last record stays. NULL is no error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_writer_close(writer: *mut Writer) -> c_int {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe { call(|caller| caller.close(writer).map(|_| MAPCAST_OK)) }
}
