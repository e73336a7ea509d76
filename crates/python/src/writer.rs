//! The writer of a region of one record.

use crate::error::Raise;
use crate::held::Held;
use crate::record::{Record, Shape};
use crate::schema::Schema;
use mapcast::dynamic;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Publishes records. Made by `mapcast.writer()`; belongs to the process that opened it.
#[pyclass(frozen, weakref, module = "mapcast")]
#[derive(Debug)]
pub(crate) struct Writer {
    shape: Shape,
    open: Held<Publishing>,
}

#[derive(Debug)]
struct Publishing {
    writer: dynamic::Writer,
    record: Record,
}

impl Writer {
    pub(crate) fn new(shape: Shape, writer: dynamic::Writer) -> Self {
        let record = Record::new(shape.schema.get());
        Self { shape, open: Held::new("writer", Publishing { writer, record }) }
    }

    fn ask<R>(&self, ask: impl FnOnce(&dynamic::Writer) -> R) -> PyResult<R> {
        self.open.with(|open| Ok(ask(&open.writer)))
    }
}

#[pymethods]
impl Writer {
    /// Publishes a record and returns its sequence number. Fields without a value keep their last one, 0
    /// at first.
    #[pyo3(signature = (values = None, /, **fields))]
    fn publish(
        &self,
        py: Python<'_>,
        values: Option<&Bound<'_, PyAny>>,
        fields: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<u64> {
        let update = self.shape.update(py, values, fields)?;
        self.open
            .with(|Publishing { writer, record }| writer.publish(record.next(&update)?).raise())
    }

    /// A sign of life without a record: due once in each `period` in which nothing is published.
    fn heartbeat(&self) -> PyResult<()> {
        self.open.with(|open| open.writer.heartbeat().raise())
    }

    /// Closes the region: readers see "closed", and the last record stays.
    fn close(&self) -> PyResult<()> {
        self.open.close()
    }

    #[getter]
    fn schema(&self, py: Python<'_>) -> Py<Schema> {
        self.shape.schema.clone_ref(py)
    }

    /// The region's file.
    #[getter]
    fn path(&self) -> PyResult<String> {
        self.ask(|writer| writer.path().to_string_lossy().into_owned())
    }

    /// The number of the newest record.
    #[getter]
    fn sequence(&self) -> PyResult<u64> {
        self.ask(dynamic::Writer::sequence)
    }

    /// How many writers and files the region has had.
    #[getter]
    fn epoch(&self) -> PyResult<u64> {
        self.ask(dynamic::Writer::epoch)
    }

    /// The lineage of its records.
    #[getter]
    fn lineage(&self) -> PyResult<u64> {
        self.ask(dynamic::Writer::lineage)
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
        let shown = self.open.peek(|Publishing { writer, .. }| {
            let (path, sequence) = (writer.path().display(), writer.sequence());
            format!(
                "<Writer of {path}: {} #{sequence}, epoch {}>",
                writer.schema().name(),
                writer.epoch()
            )
        });
        shown.unwrap_or_else(|| "<Writer: closed>".into())
    }
}
