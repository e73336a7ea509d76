//! What names a region: a name, a path, or anything with `__fspath__`.

use mapcast::{Place as At, ToPlace};
use pyo3::prelude::*;
use pyo3::types::PyString;
use std::fmt;
use std::path::PathBuf;

/// The place of a region. A relative path is resolved once, so that a later `chdir` changes nothing.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// A name in the default directory.
    Name(String),
    /// A path.
    Path(PathBuf),
}

impl ToPlace for Place {
    fn place(&self) -> At<'_> {
        match self {
            Self::Name(name) => At::Name(name),
            Self::Path(path) => At::Path(path),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Path(path) => path.display().fmt(f),
        }
    }
}

impl FromPyObject<'_, '_> for Place {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        if object.is_instance_of::<PyString>()
            && let Ok(text) = object.extract::<String>()
            && !text.contains('/')
        {
            return Ok(Self::Name(text));
        }
        Ok(Self::Path(std::path::absolute(object.extract::<PathBuf>()?)?))
    }
}
