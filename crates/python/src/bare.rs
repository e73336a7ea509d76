//! Bare files: the struct and nothing else, as C programs share it. Records may be torn, and nothing can tell.

use crate::error::{self, RaiseBare};
use crate::held::Held;
use crate::record::{Record, Shape};
use crate::schema::Schema;
use mapcast::bare;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use std::collections::HashMap;
use std::num::NonZeroU32;

/// What `count=` says: how many structs the file holds.
pub(crate) fn structs(count: &Bound<'_, PyAny>) -> PyResult<NonZeroU32> {
    let structs = count.extract().ok().and_then(NonZeroU32::new);
    let wanted = "a number of structs from 1 to 4294967295";
    structs.ok_or_else(|| error::bad_argument("count", count, wanted))
}

/// Struct number `index` of a file that holds `count`.
fn place(index: &Bound<'_, PyAny>, count: u32) -> PyResult<usize> {
    let place = index.extract().ok().filter(|place| *place < count as usize);
    place.ok_or_else(|| {
        if !error::is_integer(index) {
            return error::bad_argument("index", index, "the number of a struct");
        }
        let fact = format!("the file has no struct {index}");
        error::new("BadValueError", format!("{fact}; use 0 to {}", count - 1))
    })
}

/// The only struct of a file that holds no array; else `next` is what to call.
fn only(count: u32, next: &str) -> PyResult<usize> {
    if count == 1 {
        return Ok(0);
    }
    let fact = format!("the file is an array of {count} structs");
    Err(error::new("BadValueError", format!("{fact}; use {next}")))
}

/// Reads a bare file. Made by `mapcast.open_bare()`.
#[pyclass(frozen, generic, weakref, module = "mapcast")]
#[derive(Debug)]
pub(crate) struct BareReader {
    schema: Py<Schema>,
    /// Called with the bytes of a record; what it returns is the program's.
    make: Py<PyAny>,
    count: u32,
    open: Held<Reading>,
}

#[derive(Debug)]
struct Reading {
    reader: bare::Reader,
    /// One struct.
    bytes: Box<[u8]>,
}

impl BareReader {
    pub(crate) fn new(schema: Py<Schema>, make: Py<PyAny>, reader: bare::Reader) -> Self {
        let bytes = vec![0; schema.get().inner().size() as usize].into_boxed_slice();
        let count = reader.count();
        Self { schema, make, count, open: Held::new("reader", Reading { reader, bytes }) }
    }

    fn read<'py>(&self, py: Python<'py>, place: usize) -> PyResult<Bound<'py, PyAny>> {
        let bytes = self.open.with(|Reading { reader, bytes }| {
            reader.current_at(self.schema.get().inner(), place, bytes).raise_bare()?;
            Ok(PyBytes::new(py, bytes))
        })?;
        self.make.bind(py).call1((bytes,))
    }
}

#[pymethods]
impl BareReader {
    /// The struct that is in the file now. It may be torn.
    fn latest<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.read(py, only(self.count, "latest_at(index), tobytes() or numpy()")?)
    }

    /// Struct number `index` of an array, from 0 on, that is in the file now. It may be torn.
    fn latest_at<'py>(
        &self,
        py: Python<'py>,
        index: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.read(py, place(index, self.count)?)
    }

    /// The bytes of all structs that are in the file now.
    fn tobytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.open.with(|Reading { reader, bytes }| {
            PyBytes::new_with(py, bytes.len() * self.count as usize, |all| {
                reader.current(self.schema.get().inner(), all).raise_bare()
            })
        })
    }

    /// All structs that are in the file now, as an array of numpy.
    fn numpy<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("mapcast._arrays")?.getattr("structs")?.call1((slf,))
    }

    /// How many structs the file holds.
    fn __len__(&self) -> usize {
        self.count as usize
    }

    #[getter]
    fn schema(&self, py: Python<'_>) -> Py<Schema> {
        self.schema.clone_ref(py)
    }

    /// The file.
    #[getter]
    fn path(&self) -> PyResult<String> {
        self.open.with(|open| Ok(open.reader.path().to_string_lossy().into_owned()))
    }

    fn close(&self) -> PyResult<()> {
        self.open.close()
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __exit__(&self, _kind: Py<PyAny>, _error: Py<PyAny>, _trace: Py<PyAny>) -> PyResult<()> {
        self.close()
    }

    /// As of [`Shape::traverse`]; `make` is a function, which the collector clears.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.make)
    }

    fn __repr__(&self) -> String {
        let path = self.open.peek(|open| open.reader.path().display().to_string());
        shown("BareReader", path, &self.schema)
    }
}

/// Writes a bare file. Made by `mapcast.bare_writer()`; belongs to the process that opened it.
#[pyclass(frozen, weakref, module = "mapcast")]
#[derive(Debug)]
pub(crate) struct BareWriter {
    shape: Shape,
    count: u32,
    open: Held<Writing>,
}

#[derive(Debug)]
struct Writing {
    writer: bare::Writer,
    /// Of each struct that was written.
    records: HashMap<usize, Record>,
}

impl BareWriter {
    pub(crate) fn new(shape: Shape, writer: bare::Writer) -> Self {
        let count = writer.count();
        let records = HashMap::new();
        Self { shape, count, open: Held::new("writer", Writing { writer, records }) }
    }

    fn write(
        &self,
        py: Python<'_>,
        place: usize,
        values: Option<&Bound<'_, PyAny>>,
        fields: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        let update = self.shape.update(py, values, fields)?;
        self.open.with(|Writing { writer, records }| {
            let first = || Record::new(self.shape.schema.get());
            let record = records.entry(place).or_insert_with(first);
            writer.publish_at(place, record.next(&update)?).raise_bare()
        })
    }
}

#[pymethods]
impl BareWriter {
    /// Writes a record over the last one. Fields without a value keep their last one, 0 at first.
    #[pyo3(signature = (values = None, /, **fields))]
    fn publish(
        &self,
        py: Python<'_>,
        values: Option<&Bound<'_, PyAny>>,
        fields: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        self.write(py, only(self.count, "publish_at(index, ...)")?, values, fields)
    }

    /// The same of struct number `index` of an array, from 0 on.
    #[pyo3(signature = (index, values = None, /, **fields))]
    fn publish_at(
        &self,
        py: Python<'_>,
        index: &Bound<'_, PyAny>,
        values: Option<&Bound<'_, PyAny>>,
        fields: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        self.write(py, place(index, self.count)?, values, fields)
    }

    /// How many structs the file holds.
    fn __len__(&self) -> usize {
        self.count as usize
    }

    /// Lets another writer have the file, which stays as it is.
    fn close(&self) -> PyResult<()> {
        self.open.close()
    }

    #[getter]
    fn schema(&self, py: Python<'_>) -> Py<Schema> {
        self.shape.schema.clone_ref(py)
    }

    /// The file.
    #[getter]
    fn path(&self) -> PyResult<String> {
        self.open.with(|open| Ok(open.writer.path().to_string_lossy().into_owned()))
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __exit__(&self, _kind: Py<PyAny>, _error: Py<PyAny>, _trace: Py<PyAny>) -> PyResult<()> {
        self.close()
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.shape.traverse(&visit)
    }

    fn __repr__(&self) -> String {
        let path = self.open.peek(|open| open.writer.path().display().to_string());
        shown("BareWriter", path, &self.shape.schema)
    }
}

/// For `repr`; no path: it is closed.
fn shown(class: &str, path: Option<String>, schema: &Py<Schema>) -> String {
    match path {
        Some(path) => format!("<{class} of {path}: {}>", schema.get().inner().name()),
        None => format!("<{class}: closed>"),
    }
}
