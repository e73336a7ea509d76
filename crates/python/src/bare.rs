//! Bare files: the struct and nothing else, as C programs share it. Records may be torn, and nothing can tell.

use crate::error::Raise;
use crate::held::Held;
use crate::record::{Record, Shape};
use crate::schema::Schema;
use mapcast::bare;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

/// Reads a bare file. Made by `mapcast.open_bare()`.
#[pyclass(frozen, generic, weakref, module = "mapcast")]
#[derive(Debug)]
pub(crate) struct BareReader {
    schema: Py<Schema>,
    /// Called with the bytes of a record; what it returns is the program's.
    make: Py<PyAny>,
    open: Held<Reading>,
}

#[derive(Debug)]
struct Reading {
    reader: bare::Reader,
    bytes: Box<[u8]>,
}

impl BareReader {
    pub(crate) fn new(schema: Py<Schema>, make: Py<PyAny>, reader: bare::Reader) -> Self {
        let bytes = vec![0; schema.get().inner().size() as usize].into_boxed_slice();
        Self { schema, make, open: Held::new("reader", Reading { reader, bytes }) }
    }
}

#[pymethods]
impl BareReader {
    /// The struct that is in the file now. It may be torn.
    fn latest<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let bytes = self.open.with(|Reading { reader, bytes }| {
            reader.current(self.schema.get().inner(), bytes).raise()?;
            Ok(PyBytes::new(py, bytes))
        })?;
        self.make.bind(py).call1((bytes,))
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
    open: Held<Writing>,
}

#[derive(Debug)]
struct Writing {
    writer: bare::Writer,
    record: Record,
}

impl BareWriter {
    pub(crate) fn new(shape: Shape, writer: bare::Writer) -> Self {
        let record = Record::new(shape.schema.get());
        Self { shape, open: Held::new("writer", Writing { writer, record }) }
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
        let update = self.shape.update(py, values, fields)?;
        self.open.with(|Writing { writer, record }| writer.publish(record.next(&update)?).raise())
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
