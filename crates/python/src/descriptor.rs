//! A descriptor that another process passed, as the place of a region.
//!
//! Invariant: it is a duplicate, so that the program may close its own at any time; and it is closed on exec.
//!
//! Price: one descriptor while the object or a handle that was opened by it lives. Unsafe code to use a descriptor by
//! its number, which is all that Python has: opening /proc/self/fd/N anew asks for rights that the process need not
//! have, and that a passed descriptor is there to give.
//!
//! # Safety
//!
//! The number is one of the program, which has to be open while `Descriptor` is made.
#![allow(unsafe_code)]

use crate::error;
use pyo3::prelude::*;
use std::fs::File;
use std::os::fd::{BorrowedFd, RawFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A region by an open descriptor: `mapcast.open(mapcast.Descriptor(3))`.
#[pyclass(frozen, module = "mapcast", from_py_object)]
#[derive(Clone, Debug)]
pub(crate) struct Descriptor(Arc<Passed>);

#[derive(Debug)]
struct Passed {
    file: File,
    name: PathBuf,
}

impl Descriptor {
    pub(crate) fn file(&self) -> &File {
        &self.0.file
    }

    /// What messages call it.
    pub(crate) fn name(&self) -> &Path {
        &self.0.name
    }
}

#[pymethods]
impl Descriptor {
    /// `file` is a number, or anything with `fileno()`; messages call it `name`.
    #[new]
    #[pyo3(signature = (file, name = None))]
    fn new(file: &Bound<'_, PyAny>, name: Option<PathBuf>) -> PyResult<Self> {
        let number: RawFd = match file.extract() {
            Ok(number) => number,
            Err(_) => {
                file.call_method0("fileno").and_then(|number| number.extract()).map_err(|_| {
                    error::bad_argument("file", file, "the number of a descriptor, or an open file")
                })?
            }
        };
        let name = name.unwrap_or_else(|| format!("fd:{number}").into());
        let file = duplicate(number).map_err(|err| {
            let fact = format!("{}: {err}", name.display());
            error::new("BadValueError", format!("{fact}; pass a descriptor that is open"))
        })?;
        Ok(Self(Arc::new(Passed { file, name })))
    }

    fn __repr__(&self) -> String {
        format!("Descriptor({})", self.name().display())
    }
}

/// The file of descriptor `number` by another number.
fn duplicate(number: RawFd) -> std::io::Result<File> {
    if number < 0 {
        return Err(std::io::Error::from_raw_os_error(9)); // EBADF
    }
    // SAFETY: not -1, and open, as the program says. Nothing but the duplication uses it, which fails for a number
    // that is not open.
    let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
    borrowed.try_clone_to_owned().map(File::from)
}
