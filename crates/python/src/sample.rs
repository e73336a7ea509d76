//! One whole record, for Python: fields as attributes and by name, and which record it is.
//!
//! Invariant: it is a copy of its own, and never changes.

use crate::mapping;
use crate::schema::Schema;
use crate::source::Found;
use crate::values;
use mapcast::dynamic::{Field, RecordView};
use pyo3::exceptions::PyAttributeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyList, PyMapping, PyString};
use std::fmt::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A record as it was published. `sample.speed`, `sample["speed"]`, `dict(sample)`.
#[pyclass(frozen, mapping, module = "mapcast")]
#[derive(Debug)]
pub(crate) struct Sample {
    found: Found,
    schema: Py<Schema>,
    /// Records that were missed right before this one.
    missed: u64,
}

impl Sample {
    pub(crate) const fn new(found: Found, schema: Py<Schema>, missed: u64) -> Self {
        Self { found, schema, missed }
    }

    fn view(&self) -> RecordView<'_> {
        self.found.view()
    }

    fn fields(&self) -> &[Field] {
        self.found.schema.fields()
    }

    /// The fields with their values.
    fn dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let all = PyDict::new(py);
        for (field, value) in self.view().iter() {
            all.set_item(field.name(), values::to_python(py, value)?)?;
        }
        Ok(all)
    }

    /// Whether it is the same by its bytes, also where a value is NaN, which equals no other.
    fn has_the_bytes_of(&self, other: &Self) -> bool {
        self.found.bytes == other.found.bytes && self.found.schema == other.found.schema
    }

    fn value<'py>(&self, py: Python<'py>, number: usize) -> PyResult<Bound<'py, PyAny>> {
        values::to_python(py, self.view().value(number))
    }
}

#[pymethods]
impl Sample {
    /// The record's number: the first of a region is 1.
    #[getter]
    fn sequence(&self) -> u64 {
        self.found.publication.sequence
    }

    /// The run of records that it belongs to; with the sequence its name for ever.
    #[getter]
    fn lineage(&self) -> u64 {
        self.found.publication.lineage()
    }

    /// When it was published, in UTC.
    #[getter]
    fn published_at(&self) -> SystemTime {
        self.found.wall
    }

    /// When it was published, in nanoseconds since 1970.
    #[getter]
    fn published_ns(&self) -> i128 {
        let nanos = |span: Duration| span.as_nanos().cast_signed();
        match self.found.wall.duration_since(UNIX_EPOCH) {
            Ok(after) => nanos(after),
            Err(before) => -nanos(before.duration()),
        }
    }

    /// Seconds since it was published; None if that was before this boot of the machine.
    #[getter]
    fn age(&self) -> Option<f64> {
        self.found.publication.age().map(|age| age.as_secs_f64())
    }

    /// How many records a follower missed right before this one.
    #[getter]
    fn missed(&self) -> u64 {
        self.missed
    }

    /// The name of its instance, if its region has instances.
    #[getter]
    fn instance(&self) -> Option<&str> {
        self.found.instance.as_deref()
    }

    #[getter]
    fn schema(&self, py: Python<'_>) -> Py<Schema> {
        self.schema.clone_ref(py)
    }

    /// The unit of each field that has one.
    #[getter]
    fn units<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.schema.bind(py).getattr("units")
    }

    /// The label of a field's value; None if the value has none.
    fn label(&self, name: &str) -> PyResult<Option<&str>> {
        let index = self.schema.get().index(name)?;
        let field = &self.fields()[index];
        Ok(field.label_of(&self.view().value(index)))
    }

    /// The names of the fields.
    fn keys(&self, py: Python<'_>) -> Py<PyAny> {
        self.schema.get().keys(py)
    }

    /// The values of the fields.
    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.dict(py)?.call_method0("values")
    }

    /// The fields with their values.
    fn items<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.dict(py)?.call_method0("items")
    }

    /// The value of a field, or `default` if there is no such field.
    #[pyo3(signature = (name, default = None))]
    fn get<'py>(
        &self,
        name: &Bound<'py, PyAny>,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        match self.schema.get().number(name)? {
            Some(number) => self.value(name.py(), number).map(Some),
            None => Ok(default),
        }
    }

    fn __getitem__<'py>(&self, name: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        match self.schema.get().number(name)? {
            Some(number) => self.value(name.py(), number),
            None => Err(self.schema.get().no_field(name)),
        }
    }

    /// Fields first: through `__getattr__` each would cost an exception.
    fn __getattribute__<'py>(
        slf: &Bound<'py, Self>,
        name: &Bound<'py, PyString>,
    ) -> PyResult<Bound<'py, PyAny>> {
        static OTHER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let (py, sample) = (slf.py(), slf.get());
        if let Some(number) = sample.schema.get().attribute(name)? {
            return sample.value(py, number);
        }
        let other = || PyResult::Ok(py.get_type::<PyAny>().getattr("__getattribute__")?.unbind());
        OTHER.get_or_try_init(py, other)?.bind(py).call1((slf, name))
    }

    fn __getattr__(&self, name: &Bound<'_, PyString>) -> PyResult<Py<PyAny>> {
        Err(PyAttributeError::new_err(self.schema.get().lacks(&mapping::shown(name))))
    }

    fn __dir__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyList>> {
        let py = slf.py();
        let object = py.import("builtins")?.getattr("object")?;
        let names = object.call_method1("__dir__", (slf,))?.cast_into::<PyList>()?;
        slf.get().schema.get().names(py).iter().try_for_each(|name| names.append(name))?;
        Ok(names)
    }

    fn __contains__(&self, name: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(self.schema.get().number(name)?.is_some())
    }

    fn __len__(&self) -> usize {
        self.fields().len()
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.schema.get().names(py).into_any().try_iter().map(Bound::into_any)
    }

    /// It never changes, so that it is its own copy.
    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _known: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    /// The record's bytes, as they were published.
    fn __bytes__<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.found.bytes)
    }

    /// The record's bytes as numpy takes them: zeros behind the end of a text, bools 0 or 1, padding zero.
    fn tobytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let view = self.view();
        let mut bytes = vec![0; self.found.bytes.len()];
        for field in self.fields() {
            let place = &mut bytes[field.range()];
            match view.text(field) {
                Some(text) => place[..text.len()].copy_from_slice(text),
                None => place.copy_from_slice(view.bytes_of(field)),
            }
            if field.ctype().element() == mapcast::dynamic::Scalar::Bool {
                for byte in place {
                    *byte = (*byte != 0).into();
                }
            }
        }
        PyBytes::new(py, &bytes)
    }

    /// The record as a scalar of numpy.
    fn numpy<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("mapcast._arrays")?.getattr("scalar")?.call1((slf,))
    }

    #[pyo3(signature = (dtype = None, copy = None))]
    fn __array__<'py>(
        slf: &Bound<'py, Self>,
        dtype: Option<Bound<'py, PyAny>>,
        copy: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let _ = copy; // it is a copy in any case
        slf.py().import("mapcast._arrays")?.getattr("zero_dimensional")?.call1((slf, dtype))
    }

    /// Equal to every mapping of the same items; so it has no hash, as a dict has none.
    fn __eq__(&self, other: &Bound<'_, PyMapping>) -> PyResult<bool> {
        let is_sample = other.cast::<Self>();
        if is_sample.is_ok_and(|other| self.has_the_bytes_of(other.get())) {
            return Ok(true);
        }
        mapping::equals(&self.dict(other.py())?, other)
    }

    /// The record as a line, as the region's writer wants it printed.
    fn __str__(&self) -> String {
        self.view().line().to_string()
    }

    fn __repr__(&self) -> String {
        let (view, schema) = (self.view(), &self.found.schema);
        let mut text = format!("<Sample {}", schema.name());
        if let Some(instance) = &self.found.instance {
            let _ = write!(text, " {instance:?}");
        }
        let _ = write!(text, " #{}:", self.sequence());
        for (index, field) in schema.fields().iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            let shown = view.shown(field, None);
            let is_text = field.ctype().is_text() && field.labels().is_empty();
            let quote = if is_text { "'" } else { "" };
            let _ = write!(text, "{comma} {}={quote}{shown}{quote}", field.name());
            if !field.unit().is_empty() {
                let _ = write!(text, " {}", field.unit());
            }
        }
        let _ = match self.found.publication.age() {
            Some(age) if age.as_secs() > 0 => write!(text, "; {} s ago>", age.as_secs()),
            Some(age) => write!(text, "; {} ms ago>", age.as_millis()),
            None => write!(text, "; before this boot>"),
        };
        text
    }
}
