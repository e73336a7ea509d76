//! What names a region: a name, a path, anything with `__fspath__`, or a descriptor.

use crate::descriptor::Descriptor;
use crate::error;
use mapcast::{Place as Named, ToPlace};
use pyo3::prelude::*;
use pyo3::types::PyString;
use std::fmt;
use std::path::PathBuf;

/// The name of a file. A relative path is resolved once, so that a later `chdir` changes nothing.
#[derive(Clone, Debug)]
pub(crate) enum At {
    /// A name in the default directory.
    Name(String),
    /// A path.
    Path(PathBuf),
}

impl ToPlace for At {
    fn place(&self) -> Named<'_> {
        match self {
            Self::Name(name) => Named::Name(name),
            Self::Path(path) => Named::Path(path),
        }
    }
}

impl FromPyObject<'_, '_> for At {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        if object.is_instance_of::<PyString>()
            && let Ok(text) = object.extract::<String>()
            && !text.contains('/')
        {
            return Ok(Self::Name(text));
        }
        let path = object.extract::<PathBuf>()?;
        std::path::absolute(&path).map(Self::Path).map_err(|err| {
            let fact = format!("{}: the working directory: {err}", path.display());
            error::new(
                "NotFoundError",
                format!("{fact}; go to one that exists, or give an absolute path"),
            )
        })
    }
}

/// Place a region is.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// In a file of this name.
    Named(At),
    /// In a file that is open already.
    Passed(Descriptor),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(At::Name(name)) => f.write_str(name),
            Self::Named(At::Path(path)) => path.display().fmt(f),
            Self::Passed(passed) => passed.name().display().fmt(f),
        }
    }
}

impl FromPyObject<'_, '_> for Place {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        match object.extract::<Descriptor>() {
            Ok(passed) => Ok(Self::Passed(passed)),
            Err(_) => object.extract().map(Self::Named),
        }
    }
}
