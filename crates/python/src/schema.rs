//! The description of a record, for Python.

use crate::error::{self, Raise};
use crate::field::Field;
use crate::mapping;
use crate::sample::Sample;
use crate::values::to_python;
use mapcast::dynamic::{self, RecordView};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple};
use std::fmt::Write as _;
use std::sync::Arc;

/// What the bytes of a record mean: fields with their types, offsets, units and labels.
#[pyclass(frozen, module = "mapcast")]
pub(crate) struct Schema {
    inner: Arc<dynamic::Schema>,
    /// The fields' numbers by name: Python keeps the hash of a name, and converts none to UTF-8.
    numbers: Py<PyDict>,
    /// The view of its keys: made once, because `dict(sample)` asks each sample for it.
    keys: Py<PyAny>,
    /// Those whose name no attribute of a sample has.
    attributes: Py<PyDict>,
    /// Made when it is first asked for.
    dtype: PyOnceLock<Py<PyAny>>,
}

impl Schema {
    pub(crate) fn of(py: Python<'_>, inner: Arc<dynamic::Schema>) -> PyResult<Self> {
        let (numbers, attributes) = (PyDict::new(py), PyDict::new(py));
        let own = py.get_type::<Sample>().dir()?;
        for (number, field) in inner.fields().iter().enumerate() {
            numbers.set_item(field.name(), number)?;
            if !own.contains(field.name())? {
                attributes.set_item(field.name(), number)?;
            }
        }
        let keys = numbers.call_method0("keys")?.unbind();
        let (numbers, attributes) = (numbers.unbind(), attributes.unbind());
        Ok(Self { inner, numbers, keys, attributes, dtype: PyOnceLock::new() })
    }

    /// The names of the fields.
    pub(crate) fn names<'py>(&self, py: Python<'py>) -> Bound<'py, PyList> {
        self.numbers.bind(py).keys()
    }

    /// The number of a field that is read as an attribute.
    pub(crate) fn attribute(&self, name: &Bound<'_, PyString>) -> PyResult<Option<usize>> {
        number(&self.attributes, name)
    }

    /// The number of the field that `key` names: one that is no text names none.
    pub(crate) fn number(&self, key: &Bound<'_, PyAny>) -> PyResult<Option<usize>> {
        key.cast::<PyString>().map_or(Ok(None), |name| number(&self.numbers, name))
    }

    /// The names of the fields as a view of a dict, which has the operations of a set.
    pub(crate) fn keys(&self, py: Python<'_>) -> Py<PyAny> {
        self.keys.clone_ref(py)
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
        let new = Py::new(py, Self::of(py, schema.clone())?)?;
        *known = Some(new.clone_ref(py));
        Ok(new)
    }

    /// The index of a field, or an error that lists all of them.
    pub(crate) fn index(&self, name: &str) -> PyResult<usize> {
        let no_field = || error::new("NoFieldError", self.lacks(&format!("{name:?}")));
        self.inner.index_of(name).ok_or_else(no_field)
    }

    /// No field has this key.
    pub(crate) fn no_field(&self, key: &Bound<'_, PyAny>) -> PyErr {
        error::new("NoFieldError", self.lacks(&mapping::shown(key)))
    }

    /// The sentence that there is no such field; `shown` is its key in messages.
    pub(crate) fn lacks(&self, shown: &str) -> String {
        let known: Vec<_> = self.inner.fields().iter().map(dynamic::Field::name).collect();
        let fact = format!("record {} has no field {shown}", self.inner.name());
        format!("{fact}; use one of: {}", known.join(", "))
    }
}

/// The schema that was pickled as `description`.
#[pyfunction]
pub(crate) fn unpickled_schema(py: Python<'_>, description: &[u8]) -> PyResult<Schema> {
    let inner = dynamic::Schema::decode(description)
        .map_err(|err| error::new("SchemaError", format!("a pickled schema: {err}")))?;
    Schema::of(py, Arc::new(inner))
}

fn number(numbers: &Py<PyDict>, name: &Bound<'_, PyString>) -> PyResult<Option<usize>> {
    let number = numbers.bind(name.py()).get_item(name)?;
    number.map(|number| number.extract()).transpose()
}

#[pymethods]
impl Schema {
    /// A record of these fields, in this order. `size` is what they have to add up to.
    #[new]
    #[pyo3(signature = (name, fields, *, size = None, line = None))]
    fn new(
        py: Python<'_>,
        name: &str,
        fields: &Bound<'_, PyAny>,
        size: Option<&Bound<'_, PyAny>>,
        line: Option<&str>,
    ) -> PyResult<Self> {
        let size = size.map(|size| error::argument::<u32>("size", size, "a number of bytes"));
        let specs = fields.try_iter()?.map(|pair| {
            let wanted = "pairs of a name and a Field";
            let (name, field): (String, Field) = error::argument("fields", &pair?, wanted)?;
            field.spec(&name)
        });
        let builder = dynamic::Schema::builder(name).fields(specs.collect::<PyResult<Vec<_>>>()?);
        let builder = if let Some(line) = line { builder.line(line) } else { builder };
        let schema = builder.build().raise()?;
        match size.transpose()?.filter(|size| *size != schema.size()) {
            None => Self::of(py, Arc::new(schema)),
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

    /// The values of a record, by name, out of its bytes.
    fn unpack<'py>(&self, py: Python<'py>, data: &[u8]) -> PyResult<Bound<'py, PyDict>> {
        let view = RecordView::new(&self.inner, data)
            .map_err(|err| error::new("BadValueError", err.to_string()))?;
        let values = PyDict::new(py);
        for (field, value) in view.iter() {
            values.set_item(field.name(), to_python(py, value)?)?;
        }
        Ok(values)
    }

    fn __getitem__(&self, name: &str) -> PyResult<Field> {
        Ok(Field::of(&self.inner.fields()[self.index(name)?]))
    }

    fn __contains__(&self, key: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(self.number(key)?.is_some())
    }

    fn __len__(&self) -> usize {
        self.inner.fields().len()
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.names(py).into_any().try_iter().map(Bound::into_any)
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

    /// It never changes, so that it is its own copy.
    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _known: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    /// For pickle: its description, as it is in the header of a region.
    fn __reduce__(slf: &Bound<'_, Self>) -> PyResult<(Py<PyAny>, (Py<PyAny>,))> {
        let py = slf.py();
        let make = py.import("mapcast._mapcast")?.getattr("unpickled_schema")?;
        let description = PyBytes::new(py, &slf.get().inner.encode());
        Ok((make.unbind(), (description.into_any().unbind(),)))
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
