//! The bare format: a file that is the struct and nothing else, for programs without this library. Records
//! may be torn, and nothing can tell.
//!
//! # Safety
//!
//! Exported functions only: see `border`.
#![allow(unsafe_code)]

use crate::border::{self, Caller, Opaque, call};
use crate::error::MAPCAST_OK;
use crate::failure::{Failure, of_bare, refuse};
use crate::layout::{self, Layout};
use crate::options::{self, Options};
use mapcast::bare;
use mapcast::dynamic::Schema;
use std::ffi::{c_char, c_int, c_void};
use std::num::NonZeroU32;

/// Writes a file that is the struct and nothing else.
#[derive(Debug)]
pub struct BareWriter {
    _opaque: [u8; 0],
}

impl Opaque for BareWriter {
    type Value = bare::Writer;
    const TAG: &'static [u8; 8] = b"mcBWrite";
    const WHAT: &'static str = "mapcast_bare_writer";
}

/// Reads a file that is the struct and nothing else.
#[derive(Debug)]
pub struct BareReader {
    _opaque: [u8; 0],
}

/// What a `mapcast_bare_reader` points to.
#[derive(Debug)]
pub(crate) struct Reading {
    reader: bare::Reader,
    schema: Schema,
}

impl Opaque for BareReader {
    type Value = Reading;
    const TAG: &'static [u8; 8] = b"mcBReadr";
    const WHAT: &'static str = "mapcast_bare_reader";
}

/// How many structs there are.
fn structs(count: u32) -> Result<NonZeroU32, Failure> {
    NonZeroU32::new(count).ok_or_else(|| refuse("an array has no structs", "pass their count"))
}

fn writer_of(
    caller: &Caller,
    at: *const c_char,
    layout: *const Layout,
    count: u32,
    options: *const Options,
) -> Result<*mut BareWriter, Failure> {
    let (schema, options) = options::with_schema(caller, layout, options)?;
    let (at, count) = (caller.at(at)?, structs(count)?);
    let writer = bare::Writer::open_array(at, &schema, count, &options);
    Ok(border::give(writer.map_err(of_bare)?))
}

fn reader_of(
    caller: &Caller,
    at: *const c_char,
    layout: *const Layout,
    count: u32,
) -> Result<*mut BareReader, Failure> {
    let schema = layout::schema_of(caller, layout)?;
    let reader = bare::Reader::open_array(caller.at(at)?, &schema, structs(count)?);
    let reader = reader.map_err(of_bare)?;
    Ok(border::give(Reading { reader, schema }))
}

/// Creates the file at `at` (a path with a '/', or a name), or continues in the one that is there. Of the
/// options, mode and group count.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_bare_writer_open(
    at: *const c_char,
    layout: *const Layout,
    options: *const Options,
) -> *mut BareWriter {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe { call(|caller| writer_of(caller, at, layout, 1, options)) }
}

/// As mapcast_bare_writer_open, of a file that is an array of `count` structs: `struct stu students[30]`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_bare_writer_open_array(
    at: *const c_char,
    layout: *const Layout,
    count: u32,
    options: *const Options,
) -> *mut BareWriter {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe { call(|caller| writer_of(caller, at, layout, count, options)) }
}

/// Writes the struct, or a whole array, over the last one. `size` is that of the file.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_bare_writer_publish(
    writer: *mut BareWriter,
    record: *const c_void,
    size: usize,
) -> c_int {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let record = caller.bytes(record, size)?;
            caller.handle(writer)?.publish(record).map_err(of_bare)?;
            Ok(MAPCAST_OK)
        })
    }
}

/// Writes struct number `index` of an array, from 0 on, over the last one. `size` is sizeof the struct. Another
/// program that writes its neighbour at the same time may lose some bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_bare_writer_publish_at(
    writer: *mut BareWriter,
    index: u32,
    record: *const c_void,
    size: usize,
) -> c_int {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let record = caller.bytes(record, size)?;
            caller.handle(writer)?.publish_at(index as usize, record).map_err(of_bare)?;
            Ok(MAPCAST_OK)
        })
    }
}

/// Lets another writer have the file, which stays as it is. NULL is no error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_bare_writer_close(writer: *mut BareWriter) -> c_int {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe { call(|caller| caller.close(writer).map(|_| MAPCAST_OK)) }
}

/// Maps the file at `at`, which has to be as long as the struct.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_bare_reader_open(
    at: *const c_char,
    layout: *const Layout,
) -> *mut BareReader {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe { call(|caller| reader_of(caller, at, layout, 1)) }
}

/// As mapcast_bare_reader_open, of a file that is an array of `count` structs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_bare_reader_open_array(
    at: *const c_char,
    layout: *const Layout,
    count: u32,
) -> *mut BareReader {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe { call(|caller| reader_of(caller, at, layout, count)) }
}

/// Copies the struct that is in the file now, or a whole array, to `record`; `size` is that of the file. It may be
/// torn. A file that was cut short is MAPCAST_ERR_TRUNCATED; another one that has taken the name is read within a
/// second.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_bare_reader_latest(
    reader: *mut BareReader,
    record: *mut c_void,
    size: usize,
) -> c_int {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let record = caller.bytes_mut(record, size)?;
            let Reading { reader, schema } = caller.handle(reader)?;
            reader.current(schema, record).map_err(of_bare)?;
            Ok(MAPCAST_OK)
        })
    }
}

/// As mapcast_bare_reader_latest, of struct number `index` of an array, from 0 on; `size` is sizeof the struct.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_bare_reader_latest_at(
    reader: *mut BareReader,
    index: u32,
    record: *mut c_void,
    size: usize,
) -> c_int {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let record = caller.bytes_mut(record, size)?;
            let Reading { reader, schema } = caller.handle(reader)?;
            reader.current_at(schema, index as usize, record).map_err(of_bare)?;
            Ok(MAPCAST_OK)
        })
    }
}

/// Detaches from the file. NULL is no error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_bare_reader_close(reader: *mut BareReader) -> c_int {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe { call(|caller| caller.close(reader).map(|_| MAPCAST_OK)) }
}
