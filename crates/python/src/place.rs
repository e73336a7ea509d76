//! What names a region: a name, a path, anything with `__fspath__`, or a descriptor.

use crate::descriptor::Descriptor;
use crate::error;
use mapcast::{Place as Named, ToPlace};
use pyo3::exceptions::{PyTypeError, PyUnicodeEncodeError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use std::fmt;
use std::path::{Path, PathBuf};

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
        Self::named_by(&object, "a str or an os.PathLike")
    }
}

/// What `os.fsdecode()` has made of bytes may be a path, but no name.
const NO_NAME: &str = "is no name of a region: names are UTF-8; for a path write ./ before it";
const NO_PATH: &str = "is no path: no bytes are decoded to this; leave out lone surrogates";

impl At {
    /// What `object` names; `wanted` is what names one, for messages.
    fn named_by(object: &Bound<'_, PyAny>, wanted: &str) -> PyResult<Self> {
        if let Ok(text) = object.cast::<PyString>()
            && !text.to_string_lossy().contains('/')
        {
            return text.extract().map(Self::Name).map_err(|_| lone_surrogate(object, NO_NAME));
        }
        absolute(&path(object, wanted)?).map(Self::Path)
    }
}

/// A path, also with bytes that are not UTF-8, which Python has as lone surrogates.
fn path(object: &Bound<'_, PyAny>, wanted: &str) -> PyResult<PathBuf> {
    let py = object.py();
    object.extract().map_err(|err: PyErr| {
        if err.is_instance_of::<PyUnicodeEncodeError>(py) {
            return lone_surrogate(object, NO_PATH);
        }
        // Any other exception is that of a `__fspath__`.
        if err.is_instance_of::<PyTypeError>(py) { no_place(object, wanted) } else { err }
    })
}

fn absolute(path: &Path) -> PyResult<PathBuf> {
    std::path::absolute(path).map_err(|err| {
        let fact = format!("{}: the working directory: {err}", path.display());
        let message = format!("{fact}; go to one that exists, or give an absolute path");
        error::of_path("NotFoundError", message, path, &err)
    })
}

/// A str with a lone surrogate; `fact` is why it cannot be used.
fn lone_surrogate(object: &Bound<'_, PyAny>, fact: &str) -> PyErr {
    let shown = object.repr().map_or_else(|_| "it".into(), |shown| shown.to_string());
    error::new("BadValueError", format!("{shown} {fact}"))
}

fn no_place(object: &Bound<'_, PyAny>, wanted: &str) -> PyErr {
    let kind = object.get_type().name().map_or_else(|_| "this".into(), |name| name.to_string());
    let next = if object.is_instance_of::<PyBytes>() {
        "; os.fsdecode() makes a str of bytes"
    } else {
        ""
    };
    error::new("WrongTypeError", format!("a file is named by {wanted}, not by {kind}{next}"))
}

/// Where a region is.
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
        if let Ok(passed) = object.extract::<Descriptor>() {
            return Ok(Self::Passed(passed));
        }
        let wanted = "a str, an os.PathLike or a mapcast.Descriptor";
        At::named_by(&object, wanted).map(Self::Named)
    }
}
