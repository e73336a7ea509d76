//! The reader of a region of one record.

use crate::error::Raise;
use crate::place::Place;
use crate::region::Region;
use crate::sample::Sample;
use crate::source::{self, Source};
use mapcast::dynamic::AnyReader;
use pyo3::prelude::*;

/// Reads a region of one record. Made by `mapcast.open()`.
///
/// It goes over to the next file of its name by itself, also if that holds another record. It does not go over
/// to a region of instances: `state` is "retired", and `latest()` raises `SchemaError` each time that it checks
/// the name, about once in 250 ms, and returns the last record of the old file in between. Open another reader
/// then.
#[pyclass(frozen, extends = Region, module = "mapcast")]
#[derive(Debug)]
pub(crate) struct Reader;

impl Reader {
    pub(crate) fn over(py: Python<'_>, place: Place, source: Source) -> PyResult<Py<PyAny>> {
        let base = PyClassInitializer::from(Region::new(place, source));
        Ok(Py::new(py, base.add_subclass(Self))?.into_any())
    }
}

#[pymethods]
impl Reader {
    /// The newest record; None if nothing was published yet.
    fn latest(slf: &Bound<'_, Self>) -> PyResult<Option<Sample>> {
        slf.as_super().get().with(|attached| {
            let AnyReader::Plain(reader) = &mut attached.source.reader else { return Ok(None) };
            match source::latest(reader).raise()? {
                Some(found) => attached.sample(slf.py(), found).map(Some),
                None => Ok(None),
            }
        })
    }

    fn __repr__(slf: &Bound<'_, Self>) -> String {
        slf.as_super().get().shown("Reader")
    }
}
