//! Values between Python and a record.
//!
//! Invariant: a value is stored as it is or refused: the library checks ranges, fractions, labels and
//! lengths; only what is no value of any field is refused here.

use crate::error;
use mapcast::dynamic::Value;
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyByteArray, PyBytes, PyFloat, PyInt, PyList, PyMapping, PyString};

/// `value` as Python has it.
pub(crate) fn to_python(py: Python<'_>, value: Value) -> PyResult<Bound<'_, PyAny>> {
    match value {
        Value::Int(number) => number.into_bound_py_any(py),
        Value::Uint(number) => number.into_bound_py_any(py),
        Value::F32(number) => f64::from(number).into_bound_py_any(py),
        Value::F64(number) => number.into_bound_py_any(py),
        Value::Bool(value) => value.into_bound_py_any(py),
        Value::Text(text) => text.into_bound_py_any(py),
        Value::List(items) => {
            let items = items.into_iter().map(|item| to_python(py, item));
            Ok(PyList::new(py, items.collect::<PyResult<Vec<_>>>()?)?.into_any())
        }
    }
}

/// `object`, meant for the field called `field`, as the library has it.
pub(crate) fn from_python(field: &str, object: &Bound<'_, PyAny>) -> PyResult<Value> {
    if let Ok(value) = object.cast::<PyBool>() {
        return Ok(Value::Bool(value.is_true()));
    }
    if object.is_instance_of::<PyFloat>() {
        return Ok(Value::F64(object.extract()?));
    }
    if object.is_instance_of::<PyString>() {
        return Ok(Value::Text(object.extract()?));
    }
    if object.is_instance_of::<PyInt>() {
        return Ok(integer(object));
    }
    if object.is_instance_of::<PyBytes>() || object.is_instance_of::<PyByteArray>() {
        return text(field, object);
    }
    other(field, object)
}

/// One that is too large for any field is refused as a float: the message has its size.
fn integer(object: &Bound<'_, PyAny>) -> Value {
    let signed = || object.extract().map(Value::Int);
    let unsigned = || object.extract().map(Value::Uint);
    let large = || object.extract().unwrap_or(f64::INFINITY);
    signed().or_else(|_| unsigned()).unwrap_or_else(|_| Value::F64(large()))
}

/// Text as ctypes and numpy have it: up to the first NUL.
fn text(field: &str, object: &Bound<'_, PyAny>) -> PyResult<Value> {
    let bytes: Vec<u8> = object.extract()?;
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    match std::str::from_utf8(&bytes[..end]) {
        Ok(text) => Ok(Value::from(text)),
        Err(err) => {
            let fact =
                format!("the bytes for field {field:?} are not UTF-8 at {}", err.valid_up_to());
            Err(error::new("BadValueError", format!("{fact}; encode the text as UTF-8")))
        }
    }
}

/// What numpy and pandas have (`tolist`), other numbers, and any other sequence.
fn other(field: &str, object: &Bound<'_, PyAny>) -> PyResult<Value> {
    let is_mapping = object.cast::<PyMapping>().is_ok();
    if let Ok(list) = object.call_method0("tolist")
        && !list.is(object)
    {
        return from_python(field, &list);
    }
    if let Ok(index) = object.call_method0("__index__") {
        return Ok(integer(&index));
    }
    if let Ok(number) = object.extract::<f64>() {
        return Ok(Value::F64(number));
    }
    if !is_mapping && let Ok(items) = object.try_iter() {
        return Ok(Value::List(
            items.map(|item| from_python(field, &item?)).collect::<PyResult<_>>()?,
        ));
    }
    let kind = object.get_type().name()?;
    let fact = format!("field {field:?} got {kind}");
    Err(error::new("WrongTypeError", format!("{fact}; give a number, a bool, a text or a list")))
}
