//! The description of a record, for Python.

use crate::error::{self, Raise};
use crate::field::Field;
use mapcast::dynamic;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};
use std::fmt::Write as _;
use std::sync::Arc;

/// What the bytes of a record mean: fields with their types, offsets, units and labels.
#[pyclass(frozen, module = "mapcast")]
pub(crate) struct Schema {
    inner: Arc<dynamic::Schema>,
    /// Made when it is first asked for.
    dtype: PyOnceLock<Py<PyAny>>,
}

impl Schema {
    pub(crate) const fn of(inner: Arc<dynamic::Schema>) -> Self {
        Self { inner, dtype: PyOnceLock::new() }
    }

    pub(crate) const fn inner(&self) -> &Arc<dynamic::Schema> {
        &self.inner
    }

    /// `known`, if it is of `schema`; else a new one, which takes its place.
    pub(crate) fn cached(
        py: Python<'_>,
        known: &mut Option<Py<Self>>,
        schema: &Arc<dynamic::Schema>,
    ) -> PyResult<Py<Self>> {
        if let Some(known) = known.as_ref().filter(|known| Arc::ptr_eq(&known.get().inner, schema))
        {
            return Ok(known.clone_ref(py));
        }
        let new = Py::new(py, Self::of(schema.clone()))?;
        *known = Some(new.clone_ref(py));
        Ok(new)
    }

    /// Where a field is, or an error that names all of them.
    pub(crate) fn index(&self, name: &str) -> PyResult<usize> {
        self.inner.index_of(name).ok_or_else(|| {
            let known: Vec<_> = self.inner.fields().iter().map(dynamic::Field::name).collect();
            let fact = format!("record {} has no field {name:?}", self.inner.name());
            error::new("NoFieldError", format!("{fact}; use one of: {}", known.join(", ")))
        })
    }
}

#[pymethods]
impl Schema {
    /// A record of these fields, in this order. `size` is what they have to add up to.
    #[new]
    #[pyo3(signature = (name, fields, *, size = None, line = None))]
    #[allow(clippy::needless_pass_by_value, reason = "an argument of Python is extracted by value")]
    fn new(
        name: &str,
        fields: Vec<(String, Field)>,
        size: Option<u32>,
        line: Option<&str>,
    ) -> PyResult<Self> {
        let specs = fields.iter().map(|(name, field)| field.spec(name));
        let builder = dynamic::Schema::builder(name).fields(specs.collect::<PyResult<Vec<_>>>()?);
        let builder = if let Some(line) = line { builder.line(line) } else { builder };
        let schema = builder.build().raise()?;
        match size.filter(|size| *size != schema.size()) {
            None => Ok(Self::of(Arc::new(schema))),
            Some(size) => {
                let fact = format!(
                    "record {name} has size {size} here, and size {} by the rules of C",
                    schema.size()
                );
                Err(error::new("SchemaError", format!("{fact}; name its padding as a field")))
            }
        }
    }

    #[getter]
    fn name(&self) -> &str {
        self.inner.name()
    }

    #[getter]
    fn size(&self) -> u32 {
        self.inner.size()
    }

    #[getter]
    fn fields<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.inner.fields().iter().map(Field::of))
    }

    /// The unit of each field that has one.
    #[getter]
    fn units<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let units = PyDict::new(py);
        for field in self.inner.fields().iter().filter(|field| !field.unit().is_empty()) {
            units.set_item(field.name(), field.unit())?;
        }
        Ok(units)
    }

    /// The record as a type of numpy.
    #[getter]
    fn dtype(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let make = || {
            Ok::<_, PyErr>(py.import("mapcast._arrays")?.getattr("dtype")?.call1((slf,))?.unbind())
        };
        Ok(slf.get().dtype.get_or_try_init(py, make)?.clone_ref(py))
    }

    fn __getitem__(&self, name: &str) -> PyResult<Field> {
        Ok(Field::of(&self.inner.fields()[self.index(name)?]))
    }

    fn __contains__(&self, name: &str) -> bool {
        self.inner.index_of(name).is_some()
    }

    fn __len__(&self) -> usize {
        self.inner.fields().len()
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let names = self.inner.fields().iter().map(dynamic::Field::name);
        PyTuple::new(py, names)?.into_any().try_iter().map(Bound::into_any)
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.inner == other.inner
    }

    fn __hash__(&self) -> u64 {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut hasher = DefaultHasher::new();
        self.inner.name().hash(&mut hasher);
        self.inner.size().hash(&mut hasher);
        hasher.finish()
    }

    fn __repr__(&self) -> String {
        let mut text = format!("<Schema {}, size {}:", self.inner.name(), self.inner.size());
        for field in self.inner.fields() {
            let _ = write!(text, "\n  {:>4} {} {}", field.offset(), field.name(), field.ctype());
            for part in [field.unit(), field.help()].iter().filter(|part| !part.is_empty()) {
                let _ = write!(text, "  {part}");
            }
        }
        text + ">"
    }
}
