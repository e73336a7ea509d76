//! Many records of one kind in one region, each with a name.
//!
//! # Safety
//!
//! Exported functions only: see `border`.
#![allow(unsafe_code)]

use crate::border::{self, Opaque, call};
use crate::error::{MAPCAST_NOTHING, MAPCAST_OK};
use crate::failure::{Failure, c_string, gone_over, without_standby};
use crate::layout::{self, Descriptions, Layout};
use crate::options::{self, Options};
use crate::reader::{Publication, or_go_over};
use mapcast::{ErrorKind, dynamic};
use std::ffi::{CString, c_char, c_int, c_void};
use std::path::Path;
use std::ptr;

/// Which instance: from mapcast_instance_writer_join, mapcast_instance_reader_find or an event. That of a
/// writer means nothing to a reader.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Instance {
    /// Of the library.
    pub words: [u64; 2],
}

impl From<mapcast::Instance> for Instance {
    fn from(instance: mapcast::Instance) -> Self {
        Self { words: instance.to_words() }
    }
}

impl From<Instance> for mapcast::Instance {
    fn from(instance: Instance) -> Self {
        Self::from_words(instance.words)
    }
}

/// Publishes the records of a region's instances.
#[derive(Debug)]
pub struct InstanceWriter {
    _opaque: [u8; 0],
}

impl Opaque for InstanceWriter {
    type Value = dynamic::InstanceWriter;
    const TAG: &'static [u8; 8] = b"mcIWrite";
    const WHAT: &'static str = "mapcast_instance_writer";
}

/// Reads the newest record of each instance of a region.
#[derive(Debug)]
pub struct InstanceReader {
    _opaque: [u8; 0],
}

impl Opaque for InstanceReader {
    type Value = Reading;
    const TAG: &'static [u8; 8] = b"mcIReadr";
    const WHAT: &'static str = "mapcast_instance_reader";
}

/// What a `mapcast_instance_reader` points to.
#[derive(Debug)]
pub(crate) struct Reading {
    reader: dynamic::InstanceReader,
    /// Whether it was opened without a layout.
    is_of_any: bool,
    /// The instances at the last `mapcast_instance_reader_list`.
    listed: Vec<(mapcast::Instance, CString)>,
    described: Descriptions,
}

impl Reading {
    fn give(
        reader: dynamic::InstanceReader,
        expected: Option<&dynamic::Schema>,
    ) -> Result<*mut InstanceReader, Failure> {
        if let Some(expected) = expected {
            reader.expect_schema(expected)?;
        }
        let is_of_any = expected.is_none();
        Ok(border::give(Self {
            reader,
            is_of_any,
            listed: Vec::new(),
            described: Descriptions::default(),
        }))
    }

    /// Attaches to the file that has the name now. If that has another record, a reader of any goes over to it and
    /// returns that as an error, once; any other file that cannot be attached leaves the reader with its old one.
    fn look(&mut self) -> Result<(), Failure> {
        let Self { reader, is_of_any, .. } = self;
        let schema = reader.schema().clone();
        match reader.refresh_expecting(&schema) {
            Err(error) if *is_of_any && matches!(error.kind(), ErrorKind::OtherSchema { .. }) => {
                reader.refresh()?;
                Err(gone_over(error))
            }
            _ => Ok(()),
        }
    }
}

/// Creates, resumes or replaces the region at `at` for up to `max` instances: see mapcast_writer_open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_instance_writer_open(
    at: *const c_char,
    layout: *const Layout,
    max: u32,
    options: *const Options,
) -> *mut InstanceWriter {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let (schema, options) = options::with_schema(caller, layout, options)?;
            let at = caller.at(at)?;
            let writer = dynamic::InstanceWriter::open_with(at, &schema, &options, max);
            Ok(border::give(writer.map_err(without_standby)?))
        })
    }
}

/// As mapcast_instance_writer_open, of the region in a descriptor: see mapcast_writer_open_fd.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_instance_writer_open_fd(
    fd: c_int,
    name: *const c_char,
    layout: *const Layout,
    max: u32,
    options: *const Options,
) -> *mut InstanceWriter {
    // SAFETY: the arguments of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let (schema, options) = options::with_schema(caller, layout, options)?;
            let (name, file) = (Path::new(caller.descriptor_name(name)?), caller.file(fd)?);
            let writer = dynamic::InstanceWriter::open_file(file, name, &schema, &options, max);
            Ok(border::give(writer.map_err(without_standby)?))
        })
    }
}

/// Writes the instance of this name to `instance`; it joins the region if it is not there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_instance_writer_join(
    writer: *mut InstanceWriter,
    name: *const c_char,
    instance: *mut Instance,
) -> c_int {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let name = caller.text(name, "name of the instance")?;
            let joined = caller.handle(writer)?.instance(name)?;
            caller.answer(instance, joined.into(), "struct for the instance")
        })
    }
}

/// Publishes one record of an instance, of `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_instance_writer_publish(
    writer: *mut InstanceWriter,
    instance: Instance,
    record: *const c_void,
    size: usize,
) -> c_int {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let record = caller.bytes(record, size)?;
            caller.handle(writer)?.publish(instance.into(), record)?;
            Ok(MAPCAST_OK)
        })
    }
}

/// Retires an instance: its place is free for another one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_instance_writer_retire(
    writer: *mut InstanceWriter,
    instance: Instance,
) -> c_int {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            caller.handle(writer)?.retire(instance.into())?;
            Ok(MAPCAST_OK)
        })
    }
}

/// Closes the region: see mapcast_writer_close.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_instance_writer_close(writer: *mut InstanceWriter) -> c_int {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe { call(|caller| caller.close(writer).map(|_| MAPCAST_OK)) }
}

/// Attaches to the region of instances at `at`: see mapcast_reader_open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_instance_reader_open(
    at: *const c_char,
    layout: *const Layout,
) -> *mut InstanceReader {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let expected = layout::expected(caller, layout)?;
            Reading::give(dynamic::InstanceReader::open(caller.at(at)?)?, expected.as_deref())
        })
    }
}

/// As mapcast_instance_reader_open, of the region in a descriptor: see mapcast_reader_open_fd.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_instance_reader_open_fd(
    fd: c_int,
    name: *const c_char,
    layout: *const Layout,
) -> *mut InstanceReader {
    // SAFETY: the arguments of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let expected = layout::expected(caller, layout)?;
            let name = Path::new(caller.descriptor_name(name)?);
            Reading::give(
                dynamic::InstanceReader::open_file(&caller.file(fd)?, name)?,
                expected.as_deref(),
            )
        })
    }
}

/// Writes the instance of this name to `instance`; returns MAPCAST_NOTHING if there is none (yet). Looks first whether
/// another file has taken the region's name, then at every name in it: keep the result.
///
/// If that file has another record, a reader of any goes over to it: the call that does so returns
/// MAPCAST_ERR_OTHER_RECORD, once. A reader with a layout stays with the old file, and each reader does if the new one
/// has no instances: mapcast_instance_reader_latest returns that as an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_instance_reader_find(
    reader: *const InstanceReader,
    name: *const c_char,
    instance: *mut Instance,
) -> c_int {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let name = caller.text(name, "name of the instance")?;
            let reading = caller.handle(reader)?;
            reading.look()?;
            match reading.reader.find(name) {
                Some(found) => caller.answer(instance, found.into(), "struct for the instance"),
                None => Ok(MAPCAST_NOTHING),
            }
        })
    }
}

/// Copies the newest record of an instance to `record`: see mapcast_reader_latest, also for a region that is replaced.
/// After MAPCAST_ERR_NO_SUCH_INSTANCE find it again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_instance_reader_latest(
    reader: *mut InstanceReader,
    instance: Instance,
    record: *mut c_void,
    size: usize,
    publication: *mut Publication,
) -> c_int {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let record = caller.bytes_mut(record, size)?;
            let Reading { reader, is_of_any, .. } = caller.handle(reader)?;
            let found = reader.latest(instance.into(), record);
            let found = or_go_over(found, *is_of_any, || reader.refresh())?;
            let Some(found) = found else { return Ok(MAPCAST_NOTHING) };
            caller.store(publication, found.into());
            Ok(MAPCAST_OK)
        })
    }
}

/// Looks which instances there are now; returns how many, or an error. mapcast_instance_reader_listed has each. Looks
/// first whether another file has taken the region's name: see mapcast_instance_reader_find.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_instance_reader_list(reader: *mut InstanceReader) -> c_int {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let reading = caller.handle(reader)?;
            reading.look()?;
            let Reading { reader, listed, .. } = reading;
            *listed = reader
                .all()
                .map(|(instance, name)| (instance, c_string(name.as_bytes())))
                .collect();
            Ok(c_int::try_from(listed.len()).unwrap_or(c_int::MAX))
        })
    }
}

/// Returns the name of instance number `index` of the last list, and writes the instance to `instance`, which
/// may be NULL; NULL if there are not so many. Valid until the next list.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_instance_reader_listed(
    reader: *const InstanceReader,
    index: u32,
    instance: *mut Instance,
) -> *const c_char {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let listed = &caller.handle(reader)?.listed;
            let Some((found, name)) = listed.get(index as usize) else { return Ok(ptr::null()) };
            caller.store(instance, (*found).into());
            Ok(name.as_ptr())
        })
    }
}

/// Returns the layout of the records, out of the region; valid until the reader is closed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_instance_reader_layout(
    reader: *mut InstanceReader,
) -> *const Layout {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let Reading { reader, described, .. } = caller.handle(reader)?;
            Ok(ptr::from_ref(described.of(reader.schema())))
        })
    }
}

/// Detaches from the region. NULL is no error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_instance_reader_close(reader: *mut InstanceReader) -> c_int {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe { call(|caller| caller.close(reader).map(|_| MAPCAST_OK)) }
}
