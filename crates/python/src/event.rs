//! Everything that happens to a region, for Python.

use crate::arguments::seconds;
use crate::follower::Following;
use crate::sample::Sample;
use crate::source::Item;
use mapcast::Event as Found;
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyStopIteration;
use pyo3::prelude::*;
use std::fmt::Write as _;
use std::time::Duration;

/// What has happened: `kind`, and a `value` that depends on it.
///
/// "record" has a Sample, "missed" a number of records, "writer" the new state as a text, "lineage" the
/// lineage of the records from now on; "replaced", "waiting", "attached", "missing", "back", "truncated",
/// "joined" and "retired" have None.
#[pyclass(frozen, module = "mapcast")]
#[derive(Debug)]
pub(crate) struct Event {
    #[pyo3(get)]
    kind: &'static str,
    #[pyo3(get)]
    value: Py<PyAny>,
    /// The instance that it is about.
    #[pyo3(get)]
    instance: Option<String>,
}

#[pymethods]
impl Event {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str) {
        ("kind", "value")
    }

    /// It never changes, so that it is its own copy.
    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _known: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let mut text = format!("<Event {}", self.kind);
        if let Some(instance) = &self.instance {
            let _ = write!(text, " {instance:?}");
        }
        if !self.value.is_none(py) {
            let _ = write!(text, ": {}", self.value.bind(py).repr()?);
        }
        Ok(text + ">")
    }
}

/// Iterates over everything that happens to a region. Made by `reader.events()`.
#[pyclass(frozen, module = "mapcast")]
#[derive(Debug)]
pub(crate) struct Events {
    following: Following,
}

impl Events {
    pub(crate) const fn new(following: Following) -> Self {
        Self { following }
    }

    fn event(&self, py: Python<'_>, found: Found<Item>) -> PyResult<Event> {
        let none = || Ok(py.None());
        let number = |number: u64| number.into_py_any(py);
        let mut instance = None;
        let mut of = |name: String| instance = Some(name);
        let (kind, value) = match found {
            Found::Record(Item::Record(found)) => {
                found.instance.clone().into_iter().for_each(of);
                ("record", self.sample(py, found))
            }
            Found::Record(Item::Missed(count, name)) => {
                of(name);
                ("missed", number(count))
            }
            Found::Record(Item::Joined(name)) => {
                of(name);
                ("joined", none())
            }
            Found::Record(Item::Retired(name)) => {
                of(name);
                ("retired", none())
            }
            Found::Missed(count) => ("missed", number(count)),
            Found::Writer(state) => ("writer", state.as_str().into_py_any(py)),
            Found::Lineage(lineage) => ("lineage", number(lineage)),
            Found::Replaced => ("replaced", none()),
            Found::Waiting => ("waiting", none()),
            Found::Attached => ("attached", none()),
            Found::Missing => ("missing", none()),
            Found::Back => ("back", none()),
            Found::Truncated => ("truncated", none()),
            _ => ("unknown", none()),
        };
        Ok(Event { kind, value: value?, instance })
    }

    fn attempt(&self, py: Python<'_>) -> PyResult<Option<Event>> {
        self.following.try_event()?.map(|found| self.event(py, found)).transpose()
    }

    fn sample(&self, py: Python<'_>, found: crate::source::Found) -> PyResult<Py<PyAny>> {
        let sample: Sample = self.following.sample(py, found)?;
        Ok(Py::new(py, sample)?.into_any())
    }
}

#[pymethods]
impl Events {
    /// The next event, or None if there is none within `timeout` seconds; None waits without end.
    #[pyo3(signature = (timeout = None))]
    fn next(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<Option<Event>> {
        self.following.within(py, seconds("timeout", timeout)?, || self.attempt(py))
    }

    /// The next event, or None if there is none yet.
    fn try_next(&self, py: Python<'_>) -> PyResult<Option<Event>> {
        self.following.within(py, Some(Duration::ZERO), || self.attempt(py))
    }

    /// A descriptor that is readable when there may be an event: for select, epoll and event loops.
    fn fileno(&self) -> PyResult<i32> {
        self.following.fileno()
    }

    /// Makes the descriptor unreadable: call it before `try_next`.
    fn clear(&self) -> PyResult<()> {
        self.following.clear()
    }

    /// Seconds without an event after which the iteration ends; None: it never does.
    #[getter]
    fn timeout(&self) -> Option<f64> {
        self.following.timeout.map(|timeout| timeout.as_secs_f64())
    }

    fn close(&self) -> PyResult<()> {
        self.following.close()
    }

    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Event> {
        self.following
            .within(py, self.following.timeout, || self.attempt(py))?
            .ok_or_else(|| PyStopIteration::new_err(()))
    }

    fn __aiter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Following::stream(slf.as_any())
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __exit__(&self, _kind: Py<PyAny>, _error: Py<PyAny>, _trace: Py<PyAny>) -> PyResult<()> {
        self.close()
    }

    fn __repr__(&self) -> String {
        self.following.shown("Events")
    }
}
