//! What a program publishes, as the values of a record.
//!
//! Invariant: everything that calls Python is done before the writer is held, so that its lock is never
//! taken twice; and a record that is refused leaves the last one as it was.

use crate::error::{self, Raise};
use crate::schema::Schema;
use crate::values::from_python;
use mapcast::dynamic::{Field, RecordBuf, Value};
use pyo3::exceptions::{PyAttributeError, PyValueError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyMapping, PyString, PyTuple, PyType};

/// What the next record has.
#[derive(Debug)]
pub(crate) enum Update {
    /// All of it, as its bytes.
    Bytes(Vec<u8>),
    /// Some fields, by number.
    Values(Vec<(usize, Value)>),
}

/// How a writer takes records.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) schema: Py<Schema>,
    /// A type of ctypes or numpy that has the bytes of the record.
    pub(crate) raw: Option<Py<PyAny>>,
}

impl Shape {
    /// For the collector of cycles: a class may have the writer of its records as an attribute.
    ///
    /// Nothing is cleared: such a cycle has the class in it, which the collector clears. A schema refers to nothing of
    /// the program.
    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.raw)
    }

    /// What `publish(values, **fields)` asks for.
    pub(crate) fn update(
        &self,
        py: Python<'_>,
        values: Option<&Bound<'_, PyAny>>,
        fields: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Update> {
        let schema = self.schema.get();
        let mut update = match values {
            None => Update::Values(Vec::new()),
            Some(values) => match self.bytes_of(py, values)? {
                Some(bytes) => Update::Bytes(bytes),
                None => Update::Values(values_of(schema, values)?),
            },
        };
        let Some(fields) = fields else {
            return if values.is_some() { Ok(update) } else { Err(nothing()) };
        };
        match &mut update {
            Update::Values(all) => named(schema, fields.as_any(), all)?,
            Update::Bytes(_) => {
                let fact = "a record of bytes was published with keywords too";
                return Err(error::new("WrongTypeError", format!("{fact}; use one of them")));
            }
        }
        Ok(update)
    }

    /// The bytes of something that is laid out as the record.
    fn bytes_of(&self, py: Python<'_>, values: &Bound<'_, PyAny>) -> PyResult<Option<Vec<u8>>> {
        if values.is_instance_of::<PyBytes>() {
            return bytes(values);
        }
        if values.is_instance_of::<PyByteArray>() {
            return values.extract().map(Some);
        }
        let Some(raw) = self.raw.as_ref().map(|raw| raw.bind(py)) else { return Ok(None) };
        match raw.cast::<PyType>() {
            Ok(structure) if values.is_instance(structure)? => {
                bytes(&py.get_type::<PyBytes>().call1((values,))?)
            }
            Ok(_) => Ok(None),
            Err(_) => match values.getattr("dtype") {
                Ok(dtype) if dtype.eq(raw)? => bytes(&values.call_method0("tobytes")?),
                _ => Ok(None),
            },
        }
    }
}

fn bytes(values: &Bound<'_, PyAny>) -> PyResult<Option<Vec<u8>>> {
    Ok(Some(values.cast::<PyBytes>()?.as_bytes().to_vec()))
}

fn nothing() -> PyErr {
    let next = "give a dict, keywords, a dataclass, a ctypes.Structure or a record of numpy";
    error::new("WrongTypeError", format!("publish() without a record; {next}"))
}

/// The values of a mapping, or of the attributes of any other object.
fn values_of(schema: &Schema, values: &Bound<'_, PyAny>) -> PyResult<Vec<(usize, Value)>> {
    let mut all = Vec::new();
    if values.is_instance_of::<PyDict>() || values.cast::<PyMapping>().is_ok() {
        named(schema, values, &mut all)?;
        return Ok(all);
    }
    // A record of numpy has no attributes, but items.
    let names = values.getattr("dtype").and_then(|dtype| dtype.getattr("names"));
    let has_items = names.is_ok_and(|names| names.is_instance_of::<PyTuple>());
    for (index, field) in schema.inner().fields().iter().enumerate() {
        let name = field.name();
        let value = if has_items { values.get_item(name) } else { values.getattr(name) };
        let value = value.map_err(|err| no_such(values, field, err))?;
        all.push((index, from_python(field, &value)?));
    }
    Ok(all)
}

/// The values of a mapping; its names are those of fields.
fn named(
    schema: &Schema,
    values: &Bound<'_, PyAny>,
    all: &mut Vec<(usize, Value)>,
) -> PyResult<()> {
    let mut push = |name: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>| {
        let name = name.cast::<PyString>().map_err(|_| no_name(name))?;
        let number = schema.number(name)?;
        let number = number.ok_or_else(|| schema.no_field(name.as_any()))?;
        let field = &schema.inner().fields()[number];
        all.push((number, from_python(field, value)?));
        Ok(())
    };
    if let Ok(dict) = values.cast::<PyDict>() {
        return dict.iter().try_for_each(|(name, value)| push(&name, &value));
    }
    for item in values.call_method0("items")?.try_iter()? {
        let (name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item?.extract()?;
        push(&name, &value)?;
    }
    Ok(())
}

/// What should name a field is no text.
fn no_name(name: &Bound<'_, PyAny>) -> PyErr {
    let shown = name.repr().map_or_else(|_| "it".to_owned(), |shown| shown.to_string());
    error::new("WrongTypeError", format!("a field is named by a text, not by {shown}"))
}

/// The value of a field is not there; any other exception is the object's own.
fn no_such(values: &Bound<'_, PyAny>, field: &Field, err: PyErr) -> PyErr {
    let py = values.py();
    if !err.is_instance_of::<PyAttributeError>(py) && !err.is_instance_of::<PyValueError>(py) {
        return err;
    }
    let kind = values.get_type().name().map_or_else(|_| "it".to_owned(), |name| name.to_string());
    let next = "give a dict, or an object with every field";
    error::new("WrongTypeError", format!("{kind} has no field {:?}; {next}", field.name()))
}

/// The record that a writer published last, and a place to fill in the next one.
#[derive(Debug)]
pub(crate) struct Record {
    last: RecordBuf,
    /// The last record, while the next one is filled in.
    saved: Box<[u8]>,
}

impl Record {
    /// Zeros.
    pub(crate) fn new(schema: &Schema) -> Self {
        let last = RecordBuf::new(schema.inner().clone());
        Self { saved: last.bytes().into(), last }
    }

    /// The bytes of the next record; fields without a value keep their last one.
    pub(crate) fn next(&mut self, update: &Update) -> PyResult<&[u8]> {
        self.saved.copy_from_slice(self.last.bytes());
        if let Err(err) = self.fill(update) {
            self.last.bytes_mut().copy_from_slice(&self.saved);
            return Err(err);
        }
        Ok(self.last.bytes())
    }

    fn fill(&mut self, update: &Update) -> PyResult<()> {
        match update {
            Update::Values(values) => {
                values.iter().try_for_each(|(index, value)| self.last.set(*index, value).raise())
            }
            Update::Bytes(bytes) if bytes.len() == self.saved.len() => {
                self.last.bytes_mut().copy_from_slice(bytes);
                Ok(())
            }
            Update::Bytes(bytes) => {
                let (want, have) = (self.saved.len(), bytes.len());
                let fact = format!("a record of size {have} for one of size {want}");
                Err(error::new("BadValueError", format!("{fact}; use the schema's size")))
            }
        }
    }
}
