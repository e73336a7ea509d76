//! Values of a record that is known at run time only, by the fields of its layout.
//!
//! # Safety
//!
//! Exported functions only: see `border`.
#![allow(unsafe_code)]

use crate::border::{Caller, call};
use crate::error::{MAPCAST_ERR_BAD_VALUE, MAPCAST_ERR_WRONG_SIZE, MAPCAST_OK};
use crate::failure::Failure;
use crate::layout::{self, Field, Layout};
use mapcast::dynamic::{RecordBuf, RecordView, Schema, Value};
use std::ffi::{c_char, c_int, c_void};
use std::sync::Arc;

/// The beginning of `record`, as a record of `schema`.
fn view<'a>(schema: &'a Schema, record: &'a [u8]) -> Result<RecordView<'a>, Failure> {
    let end = schema.size() as usize;
    let bytes = record.get(..end).ok_or_else(|| too_short(end, record.len()))?;
    RecordView::new(schema, bytes).map_err(|_| too_short(end, record.len()))
}

#[cold]
fn too_short(want: usize, have: usize) -> Failure {
    let fact = format!("the record has a size of {have}, and {want} are needed");
    Failure::new(
        MAPCAST_ERR_WRONG_SIZE,
        fact,
        "pass a record of the layout of the field, and its size",
    )
}

/// A number out of one value, or why it is none.
fn number<T>(value: &Value, of: impl Fn(&Value) -> Option<T>, what: &str) -> Result<T, Failure> {
    of(value).ok_or_else(|| {
        let fact = format!("{value} ({}) is no {what}", value.kind());
        Failure::new(
            MAPCAST_ERR_BAD_VALUE,
            fact,
            "read it as another type: see the type of its field",
        )
    })
}

#[allow(clippy::cast_precision_loss)] // a program that asks for a double gets the nearest one
fn as_f64(value: &Value) -> Option<f64> {
    Some(match value {
        Value::Int(number) => *number as f64,
        Value::Uint(number) => *number as f64,
        Value::F32(number) => f64::from(*number),
        Value::F64(number) => *number,
        Value::Bool(is_true) => f64::from(u8::from(*is_true)),
        _ => return None,
    })
}

fn as_i64(value: &Value) -> Option<i64> {
    match value {
        Value::Int(number) => Some(*number),
        Value::Uint(number) => i64::try_from(*number).ok(),
        Value::Bool(is_true) => Some((*is_true).into()),
        _ => None,
    }
}

fn as_u64(value: &Value) -> Option<u64> {
    match value {
        Value::Int(number) => u64::try_from(*number).ok(),
        Value::Uint(number) => Some(*number),
        Value::Bool(is_true) => Some((*is_true).into()),
        _ => None,
    }
}

/// Reads element number `element` of a field by `of`.
fn get<T>(
    caller: &Caller,
    (field, element): (*const Field, u32),
    (record, size): (*const c_void, usize),
    (of, what): (impl Fn(&Value) -> Option<T>, &str),
) -> Result<T, Failure> {
    let schema = layout::element(caller, field, element)?;
    number(&view(&schema, caller.bytes(record, size)?)?.value(0), of, what)
}

/// Writes `value` to element number `element` of a field.
fn set(
    caller: &Caller,
    (field, element): (*const Field, u32),
    (record, size): (*mut c_void, usize),
    value: &Value,
) -> Result<c_int, Failure> {
    let schema = Arc::new(layout::element(caller, field, element)?);
    let range = schema.fields()[0].range();
    let record = caller.bytes_mut(record, size)?;
    let place = record.get_mut(range.clone()).ok_or_else(|| too_short(range.end, size))?;
    let mut whole = RecordBuf::new(schema);
    whole.set(0, value)?;
    place.copy_from_slice(&whole.bytes()[range]);
    Ok(MAPCAST_OK)
}

/// Reads a number, of any type, as a double. `element` is 0 for a field that is no array.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_get_f64(
    field: *const Field,
    element: u32,
    record: *const c_void,
    size: usize,
    value: *mut f64,
) -> c_int {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let found = get(caller, (field, element), (record, size), (as_f64, "number"))?;
            caller.answer(value, found, "place for the value")
        })
    }
}

/// Reads a whole number that an int64_t holds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_get_i64(
    field: *const Field,
    element: u32,
    record: *const c_void,
    size: usize,
    value: *mut i64,
) -> c_int {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let found = get(caller, (field, element), (record, size), (as_i64, "int64_t"))?;
            caller.answer(value, found, "place for the value")
        })
    }
}

/// Reads a whole number that a uint64_t holds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_get_u64(
    field: *const Field,
    element: u32,
    record: *const c_void,
    size: usize,
    value: *mut u64,
) -> c_int {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let found = get(caller, (field, element), (record, size), (as_u64, "uint64_t"))?;
            caller.answer(value, found, "place for the value")
        })
    }
}

/// Writes a number, which has to fit the field: a whole one for an integer, in its range.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_set_f64(
    field: *const Field,
    element: u32,
    record: *mut c_void,
    size: usize,
    value: f64,
) -> c_int {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe { call(|caller| set(caller, (field, element), (record, size), &Value::F64(value))) }
}

/// Writes a whole number, which has to fit the field; a field of floats gets the nearest one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_set_i64(
    field: *const Field,
    element: u32,
    record: *mut c_void,
    size: usize,
    value: i64,
) -> c_int {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe { call(|caller| set(caller, (field, element), (record, size), &Value::Int(value))) }
}

/// Writes a whole number, which has to fit the field; a field of floats gets the nearest one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_set_u64(
    field: *const Field,
    element: u32,
    record: *mut c_void,
    size: usize,
    value: u64,
) -> c_int {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe { call(|caller| set(caller, (field, element), (record, size), &Value::Uint(value))) }
}

/// Writes a text, which a char array has to hold with a NUL behind it, or the label of a value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_set_text(
    field: *const Field,
    record: *mut c_void,
    size: usize,
    text: *const c_char,
) -> c_int {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let text = Value::Text(caller.text(text, "text")?.to_owned());
            set(caller, (field, 0), (record, size), &text)
        })
    }
}

/// Prints a field for people, as snprintf does: texts and labels as such, arrays as [1, 2]. Returns the length
/// of all of it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_format_field(
    field: *const Field,
    record: *const c_void,
    size: usize,
    buffer: *mut c_char,
    buffer_size: usize,
) -> c_int {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let schema = layout::whole(caller, field)?;
            let view = view(&schema, caller.bytes(record, size)?)?;
            let text = view.shown(&schema.fields()[0], None).to_string();
            caller.print(&text, buffer, buffer_size)
        })
    }
}

/// Prints a record as one line for people, as snprintf does: by the line of its layout, or name=value of every
/// field. Returns the length of all of it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_format_record(
    layout: *const Layout,
    record: *const c_void,
    size: usize,
    buffer: *mut c_char,
    buffer_size: usize,
) -> c_int {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let schema = layout::schema_of(caller, layout)?;
            let text = view(&schema, caller.bytes(record, size)?)?.line().to_string();
            caller.print(&text, buffer, buffer_size)
        })
    }
}
