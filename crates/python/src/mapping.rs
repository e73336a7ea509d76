//! What a handle has that Python knows as a `Mapping`: keys of any kind, and equality by items.

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyDict, PyMapping, PyString};

/// The text of a key; None: it is no text, or one without UTF-8, which names nothing here.
pub(crate) fn text(key: &Bound<'_, PyAny>) -> Option<PyBackedStr> {
    key.extract().ok()
}

/// A key as messages show it.
pub(crate) fn shown(key: &Bound<'_, PyAny>) -> String {
    match key.cast::<PyString>() {
        Ok(name) => format!("{:?}", name.to_string_lossy()),
        Err(_) => key.repr().map_or_else(|_| "of this key".into(), |shown| shown.to_string()),
    }
}

/// Whether `other` has these items and no others.
pub(crate) fn equals(items: &Bound<'_, PyDict>, other: &Bound<'_, PyMapping>) -> PyResult<bool> {
    items.eq(PyDict::from_sequence(other.items()?.as_any())?)
}
