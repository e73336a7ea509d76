//! The writer of a region of instances.

use crate::error::{self, Raise};
use crate::held::Held;
use crate::mapping;
use crate::record::{Record, Shape};
use crate::schema::Schema;
use mapcast::{Instance, dynamic};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::collections::HashMap;

/// Publishes records of many instances. Made by `mapcast.writer(..., instances=N)`.
#[pyclass(frozen, weakref, module = "mapcast")]
#[derive(Debug)]
pub(crate) struct InstanceWriter {
    shape: Shape,
    open: Held<Publishing>,
}

#[derive(Debug)]
struct Publishing {
    writer: dynamic::InstanceWriter,
    /// The instances that this writer has published to.
    records: HashMap<String, (Instance, Record)>,
}

impl InstanceWriter {
    pub(crate) fn new(shape: Shape, writer: dynamic::InstanceWriter) -> Self {
        let open = Publishing { writer, records: HashMap::new() };
        Self { shape, open: Held::new("writer", open) }
    }

    fn ask<R>(&self, ask: impl FnOnce(&dynamic::InstanceWriter) -> R) -> PyResult<R> {
        self.open.with(|open| Ok(ask(&open.writer)))
    }

    fn names(&self) -> PyResult<Vec<String>> {
        self.ask(|writer| writer.all().into_iter().map(|(_, name)| name.as_str().into()).collect())
    }
}

#[pymethods]
impl InstanceWriter {
    /// Publishes a record of the instance `name`, which joins if it is not there, and returns its sequence
    /// number. Fields without a value keep the last one that this writer gave them, 0 at first.
    #[pyo3(signature = (name, values = None, /, **fields))]
    fn publish(
        &self,
        py: Python<'_>,
        name: &str,
        values: Option<&Bound<'_, PyAny>>,
        fields: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<u64> {
        let update = self.shape.update(py, values, fields)?;
        self.open.with(|Publishing { writer, records }| {
            if !records.contains_key(name) {
                // Refused before it joins: an instance without a record is of no use.
                let mut record = Record::new(self.shape.schema.get());
                record.next(&update)?;
                records.insert(name.into(), (writer.instance(name).raise()?, record));
            }
            let (instance, record) = records.get_mut(name).expect("it is there or was inserted");
            writer.publish(*instance, record.next(&update)?).raise()
        })
    }

    /// Retires an instance: it is gone for readers, and its place is free.
    fn retire(&self, name: &str) -> PyResult<()> {
        self.open.with(|Publishing { writer, records }| {
            let Some(instance) = writer.find(name) else {
                let fact = format!("{}: no instance {name:?}", writer.path().display());
                return Err(error::new("NoInstanceError", format!("{fact}; list(writer) has all")));
            };
            records.remove(name);
            writer.retire(instance).raise()
        })
    }

    /// A sign of life without a record: due once in each `period` in which nothing is published.
    fn heartbeat(&self) -> PyResult<()> {
        self.open.with(|open| open.writer.heartbeat().raise())
    }

    /// Closes the region: readers see "closed", and all records stay.
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

    /// The greatest number of a record of any instance.
    #[getter]
    fn sequence(&self) -> PyResult<u64> {
        self.ask(|writer| writer.sequence())
    }

    /// How many writers and files the region has had.
    #[getter]
    fn epoch(&self) -> PyResult<u64> {
        self.ask(|writer| writer.epoch())
    }

    fn __contains__(&self, name: &Bound<'_, PyAny>) -> PyResult<bool> {
        let name = mapping::text(name);
        self.ask(|writer| name.is_some_and(|name| writer.find(&name).is_some()))
    }

    fn __len__(&self) -> PyResult<usize> {
        self.ask(dynamic::InstanceWriter::len)
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        PyTuple::new(py, self.names()?)?.into_any().try_iter().map(Bound::into_any)
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
            let (path, count) = (writer.path().display(), writer.len());
            format!(
                "<InstanceWriter of {path}: {}, {count} of {} instances>",
                writer.schema().name(),
                writer.max()
            )
        });
        shown.unwrap_or_else(|| "<InstanceWriter: closed>".into())
    }
}
