//! Arguments that several functions have: where following begins, and times.

use crate::error;
use mapcast::Begin;
use pyo3::prelude::*;
use std::time::Duration;

/// The names of `begin=`: what following begins with.
pub(crate) fn begin(object: &Bound<'_, PyAny>) -> PyResult<Begin> {
    if let Ok(sequence) = object.extract::<u64>() {
        return Ok(Begin::Sequence(sequence));
    }
    match object.extract::<String>().as_deref() {
        Ok("newest") => Ok(Begin::Newest),
        Ok("oldest") => Ok(Begin::Oldest),
        Ok("next") => Ok(Begin::Last(0)),
        _ => {
            let fact = format!("begin={} is not a place to begin", object.repr()?);
            let next = "use \"newest\", \"oldest\", \"next\" or a sequence number";
            Err(error::new("BadValueError", format!("{fact}; {next}")))
        }
    }
}

/// A span in seconds; None: without end.
pub(crate) fn seconds(name: &str, seconds: Option<f64>) -> PyResult<Option<Duration>> {
    let bad = |number| {
        let fact = format!("{name}={number:?} is no time in seconds");
        error::new("BadValueError", format!("{fact}; use a number from 0 on, or None"))
    };
    let span = |number: f64| Duration::try_from_secs_f64(number).map_err(|_| bad(number));
    seconds.filter(|number| *number != f64::INFINITY).map(span).transpose()
}
