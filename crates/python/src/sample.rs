//! One whole record, for Python: fields as attributes and by name, and which record it is.
//!
//! Invariant: it is a copy of its own, and never changes.

use crate::error;
use crate::schema::Schema;
use crate::source::Found;
use crate::values;
use mapcast::dynamic::{Field, RecordView};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyAttributeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyTuple};
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

    fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.fields().iter().map(Field::name)
    }

    fn values<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        self.view().iter().map(|(_, value)| values::to_python(py, value)).collect()
    }

    fn value<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.view().get(name).map(|value| values::to_python(py, value)).transpose()
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
        self.found.publication.lineage
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
    fn keys<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, self.names())
    }

    /// The values of the fields.
    #[pyo3(name = "values")]
    fn values_list<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, self.values(py)?)
    }

    /// The fields with their values.
    fn items<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, self.names().zip(self.values(py)?))
    }

    /// The value of a field, or `default` if there is no such field.
    #[pyo3(signature = (name, default = None))]
    fn get<'py>(
        &self,
        py: Python<'py>,
        name: &str,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(self.value(py, name)?.or(default))
    }

    fn __getitem__<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        let index = self.schema.get().index(name)?;
        values::to_python(py, self.view().value(index))
    }

    fn __getattr__<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        self.value(py, name)?.ok_or_else(|| {
            let record = self.found.schema.name();
            let names: Vec<_> = self.names().collect();
            let names = names.join(", ");
            PyAttributeError::new_err(format!(
                "record {record} has no field {name:?}; use one of: {names}"
            ))
        })
    }

    fn __dir__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyList>> {
        let py = slf.py();
        let object = py.import("builtins")?.getattr("object")?;
        let names = object.call_method1("__dir__", (slf,))?.cast_into::<PyList>()?;
        slf.get().names().try_for_each(|name| names.append(name))?;
        Ok(names)
    }

    fn __contains__(&self, name: &str) -> bool {
        self.names().any(|field| field == name)
    }

    fn __len__(&self) -> usize {
        self.fields().len()
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        PyTuple::new(py, self.names())?.into_any().try_iter().map(Bound::into_any)
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

    fn __eq__(&self, other: &Self) -> bool {
        let name = |of: &Self| (of.lineage(), of.sequence());
        name(self) == name(other)
            && self.found.bytes == other.found.bytes
            && self.found.instance == other.found.instance
            && self.found.schema == other.found.schema
    }

    fn __hash__(&self) -> u64 {
        self.lineage().wrapping_mul(31).wrapping_add(self.sequence())
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

/// The names of `begin=`: what following begins with.
pub(crate) fn begin(object: &Bound<'_, PyAny>) -> PyResult<mapcast::Begin> {
    if let Ok(sequence) = object.extract::<u64>() {
        return Ok(mapcast::Begin::Sequence(sequence));
    }
    match object.extract::<String>().as_deref() {
        Ok("newest") => Ok(mapcast::Begin::Newest),
        Ok("oldest") => Ok(mapcast::Begin::Oldest),
        Ok("next") => Ok(mapcast::Begin::Last(0)),
        _ => {
            let fact = format!("begin={} is none", object.repr()?);
            let next = "use \"newest\", \"oldest\", \"next\" or a sequence number";
            Err(error::new("BadValueError", format!("{fact}; {next}")))
        }
    }
}

/// A span in seconds; None: without end.
pub(crate) fn seconds(name: &str, seconds: Option<f64>) -> PyResult<Option<Duration>> {
    let bad = |number| {
        let fact = format!("{name}={number} is no time in seconds");
        error::new("BadValueError", format!("{fact}; use a number from 0 on, or None"))
    };
    let span = |number: f64| Duration::try_from_secs_f64(number).map_err(|_| bad(number));
    seconds.filter(|number| *number != f64::INFINITY).map(span).transpose()
}

/// An object of Python, for a getter of a value that is not always there.
pub(crate) fn object<'py>(
    py: Python<'py>,
    value: impl IntoPyObjectExt<'py>,
) -> PyResult<Bound<'py, PyAny>> {
    value.into_bound_py_any(py)
}
