//! A region that is read, of one record or of instances: what both have in common.

use crate::arguments::begin;
use crate::event::Events;
use crate::follower::{Follower, Following};
use crate::held::Held;
use crate::place::Place;
use crate::sample::Sample;
use crate::schema::Schema;
use crate::source::{Found, Source};
use mapcast::Begin;
use mapcast::dynamic::{AnyReader, Reader};
use pyo3::prelude::*;

/// A region that is read: its schema, the state of its writer, and its records in order.
#[pyclass(frozen, subclass, module = "mapcast")]
#[derive(Debug)]
pub(crate) struct Region {
    place: Place,
    attached: Held<Attached>,
}

/// What a region's handle owns.
#[derive(Debug)]
pub(crate) struct Attached {
    pub(crate) source: Source,
    schema: Option<Py<Schema>>,
}

impl Attached {
    /// A sample of what was read.
    pub(crate) fn sample(&mut self, py: Python<'_>, found: Found) -> PyResult<Sample> {
        let schema = Schema::cached(py, &mut self.schema, &found.schema)?;
        Ok(Sample::new(found, schema, 0))
    }
}

impl Region {
    pub(crate) const fn new(place: Place, source: Source) -> Self {
        Self { place, attached: Held::new("reader", Attached { source, schema: None }) }
    }

    /// What it was opened by.
    pub(crate) const fn place(&self) -> &Place {
        &self.place
    }

    /// Calls `with` with what is attached.
    #[inline]
    pub(crate) fn with<R>(&self, with: impl FnOnce(&mut Attached) -> PyResult<R>) -> PyResult<R> {
        self.attached.with(with)
    }

    fn ask<R>(&self, ask: impl FnOnce(&Reader) -> R) -> PyResult<R> {
        self.with(|attached| Ok(ask(&attached.source.reader)))
    }

    /// Its own attachment to the same place: several can follow, each in its own thread.
    pub(crate) fn following(
        &self,
        only: Option<&str>,
        timeout: Option<f64>,
        at: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Following> {
        let at = at.map_or(Ok(Begin::Newest), begin)?;
        self.with(|_| Following::attached(self.place.clone(), only, at, timeout))
    }

    /// For `repr`.
    pub(crate) fn shown(&self, class: &str) -> String {
        let shown = self.attached.peek(|Attached { source, .. }| {
            let reader = &source.reader;
            let instances = match reader {
                AnyReader::Plain(_) => String::new(),
                AnyReader::Instances(all) => format!(" of {} instances", all.all().count()),
            };
            format!("{}{instances}, {}", reader.schema().name(), reader.state())
        });
        format!("<{class} of {}: {}>", self.place, shown.as_deref().unwrap_or("closed"))
    }
}

#[pymethods]
impl Region {
    /// Every record from now on, in order. Ends after `timeout` seconds without one.
    #[pyo3(signature = (timeout = None, *, begin = None))]
    fn follow(
        &self,
        py: Python<'_>,
        timeout: Option<f64>,
        begin: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<Follower>> {
        Follower::over(py, self.following(None, timeout, begin)?)
    }

    /// Everything that happens, in order. Ends after `timeout` seconds without an event.
    #[pyo3(signature = (timeout = None, *, begin = None))]
    fn events(
        &self,
        py: Python<'_>,
        timeout: Option<f64>,
        begin: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<Events>> {
        Events::over(py, self.following(None, timeout, begin)?)
    }

    /// The region's file.
    #[getter]
    fn path(&self) -> PyResult<String> {
        self.ask(|reader| reader.path().to_string_lossy().into_owned())
    }

    /// The description of its records.
    #[getter]
    pub(crate) fn schema(&self, py: Python<'_>) -> PyResult<Py<Schema>> {
        self.with(|Attached { source, schema }| Schema::cached(py, schema, source.reader.schema()))
    }

    /// The unit of each field that has one.
    #[getter]
    fn units<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.schema(py)?.bind(py).getattr("units")
    }

    /// The record as a type of numpy.
    #[getter]
    fn dtype<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.schema(py)?.bind(py).getattr("dtype")
    }

    /// The state of the writer: "live", "stalled", "dead", "closed", "retired" or "stale".
    #[getter]
    fn state(&self) -> PyResult<&'static str> {
        self.ask(|reader| reader.state().as_str())
    }

    /// How many writers and files the region has had.
    #[getter]
    fn epoch(&self) -> PyResult<u64> {
        self.ask(Reader::epoch)
    }

    /// The lineage of its records.
    #[getter]
    fn lineage(&self) -> PyResult<u64> {
        self.ask(Reader::lineage)
    }

    /// The process id that the writer wrote down; it may be of another pid namespace.
    #[getter]
    fn pid(&self) -> PyResult<u64> {
        self.ask(Reader::writer_pid)
    }

    /// The longest time between two signs of life that the writer promises, in seconds.
    #[getter]
    fn period(&self) -> PyResult<Option<f64>> {
        self.ask(|reader| reader.period().map(|period| period.as_secs_f64()))
    }

    fn close(&self) -> PyResult<()> {
        self.attached.close()
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __exit__(&self, _kind: Py<PyAny>, _error: Py<PyAny>, _trace: Py<PyAny>) -> PyResult<()> {
        self.close()
    }
}
