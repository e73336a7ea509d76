//! The description of one field: what a writer asks for, and what a schema holds.

use mapcast::dynamic::{self, CType, FieldSpec};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::{self, Raise};

/// A field of a record: `Field("f32", unit="m")`.
#[pyclass(frozen, eq, hash, module = "mapcast", from_py_object)]
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Field {
    /// "" before it is part of a schema.
    #[pyo3(get)]
    name: String,
    #[pyo3(get, name = "type")]
    ctype: String,
    #[pyo3(get)]
    unit: String,
    #[pyo3(get)]
    help: String,
    labels: Vec<(i64, String)>,
    #[pyo3(get)]
    offset: Option<u32>,
}

impl Field {
    /// The same for a builder, called `name`.
    pub(crate) fn spec(&self, name: &str) -> PyResult<FieldSpec> {
        let ctype: CType = self.ctype.parse::<CType>().raise()?;
        let labels: Vec<_> = self.labels.iter().map(|(n, text)| (*n, text.as_str())).collect();
        let spec = FieldSpec::new(name, ctype).unit(&*self.unit).help(&*self.help).labels(&labels);
        Ok(match self.offset {
            Some(offset) => spec.offset(offset),
            None => spec,
        })
    }

    /// As it is in a schema.
    pub(crate) fn of(field: &dynamic::Field) -> Self {
        Self {
            name: field.name().into(),
            ctype: field.ctype().to_string(),
            unit: field.unit().into(),
            help: field.help().into(),
            labels: field.labels().iter().map(|label| (label.value, label.text.clone())).collect(),
            offset: Some(field.offset()),
        }
    }
}

/// All that a field is made of.
type Parts = (String, String, String, String, Vec<(i64, String)>, Option<u32>);

/// The field that was pickled as these.
#[pyfunction]
pub(crate) fn unpickled_field(
    name: String,
    ctype: String,
    unit: String,
    help: String,
    labels: Vec<(i64, String)>,
    offset: Option<u32>,
) -> Field {
    Field { name, ctype, unit, help, labels, offset }
}

#[pymethods]
impl Field {
    #[new]
    #[pyo3(signature = (r#type = "", *, unit = "", help = "", labels = None, offset = None))]
    fn new(
        r#type: &str,
        unit: &str,
        help: &str,
        labels: Option<&Bound<'_, PyDict>>,
        offset: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let offset = offset.map(|offset| error::argument("offset", offset, "a number of bytes"));
        let labels = labels.map_or(Ok(Vec::new()), |labels| {
            labels
                .iter()
                .map(|(n, text)| {
                    let bad = |what, wanted| error::bad_argument("labels", what, wanted);
                    let value = n.extract().map_err(|_| bad(&n, "integers of 64 bits as keys"))?;
                    Ok((value, text.extract().map_err(|_| bad(&text, "texts as values"))?))
                })
                .collect::<PyResult<_>>()
        })?;
        let (ctype, unit, help) = (r#type.into(), unit.into(), help.into());
        Ok(Self { name: String::new(), ctype, unit, help, labels, offset: offset.transpose()? })
    }

    #[getter]
    fn labels<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let labels = PyDict::new(py);
        self.labels.iter().try_for_each(|(value, text)| labels.set_item(value, text))?;
        Ok(labels)
    }

    /// The same, with what `other` says in addition or instead.
    fn __or__(&self, other: &Self) -> Self {
        let or = |ours: &String, theirs: &String| {
            if theirs.is_empty() { ours.clone() } else { theirs.clone() }
        };
        let labels = if other.labels.is_empty() { &self.labels } else { &other.labels };
        Self {
            name: or(&self.name, &other.name),
            ctype: or(&self.ctype, &other.ctype),
            unit: or(&self.unit, &other.unit),
            help: or(&self.help, &other.help),
            labels: labels.clone(),
            offset: other.offset.or(self.offset),
        }
    }

    /// It never changes, so that it is its own copy.
    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _known: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    /// For pickle: what makes it, and of what.
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Parts)> {
        let make = py.import("mapcast._mapcast")?.getattr("unpickled_field")?;
        let Self { name, ctype, unit, help, labels, offset } = self.clone();
        Ok((make, (name, ctype, unit, help, labels, offset)))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let mut parts = Vec::new();
        if !self.name.is_empty() {
            parts.push(self.name.clone());
        }
        parts.push(format!("{:?}", self.ctype));
        for (key, text) in [("unit", &self.unit), ("help", &self.help)] {
            if !text.is_empty() {
                parts.push(format!("{key}={text:?}"));
            }
        }
        if !self.labels.is_empty() {
            parts.push(format!("labels={}", self.labels(py)?.repr()?));
        }
        parts.extend(self.offset.map(|offset| format!("offset={offset}")));
        Ok(format!("Field({})", parts.join(", ")))
    }
}
