//! Values between Python and a record.
//!
//! Invariant: a value is stored as it is or refused, and only a float field rounds: the library checks ranges,
//! fractions, labels and lengths; what it has no value for is refused here.

use crate::error;
use mapcast::dynamic::{Field, Scalar, Value};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::{PyAttributeError, PyOverflowError, PyTypeError};
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

/// `object`, meant for `field`, as the library has it.
pub(crate) fn from_python(field: &Field, object: &Bound<'_, PyAny>) -> PyResult<Value> {
    match scalar(field, object)? {
        Some(value) => Ok(value),
        None => other(field, object, MOST_STEPS),
    }
}

/// How often an object may stand for another one before there is a value: `tolist` of numpy, an element of a list.
const MOST_STEPS: u32 = 3;

/// What Python itself has for one value.
fn scalar(field: &Field, object: &Bound<'_, PyAny>) -> PyResult<Option<Value>> {
    Ok(Some(if let Ok(value) = object.cast::<PyBool>() {
        Value::Bool(value.is_true())
    } else if object.is_instance_of::<PyFloat>() {
        Value::F64(object.extract()?)
    } else if object.is_instance_of::<PyString>() {
        Value::Text(object.extract().map_err(|_| no_utf8(field, object))?)
    } else if object.is_instance_of::<PyInt>() {
        integer(field, object)?
    } else if object.is_instance_of::<PyBytes>() || object.is_instance_of::<PyByteArray>() {
        text(field.name(), object)?
    } else {
        return Ok(None);
    }))
}

/// One of more than 64 bits is stored in a float field, and refused here for an integer field: rounded to a float, it
/// might fit that.
fn integer(field: &Field, object: &Bound<'_, PyAny>) -> PyResult<Value> {
    if let Ok(number) = object.extract() {
        return Ok(Value::Int(number));
    }
    if let Ok(number) = object.extract() {
        return Ok(Value::Uint(number));
    }
    match object.extract() {
        Ok(_) if field.ctype().element().is_int() => Err(no_fit(field, object)),
        Ok(number) => Ok(Value::F64(number)),
        Err(_) => Err(larger_than_any_float(field)),
    }
}

/// A number that is no int and no float: a Decimal, a Fraction, a longdouble; None: it is no number.
///
/// An integer field gets its value, and not that of the nearest float. A float field gets the nearest float.
fn other_number(field: &Field, object: &Bound<'_, PyAny>) -> PyResult<Option<Value>> {
    let float = match unless_absent(object.extract::<f64>()) {
        Ok(Some(float)) => float,
        Ok(None) => return Ok(None),
        Err(err) if err.is_instance_of::<PyOverflowError>(object.py()) => {
            return Err(larger_than_any_float(field));
        }
        Err(err) => return Err(err),
    };
    // Decimal("1e400") is rounded to infinity.
    if float.is_infinite() && !object.eq(float)? {
        return Err(larger_than_any_float(field));
    }
    let element = field.ctype().element();
    Ok(Some(if element.is_int() && float.is_finite() {
        whole(field, object, float)?
    } else if element == Scalar::Bool && !float.is_nan() {
        Value::Bool(object.is_truthy()?)
    } else {
        Value::F64(float)
    }))
}

/// The integer that `object` equals; `float` is the float nearest to it.
fn whole(field: &Field, object: &Bound<'_, PyAny>, float: f64) -> PyResult<Value> {
    // Decimal("1e300000000") would be an integer of as many digits.
    if float.abs() > LARGEST {
        return Err(no_fit(field, object));
    }
    let int = object.py().get_type::<PyInt>();
    match unless_absent(int.call1((object,)))? {
        Some(number) if object.eq(&number)? => integer(field, &number),
        Some(_) => Err(not_whole(field, object)),
        // It has a `__float__` and nothing else, so that is its value.
        None => Ok(Value::F64(float)),
    }
}

/// 2^64: no number of 64 bits is larger, also rounded.
const LARGEST: f64 = 18_446_744_073_709_551_616.0;

fn no_fit(field: &Field, object: &Bound<'_, PyAny>) -> PyErr {
    let (shown, name, ctype) = (shown(object), field.name(), field.ctype());
    let fact = format!("{shown} does not fit field {name:?} ({ctype})");
    error::new("BadValueError", format!("{fact}; use a value it can hold"))
}

fn not_whole(field: &Field, object: &Bound<'_, PyAny>) -> PyErr {
    let (shown, name, ctype) = (shown(object), field.name(), field.ctype());
    let fact = format!("{shown} is not a whole number, and field {name:?} is {ctype}");
    error::new("BadValueError", format!("{fact}; round it first"))
}

fn larger_than_any_float(field: &Field) -> PyErr {
    let (name, ctype) = (field.name(), field.ctype());
    let fact = format!("field {name:?} is {ctype}, and the number is larger than any float");
    error::new("BadValueError", format!("{fact}; give a number that fits"))
}

/// A number as messages show it: one of many digits is cut, and Python refuses to print those of thousands.
fn shown(number: &Bound<'_, PyAny>) -> String {
    const MOST: usize = 40;
    match number.str().map(|text| text.to_string_lossy().into_owned()) {
        Ok(text) if text.chars().count() <= MOST => text,
        Ok(text) => text.chars().take(MOST).chain("...".chars()).collect(),
        Err(_) => "the number".into(),
    }
}

/// A str with a lone surrogate.
fn no_utf8(field: &Field, object: &Bound<'_, PyAny>) -> PyErr {
    let shown = object.repr().map_or_else(|_| "it".into(), |shown| shown.to_string());
    let fact = format!("the text {shown} for field {:?} has no UTF-8", field.name());
    error::new("BadValueError", format!("{fact}; leave out lone surrogates"))
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
fn other(field: &Field, object: &Bound<'_, PyAny>, steps: u32) -> PyResult<Value> {
    let next = |object: &Bound<'_, PyAny>| match (scalar(field, object)?, steps) {
        (Some(value), _) => Ok(value),
        (None, 0) => Err(no_value(field, object)),
        (None, steps) => other(field, object, steps - 1),
    };
    // That of a longdouble is a longdouble again.
    if let Some(list) = unless_absent(object.call_method0("tolist"))?
        && !list.get_type().is(object.get_type())
    {
        return next(&list);
    }
    if let Some(index) = unless_absent(object.call_method0("__index__"))? {
        return integer(field, &index);
    }
    if let Some(number) = other_number(field, object)? {
        return Ok(number);
    }
    if object.cast::<PyMapping>().is_err()
        && let Some(items) = unless_absent(object.try_iter())?
    {
        let items = items.take(most(field, object)?).map(|item| next(&item?));
        return Ok(Value::List(items.collect::<PyResult<_>>()?));
    }
    Err(no_value(field, object))
}

/// How many elements of a sequence are taken: one more than fits shows that they are too many, also where they have no
/// end.
fn most(field: &Field, object: &Bound<'_, PyAny>) -> PyResult<usize> {
    let ctype = field.ctype();
    let fits = ctype.count().filter(|_| !ctype.is_text()).unwrap_or(0) as usize;
    match object.len() {
        Ok(len) if fits > 0 && len > fits => {
            let fact = format!("field {:?} is {ctype}, the list has {len} elements", field.name());
            Err(error::new("BadValueError", format!("{fact}; give exactly as many")))
        }
        _ => Ok(fits + 1),
    }
}

/// `None`: the object has no such method, or not for what it holds. Any other exception is its own.
fn unless_absent<T>(found: PyResult<T>) -> PyResult<Option<T>> {
    let is_absent = |err: &PyErr| {
        Python::attach(|py| {
            err.is_instance_of::<PyAttributeError>(py) || err.is_instance_of::<PyTypeError>(py)
        })
    };
    match found {
        Ok(found) => Ok(Some(found)),
        Err(err) if is_absent(&err) => Ok(None),
        Err(err) => Err(err),
    }
}

fn no_value(field: &Field, object: &Bound<'_, PyAny>) -> PyErr {
    let kind = object.get_type().name().map_or_else(|_| "it".to_owned(), |name| name.to_string());
    let fact = format!("field {:?} got {kind}", field.name());
    error::new(
        "WrongTypeError",
        format!("{fact}; give a number, a bool, a text or a list of these"),
    )
}
