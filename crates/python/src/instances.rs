//! The reader of a region of instances, a mapping of their names, and one of them.

use crate::error::{self, Raise};
use crate::event::Events;
use crate::follower::Follower;
use crate::mapping;
use crate::place::Place;
use crate::region::Region;
use crate::sample::Sample;
use crate::schema::Schema;
use crate::source::{Found, Source, with_buffer};
use mapcast::dynamic::{self, AnyReader};
use mapcast::{Error, Instance as Handle, InstanceName, Publication};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping, PyTuple};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};

/// Reads a region of instances: `reader["eth0"]`, `reader.latest()`. Made by `mapcast.open()`.
///
/// It goes over to the next file of its name as a `Reader` does, and not to a region of one record.
#[pyclass(frozen, mapping, extends = Region, module = "mapcast")]
#[derive(Debug)]
pub(crate) struct InstanceReader;

impl InstanceReader {
    pub(crate) fn over(py: Python<'_>, place: Place, source: Source) -> PyResult<Py<PyAny>> {
        let base = PyClassInitializer::from(Region::new(place, source));
        Ok(Py::new(py, base.add_subclass(Self))?.into_any())
    }

    /// Calls `with` with the reader.
    fn with<R>(
        slf: &Bound<'_, Self>,
        with: impl FnOnce(&mut dynamic::InstanceReader) -> PyResult<R>,
    ) -> PyResult<R> {
        slf.as_super().get().with(|attached| match &mut attached.source.reader {
            AnyReader::Instances(reader) => with(reader),
            AnyReader::Plain(_) => Err(error::closed("reader")),
        })
    }

    /// The same with the file that has the name now; with the old one, if that cannot be attached.
    fn with_current<R>(
        slf: &Bound<'_, Self>,
        with: impl FnOnce(&mut dynamic::InstanceReader) -> PyResult<R>,
    ) -> PyResult<R> {
        Self::with(slf, |reader| {
            // `latest` says why it cannot be attached.
            let _ = reader.refresh();
            with(reader)
        })
    }

    /// The instances that there are at this moment, with their names.
    fn all(slf: &Bound<'_, Self>) -> PyResult<Vec<(String, Handle)>> {
        let named = |(handle, name): (Handle, InstanceName)| (name.as_str().into(), handle);
        Self::with_current(slf, |reader| Ok(reader.all().map(named).collect()))
    }

    /// The same as a dict, whose views do not change when instances come and go.
    fn dict<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyDict>> {
        let all = PyDict::new(slf.py());
        for (name, handle) in Self::all(slf)? {
            all.set_item(&name, Instance::new(slf.clone().unbind(), &name, handle))?;
        }
        Ok(all)
    }

    /// The instance that `key` names, if it is there: one that is no text names none.
    fn find(slf: &Bound<'_, Self>, key: &Bound<'_, PyAny>) -> PyResult<Option<Instance>> {
        let Some(name) = mapping::text(key) else { return Ok(None) };
        let handle = Self::with_current(slf, |reader| Ok(reader.find(&name)))?;
        Ok(handle.map(|handle| Instance::new(slf.clone().unbind(), &name, handle)))
    }
}

#[pymethods]
impl InstanceReader {
    /// The newest record of every instance that has one, by name.
    fn latest<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyDict>> {
        let all = PyDict::new(slf.py());
        for found in Self::with(slf, |reader| all_of(reader).raise())? {
            let name = found.instance.clone();
            let sample = slf.as_super().get().with(|attached| attached.sample(slf.py(), found))?;
            all.set_item(name, sample)?;
        }
        Ok(all)
    }

    /// The names of all instances that there are now.
    fn keys<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::dict(slf)?.call_method0("keys")
    }

    /// All instances that there are now.
    fn values<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::dict(slf)?.call_method0("values")
    }

    /// All instances that there are now, with their names.
    fn items<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::dict(slf)?.call_method0("items")
    }

    /// The instance of this name, or `default` if there is none.
    #[pyo3(signature = (name, default = None))]
    fn get<'py>(
        slf: &Bound<'py, Self>,
        name: &Bound<'py, PyAny>,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        match Self::find(slf, name)? {
            Some(found) => Ok(Some(Bound::new(slf.py(), found)?.into_any())),
            None => Ok(default),
        }
    }

    fn __getitem__(slf: &Bound<'_, Self>, name: &Bound<'_, PyAny>) -> PyResult<Instance> {
        Self::find(slf, name)?.ok_or_else(|| {
            let (place, shown) = (slf.as_super().get().place(), mapping::shown(name));
            let next = "list(reader) has those that are there";
            error::new("NoInstanceError", format!("{place}: no instance {shown}; {next}"))
        })
    }

    fn __contains__(slf: &Bound<'_, Self>, name: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(Self::find(slf, name)?.is_some())
    }

    /// Equal to a mapping of the same names to the same instances; so it has no hash, as a dict has none.
    fn __eq__(slf: &Bound<'_, Self>, other: &Bound<'_, PyMapping>) -> PyResult<bool> {
        Ok(slf.is(other) || mapping::equals(&Self::dict(slf)?, other)?)
    }

    fn __len__(slf: &Bound<'_, Self>) -> PyResult<usize> {
        Self::with_current(slf, |reader| Ok(reader.all().count()))
    }

    fn __iter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let names = Self::all(slf)?.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        let names = PyTuple::new(slf.py(), names)?;
        names.into_any().try_iter().map(Bound::into_any)
    }

    fn __repr__(slf: &Bound<'_, Self>) -> String {
        slf.as_super().get().shown("InstanceReader")
    }
}

/// The newest record of each instance.
fn all_of(reader: &mut dynamic::InstanceReader) -> Result<Vec<Found>, Error> {
    let (all, schema, _) = with_buffer(reader, |reader, bytes| {
        let mut all: Vec<(String, Publication, Box<[u8]>)> = Vec::new();
        reader.latest_all(bytes, |name, publication, bytes| {
            all.push((name.as_str().into(), *publication, bytes.into()));
        })?;
        Ok(all)
    })?;
    let found = |(name, publication, bytes)| {
        Found::by(reader, publication, (schema.clone(), bytes), Some(name))
    };
    Ok(all.into_iter().map(found).collect())
}

/// One instance of a region. Made by `reader["eth0"]`.
#[pyclass(frozen, module = "mapcast")]
#[derive(Debug)]
pub(crate) struct Instance {
    reader: Py<InstanceReader>,
    name: String,
    /// Where it is in the attached file; locked for a load or a store only.
    handle: Mutex<Handle>,
}

impl Instance {
    fn new(reader: Py<InstanceReader>, name: &str, handle: Handle) -> Self {
        Self { reader, name: name.into(), handle: Mutex::new(handle) }
    }

    /// The newest record; looks for the name again if the handle leads to nothing.
    fn find(&self, reader: &mut dynamic::InstanceReader) -> Result<Option<Found>, Error> {
        let handle = *self.handle.lock().unwrap_or_else(PoisonError::into_inner);
        match self.read(reader, handle) {
            Err(err) if err.is_no_such_instance() => match reader.find(&self.name) {
                Some(found) => {
                    *self.handle.lock().unwrap_or_else(PoisonError::into_inner) = found;
                    self.read(reader, found)
                }
                None => Err(err),
            },
            other => other,
        }
    }

    fn read(
        &self,
        reader: &mut dynamic::InstanceReader,
        handle: Handle,
    ) -> Result<Option<Found>, Error> {
        let (publication, schema, bytes) =
            with_buffer(reader, |reader, bytes| reader.latest(handle, bytes))?;
        let name = || Some(self.name.clone());
        Ok(publication.map(|found| Found::by(reader, found, (schema, bytes), name())))
    }
}

#[pymethods]
impl Instance {
    #[getter]
    fn name(&self) -> &str {
        &self.name
    }

    /// Its newest record; None if it has none yet.
    fn latest(&self, py: Python<'_>) -> PyResult<Option<Sample>> {
        let reader = self.reader.bind(py);
        match InstanceReader::with(reader, |reader| self.find(reader).raise())? {
            Some(found) => {
                reader.as_super().get().with(|attached| attached.sample(py, found)).map(Some)
            }
            None => Ok(None),
        }
    }

    /// Every record of this instance from now on, in order. Ends after `timeout` seconds without one.
    #[pyo3(signature = (timeout = None, *, begin = None))]
    fn follow(
        &self,
        py: Python<'_>,
        timeout: Option<f64>,
        begin: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<Follower>> {
        let region = self.reader.bind(py).as_super().get();
        Follower::over(py, region.following(Some(&self.name), timeout, begin)?)
    }

    /// Everything that happens to this instance and its region, in order.
    #[pyo3(signature = (timeout = None, *, begin = None))]
    fn events(
        &self,
        py: Python<'_>,
        timeout: Option<f64>,
        begin: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<Events>> {
        let region = self.reader.bind(py).as_super().get();
        Events::over(py, region.following(Some(&self.name), timeout, begin)?)
    }

    /// The schema of its region; for empty arrays and frames.
    fn _schema(&self, py: Python<'_>) -> PyResult<Py<Schema>> {
        self.reader.bind(py).as_super().get().schema(py)
    }

    /// The same name, read by the same reader.
    fn __eq__(&self, other: &Self) -> bool {
        self.reader.is(&other.reader) && self.name == other.name
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.reader.as_ptr().hash(&mut hasher);
        self.name.hash(&mut hasher);
        hasher.finish()
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        let region = self.reader.bind(py).as_super().get();
        format!("<Instance {:?} of {}>", self.name, region.shown("InstanceReader"))
    }
}
