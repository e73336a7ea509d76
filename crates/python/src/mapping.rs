//! What a handle has that Python knows as a `Mapping`: keys of any kind, and equality by items.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping, PyString};

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
