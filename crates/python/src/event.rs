//! Everything that happens to a region, for Python.

use crate::arguments::seconds;
use crate::follower::Following;
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
#[pyclass(frozen, extends = Following, module = "mapcast")]
#[derive(Debug)]
pub(crate) struct Events;

impl Events {
    pub(crate) fn over(py: Python<'_>, following: Following) -> PyResult<Py<Self>> {
        Py::new(py, PyClassInitializer::from(following).add_subclass(Self))
    }
}

impl Event {
    fn of(py: Python<'_>, following: &Following, found: Found<Item>) -> PyResult<Self> {
        let none = || Ok(py.None());
        let number = |number: u64| number.into_py_any(py);
        let mut instance = None;
        let mut of = |name: String| instance = Some(name);
        let (kind, value) = match found {
            Found::Record(Item::Record(found)) => {
                found.instance.clone().into_iter().for_each(of);
                ("record", following.sample(py, found).and_then(|sample| sample.into_py_any(py)))
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
        Ok(Self { kind, value: value?, instance })
    }

    /// The next one, if there is one.
    fn next(py: Python<'_>, following: &Following) -> PyResult<Option<Self>> {
        following.try_event()?.map(|found| Self::of(py, following, found)).transpose()
    }
}

#[pymethods]
impl Events {
    /// The next event, or None if there is none within `timeout` seconds; None waits without end.
    #[pyo3(signature = (timeout = None))]
    fn next(slf: &Bound<'_, Self>, timeout: Option<f64>) -> PyResult<Option<Event>> {
        let (py, following) = (slf.py(), slf.as_super().get());
        following.within(py, seconds("timeout", timeout)?, || Event::next(py, following))
    }

    /// The next event, or None if there is none yet.
    fn try_next(slf: &Bound<'_, Self>) -> PyResult<Option<Event>> {
        let (py, following) = (slf.py(), slf.as_super().get());
        following.within(py, Some(Duration::ZERO), || Event::next(py, following))
    }

    fn __next__(slf: &Bound<'_, Self>) -> PyResult<Event> {
        let (py, following) = (slf.py(), slf.as_super().get());
        following
            .within(py, following.timeout, || Event::next(py, following))?
            .ok_or_else(|| PyStopIteration::new_err(()))
    }
}
