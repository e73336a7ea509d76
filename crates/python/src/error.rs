//! Exceptions: those of `mapcast/_errors.py`, with the library's sentences and what to do next.

use mapcast::dynamic::{SchemaError, ValueError, ValueErrorKind};
use mapcast::{Error, ErrorKind};
use pyo3::prelude::*;
use pyo3::types::PyInt;
use std::path::Path;

/// Turns a result of the library into one that raises.
pub(crate) trait Raise<T> {
    /// The same value, or an exception.
    fn raise(self) -> PyResult<T>;
}

impl<T> Raise<T> for Result<T, Error> {
    fn raise(self) -> PyResult<T> {
        self.map_err(|err| of_region(&err))
    }
}

/// The same for a file that is no region.
pub(crate) trait RaiseBare<T> {
    /// The same value, or an exception that speaks of a file.
    fn raise_bare(self) -> PyResult<T>;
}

impl<T> RaiseBare<T> for Result<T, Error> {
    fn raise_bare(self) -> PyResult<T> {
        self.map_err(|err| of_bare_file(&err))
    }
}

impl<T> Raise<T> for Result<T, ValueError> {
    fn raise(self) -> PyResult<T> {
        self.map_err(|err| {
            let class = match err.kind() {
                ValueErrorKind::WrongKind => "WrongTypeError",
                ValueErrorKind::NoSuchField => "NoFieldError",
                _ => "BadValueError",
            };
            new(class, err.to_string())
        })
    }
}

impl<T> Raise<T> for Result<T, SchemaError> {
    fn raise(self) -> PyResult<T> {
        self.map_err(|err| new("SchemaError", err.to_string()))
    }
}

/// An exception of `mapcast/_errors.py` that concerns no file.
pub(crate) fn new(class: &str, message: String) -> PyErr {
    with(class, message, None, None)
}

/// The same; of the file or directory `path`, for which a call has failed.
pub(crate) fn of_path(class: &str, message: String, path: &Path, err: &std::io::Error) -> PyErr {
    with(class, message, Some(path), err.raw_os_error())
}

fn with(class: &str, message: String, path: Option<&Path>, errno: Option<i32>) -> PyErr {
    Python::attach(|py| {
        let class = py.import("mapcast._errors").and_then(|errors| errors.getattr(class));
        match class.and_then(|class| class.call1((message, path, errno))) {
            Ok(exception) => PyErr::from_value(exception),
            Err(err) => err,
        }
    })
}

/// The argument `name`, of which `value` has to be `wanted`.
pub(crate) fn argument<'py, T>(name: &str, value: &Bound<'py, PyAny>, wanted: &str) -> PyResult<T>
where
    T: for<'a> FromPyObject<'a, 'py>,
{
    value.extract().map_err(|_| bad_argument(name, value, wanted))
}

/// An argument that cannot be used: of the wrong kind, or an integer out of range.
pub(crate) fn bad_argument(name: &str, value: &Bound<'_, PyAny>, wanted: &str) -> PyErr {
    let class = if is_integer(value) { "BadValueError" } else { "WrongTypeError" };
    let shown = value.repr().map_or_else(|_| "it".into(), |shown| shown.to_string());
    new(class, format!("{name}={shown} cannot be used; give {wanted}"))
}

/// Whether it is one of Python, of any size, or one of numpy.
pub(crate) fn is_integer(value: &Bound<'_, PyAny>) -> bool {
    value.is_instance_of::<PyInt>() || value.extract::<i64>().is_ok()
}

/// A closed handle was used.
pub(crate) fn closed(what: &str) -> PyErr {
    new("ClosedError", format!("this {what} is closed; open another one"))
}

/// The exception for a failure of the library.
fn of_region(err: &Error) -> PyErr {
    let (class, next) = class_of(err.kind());
    exception(err, class, next)
}

/// What was opened, or an exception; of a writer that cannot stand by for another.
pub(crate) fn without_standby<T>(opened: Result<T, Error>) -> PyResult<T> {
    opened.map_err(|err| match err.kind() {
        ErrorKind::Busy { .. } => exception(&err, "BusyError", "end that writer"),
        _ => of_region(&err),
    })
}

fn exception(err: &Error, class: &str, next: &str) -> PyErr {
    let message = if next.is_empty() { err.to_string() } else { format!("{err}; {next}") };
    with(class, message, Some(err.path()), errno_of(err.kind()))
}

/// The number of the system's error; None: that of the class.
fn errno_of(kind: &ErrorKind) -> Option<i32> {
    const EPERM: i32 = 1;
    match kind {
        ErrorKind::Io { source, .. } | ErrorKind::UnfitFileSystem { source, .. } => {
            source.raw_os_error()
        }
        ErrorKind::NotInGroup(_) | ErrorKind::Sealed(_) => Some(EPERM),
        _ => None,
    }
}

/// The exception for a failure with a bare file, which has no header, no standby, and a writer that refuses any other
/// length; the library calls every file a region.
fn of_bare_file(err: &Error) -> PyErr {
    let kind = err.kind();
    let (fact, next) = match kind {
        ErrorKind::NotThere => ("no such file".into(), "start its writer"),
        ErrorKind::Truncated { .. } => {
            (kind.to_string(), "remove the file, then open its writer again")
        }
        ErrorKind::NotAFile(_) => (kind.to_string(), "give the path of a regular file"),
        ErrorKind::Busy { .. } => (kind.to_string(), "end that writer"),
        _ => return of_region(err),
    };
    let (path, (class, _)) = (err.path(), class_of(kind));
    with(class, format!("{}: {fact}; {next}", path.display()), Some(path), errno_of(kind))
}

/// The class, and what to do; "" where the fact says it.
fn class_of(kind: &ErrorKind) -> (&'static str, &'static str) {
    use std::io::ErrorKind as Io;
    match kind {
        ErrorKind::NotThere => {
            ("NotFoundError", "start its writer; mapcast.regions() lists those that are there")
        }
        ErrorKind::NoDirectory => ("NotFoundError", "make the directory"),
        ErrorKind::NoSuchInstance => ("NoInstanceError", "list(reader) has those that are there"),
        ErrorKind::Busy { .. } => ("BusyError", "end that writer, or open with standby=True"),
        ErrorKind::Locked => ("BusyError", "end that reader"),
        ErrorKind::NotOurs(_) | ErrorKind::UnsafeDirectory(_) => {
            let next = "correct its owner and mode, or give a path in a directory of your own";
            ("AccessError", next)
        }
        ErrorKind::NotInGroup(_) => {
            ("AccessError", "make this account a member of the group, or take another group")
        }
        ErrorKind::WrongAccess(_) => ("AccessError", "open it for that"),
        ErrorKind::Sealed(_) => ("AccessError", "pass one without this seal"),
        ErrorKind::Io { source, .. } if source.kind() == Io::PermissionDenied => {
            ("AccessError", "check the mode and the owner of the file and its directory")
        }
        ErrorKind::Io { source, .. } if source.kind() == Io::NotFound => ("NotFoundError", ""),
        ErrorKind::Io { .. } | ErrorKind::UnfitFileSystem { .. } => ("SystemCallError", ""),
        ErrorKind::TooManyInstances { .. } => {
            ("TooManyInstancesError", "retire one, or open the writer with more instances")
        }
        ErrorKind::Truncated { .. } => ("TruncatedError", "start its writer again"),
        ErrorKind::BadName(_) => ("BadValueError", "give another name, or a path with a '/'"),
        ErrorKind::BadInstanceName(_) => {
            ("BadValueError", "give it a name of 1 to 64 bytes, without control characters")
        }
        ErrorKind::BadOptions(_) => ("BadValueError", "correct the keywords"),
        ErrorKind::NoSuchGroup(_) => ("BadValueError", "create it, or give another group"),
        ErrorKind::RelativeDirectory(_) => {
            ("BadValueError", "give an absolute path in it, or unset it")
        }
        ErrorKind::HasInstances { .. } | ErrorKind::NoInstances => ("SchemaError", "open it again"),
        ErrorKind::NotThisRecord { .. } => {
            ("SchemaError", "describe the struct that is there, and how many, or remove the file")
        }
        ErrorKind::CannotReplace(_) => {
            ("SchemaError", "pass an empty file, or describe the record that is there")
        }
        ErrorKind::OtherSchema { .. } | ErrorKind::WrongSize { .. } => ("SchemaError", ""),
        ErrorKind::NoSuchField { .. } => ("NoFieldError", ""),
        ErrorKind::Forked => ("ForkedError", "open a writer in this process"),
        ErrorKind::NotAFile(_) | ErrorKind::NotARegion | ErrorKind::TooShort(_) => {
            let next =
                "give the path of a region; mapcast.open_bare() reads files without a header";
            ("FormatError", next)
        }
        ErrorKind::UnsupportedVersion(_) | ErrorKind::UnsupportedFeatures(_) => {
            ("FormatError", "install a newer mapcast")
        }
        ErrorKind::Damaged(_) => ("FormatError", "start its writer again, which replaces it"),
        ErrorKind::Replaced => ("Error", "end the writer it belongs to, or open a writer again"),
        ErrorKind::Unstable => ("Error", "end its writer, which is broken"),
        _ => ("Error", ""),
    }
}
