//! The functions of the module: opening readers, followers and writers, and the names of regions.

use crate::arguments::{begin, seconds};
use crate::bare::{self as bare_files, BareReader, BareWriter};
use crate::descriptor::Descriptor;
use crate::error::{self, Raise, RaiseBare};
use crate::event::Events;
use crate::follower::{Follower, Following};
use crate::instance_writer::InstanceWriter;
use crate::instances::InstanceReader;
use crate::place::{At, Place};
use crate::reader::Reader;
use crate::record::Shape;
use crate::schema::Schema;
use crate::source::Source;
use crate::writer::Writer;
use mapcast::dynamic::{self, AnyReader};
use mapcast::{Begin, Error, Options, bare};
use pyo3::prelude::*;

/// Attaches to the region at `at`, a name or a path.
#[pyfunction]
pub(crate) fn open(py: Python<'_>, at: Place) -> PyResult<Py<PyAny>> {
    let source = py.detach(|| Source::open(&at, None)).raise()?;
    match &source.reader {
        AnyReader::Plain(_) => Reader::over(py, at, source),
        AnyReader::Instances(_) => InstanceReader::over(py, at, source),
    }
}

/// Follows the region at `at`, which need not exist yet: every record, in order.
#[pyfunction]
#[pyo3(signature = (at, timeout = None, *, begin = None))]
pub(crate) fn follow(
    py: Python<'_>,
    at: Place,
    timeout: Option<f64>,
    begin: Option<&Bound<'_, PyAny>>,
) -> PyResult<Py<Follower>> {
    Follower::over(py, following(at, timeout, begin)?)
}

/// Follows the region at `at`, which need not exist yet: everything that happens, in order.
#[pyfunction]
#[pyo3(signature = (at, timeout = None, *, begin = None))]
pub(crate) fn events(
    py: Python<'_>,
    at: Place,
    timeout: Option<f64>,
    begin: Option<&Bound<'_, PyAny>>,
) -> PyResult<Py<Events>> {
    Events::over(py, following(at, timeout, begin)?)
}

fn following(
    at: Place,
    timeout: Option<f64>,
    with: Option<&Bound<'_, PyAny>>,
) -> PyResult<Following> {
    Following::awaiting(at, with.map_or(Ok(Begin::Newest), begin)?, timeout)
}

/// The names of the regions that this process finds.
#[pyfunction]
pub(crate) fn regions() -> PyResult<Vec<String>> {
    let listing = mapcast::list().raise()?;
    Ok(listing.regions.into_iter().map(|(name, _)| name).collect())
}

/// What `mode` has to be, for messages.
const MODE: &str = "a mode such as 0o640";
/// What `group` has to be.
const GROUP: &str = "the name of a group";

/// The keywords of `mapcast.writer()`, all of them.
#[derive(Debug)]
pub(crate) struct Settings {
    instances: Option<u32>,
    slots: u32,
    mode: u32,
    group: Option<String>,
    wake: bool,
    period: Option<f64>,
    standby: bool,
}

impl FromPyObject<'_, '_> for Settings {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        Ok(Self {
            instances: setting(&given, "instances", "a number from 1 on")?,
            slots: setting(&given, "slots", "a power of two from 4 on")?,
            mode: setting(&given, "mode", MODE)?,
            group: setting(&given, "group", GROUP)?,
            wake: setting(&given, "wake", "True or False")?,
            period: setting(&given, "period", "seconds, or None")?,
            standby: setting(&given, "standby", "True or False")?,
        })
    }
}

/// The keyword `name` of `given`.
fn setting<'py, T>(given: &Bound<'py, PyAny>, name: &str, wanted: &str) -> PyResult<T>
where
    T: for<'a> FromPyObject<'a, 'py>,
{
    error::argument(name, &given.get_item(name)?, wanted)
}

impl Settings {
    fn options(&self) -> PyResult<Options> {
        let options = Options::new().slots(self.slots).mode(self.mode).wake(self.wake);
        let options = match &self.group {
            Some(group) => options.group(group),
            None => options,
        };
        Ok(match seconds("period", self.period)? {
            Some(period) => options.period(period),
            None => options,
        })
    }
}

/// Opens the writer of the region at `at`; `raw` is a type of ctypes or numpy that has the record's bytes.
#[pyfunction]
#[allow(clippy::needless_pass_by_value, reason = "an argument of Python is extracted by value")]
pub(crate) fn open_writer(
    py: Python<'_>,
    at: Place,
    schema: Py<Schema>,
    raw: Option<Py<PyAny>>,
    settings: Settings,
) -> PyResult<Py<PyAny>> {
    let options = settings.options()?;
    let record = schema.get().inner().clone();
    let shape = Shape { schema, raw };
    let at = match at {
        Place::Named(at) => at,
        Place::Passed(passed) => return open_passed(py, &passed, shape, &settings, &options),
    };
    match settings.instances {
        None => {
            let writer = opened(py, &settings, |stop| match stop {
                None => dynamic::Writer::open_with(&at, &record, &options).map(Some),
                Some(stop) => dynamic::Writer::open_standby(&at, &record, &options, |_| {}, stop),
            })?;
            Ok(Py::new(py, Writer::new(shape, writer))?.into_any())
        }
        Some(max) => {
            let writer = opened(py, &settings, |stop| match stop {
                None => dynamic::InstanceWriter::open_with(&at, &record, &options, max).map(Some),
                Some(stop) => {
                    dynamic::InstanceWriter::open_standby(&at, &record, &options, max, |_| {}, stop)
                }
            })?;
            Ok(Py::new(py, InstanceWriter::new(shape, writer))?.into_any())
        }
    }
}

/// Opens the writer of the region in a descriptor.
fn open_passed(
    py: Python<'_>,
    passed: &Descriptor,
    shape: Shape,
    settings: &Settings,
    options: &Options,
) -> PyResult<Py<PyAny>> {
    if settings.standby {
        let fact = "a standby waits for the file of a name, and a descriptor has none";
        return Err(error::new("BadValueError", format!("{fact}; open it without standby")));
    }
    let (file, name) = (passed.file().try_clone()?, passed.name());
    let record = shape.schema.get().inner().clone();
    match settings.instances {
        None => {
            let writer = dynamic::Writer::open_file(file, name, &record, options);
            Ok(Py::new(py, Writer::new(shape, error::without_standby(writer)?))?.into_any())
        }
        Some(max) => {
            let writer = dynamic::InstanceWriter::open_file(file, name, &record, options, max);
            Ok(Py::new(py, InstanceWriter::new(shape, error::without_standby(writer)?))?.into_any())
        }
    }
}

/// Opens a bare file to read it; `make` is called with the bytes of each record that is read.
#[pyfunction]
#[allow(clippy::needless_pass_by_value, reason = "an argument of Python is extracted by value")]
pub(crate) fn open_bare_reader(
    py: Python<'_>,
    at: At,
    schema: Py<Schema>,
    make: Py<PyAny>,
    count: &Bound<'_, PyAny>,
) -> PyResult<BareReader> {
    let record = schema.get().inner().clone();
    let count = bare_files::structs(count)?;
    let reader = py.detach(|| bare::Reader::open_array(&at, &record, count)).raise_bare()?;
    Ok(BareReader::new(schema, make, reader))
}

/// Opens the writer of a bare file; `raw` is a type of ctypes or numpy that has the record's bytes.
#[pyfunction]
#[allow(clippy::needless_pass_by_value, reason = "an argument of Python is extracted by value")]
pub(crate) fn open_bare_writer(
    py: Python<'_>,
    at: At,
    schema: Py<Schema>,
    raw: Option<Py<PyAny>>,
    count: &Bound<'_, PyAny>,
    mode: &Bound<'_, PyAny>,
    group: &Bound<'_, PyAny>,
) -> PyResult<BareWriter> {
    let record = schema.get().inner().clone();
    let options = Options::new().mode(error::argument("mode", mode, MODE)?);
    let options = match error::argument::<Option<String>>("group", group, GROUP)? {
        Some(group) => options.group(&group),
        None => options,
    };
    let count = bare_files::structs(count)?;
    let writer = py.detach(|| bare::Writer::open_array(&at, &record, count, &options));
    Ok(BareWriter::new(Shape { schema, raw }, writer.raise_bare()?))
}

/// What ends the wait of a standby.
type Stop<'s> = &'s mut (dyn FnMut() -> bool + Send);

/// Opens without the interpreter; a standby's wait ends when a signal's handler raises.
fn opened<W: Send>(
    py: Python<'_>,
    settings: &Settings,
    open: impl FnOnce(Option<Stop<'_>>) -> Result<Option<W>, Error> + Send,
) -> PyResult<W> {
    let mut raised = None;
    let writer = py.detach(|| {
        let mut stop = || {
            raised = signal();
            raised.is_some()
        };
        open(settings.standby.then_some(&mut stop))
    });
    match (writer.raise()?, raised) {
        (Some(writer), _) => Ok(writer),
        (None, Some(raised)) => Err(raised),
        (None, None) => Err(error::closed("writer")),
    }
}

/// What the handler of a signal has raised.
fn signal() -> Option<PyErr> {
    Python::attach(|py| py.check_signals().err())
}
