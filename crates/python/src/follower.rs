//! Following a region from Python: records in order, by a loop, with a timeout, or from an event loop.
//!
//! Invariant: while it sleeps the interpreter is free for other threads, and it wakes for signals.
//!
//! Price: a wait takes the interpreter's lock a few times a second; an event loop costs a thread and a
//! descriptor more (see `Notifier`), which a forked process opens anew.

use crate::arguments::seconds;
use crate::error::Raise;
use crate::held::{Held, Turn};
use crate::place::Place;
use crate::sample::Sample;
use crate::schema::Schema;
use crate::source::{Found, Item, Source};
use mapcast::{Begin, Error, Event, Follow, Notifier};
use pyo3::exceptions::PyStopIteration;
use pyo3::prelude::*;
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

/// Longest sleep before the interpreter is asked for signals.
const SIGNALS: Duration = Duration::from_millis(100);
/// Longest sleep while there is nothing to sleep on.
const NAP: Duration = Duration::from_millis(20);

/// A region that is followed: what its records and its events have in common.
#[pyclass(frozen, subclass, name = "_Following", module = "mapcast")]
#[derive(Debug)]
pub(crate) struct Following {
    place: Place,
    follow: Held<Followed>,
    /// Of the thread that follows: a wait is not disturbed by the others, which get an error.
    turn: Turn,
    pub(crate) timeout: Option<Duration>,
    /// Opened when an event loop asks for it, and in which process.
    notifier: Held<Option<(u32, Notifier)>>,
}

#[derive(Debug)]
struct Followed {
    follow: Follow<'static, Source>,
    schema: Option<Py<Schema>>,
    /// Not yet reported by a sample.
    missed: u64,
}

impl Following {
    /// Follows the region at `place` from now on; `only` this instance of it.
    pub(crate) fn attached(
        place: Place,
        only: Option<&str>,
        begin: Begin,
        timeout: Option<f64>,
    ) -> PyResult<Self> {
        let source = Source::open_at(&place, only, begin).raise()?;
        Self::new(place, Follow::new(source), timeout)
    }

    /// The same, of a region that need not exist yet.
    pub(crate) fn awaiting(place: Place, begin: Begin, timeout: Option<f64>) -> PyResult<Self> {
        let at = place.clone();
        let follow = match Source::open_at(&place, None, begin) {
            Err(err) if err.is_not_there() => {
                Follow::awaiting(move || Source::open_at(&at, None, begin))
            }
            source => Follow::new(source.raise()?),
        };
        Self::new(place, follow, timeout)
    }

    fn new(place: Place, follow: Follow<'static, Source>, timeout: Option<f64>) -> PyResult<Self> {
        let timeout = seconds("timeout", timeout)?;
        let follow = Held::new("follower", Followed { follow, schema: None, missed: 0 });
        let notifier = Held::new("follower", None);
        Ok(Self { place, follow, turn: Turn::default(), timeout, notifier })
    }

    /// The next event, if there is one.
    pub(crate) fn try_event(&self) -> PyResult<Option<Event<Item>>> {
        self.follow.with(|followed| followed.follow.try_next().raise())
    }

    /// The next sample, if there is one.
    fn try_sample(&self, py: Python<'_>) -> PyResult<Option<Sample>> {
        self.follow.with(|followed| {
            while let Some(event) = followed.follow.try_next().raise()? {
                match event {
                    Event::Record(Item::Record(found)) => {
                        let missed = std::mem::take(&mut followed.missed);
                        return followed.sample(py, found, missed).map(Some);
                    }
                    Event::Missed(count) | Event::Record(Item::Missed(count, _)) => {
                        followed.missed += count;
                    }
                    _ => {}
                }
            }
            Ok(None)
        })
    }

    /// A sample of what an event has.
    pub(crate) fn sample(&self, py: Python<'_>, found: Found) -> PyResult<Sample> {
        self.follow.with(|followed| followed.sample(py, found, 0))
    }

    /// The schema of the region, if there is one, and whether it has instances.
    fn region(&self, py: Python<'_>) -> PyResult<(Option<Py<Schema>>, bool)> {
        self.follow.with(|Followed { follow, schema, .. }| match follow.source() {
            Some(source) => {
                let known = Schema::cached(py, schema, source.reader.schema())?;
                Ok((Some(known), source.has_instances()))
            }
            None => Ok((None, false)),
        })
    }

    /// What `attempt` finds, within `timeout`; `None` if it finds nothing until then.
    pub(crate) fn within<T>(
        &self,
        py: Python<'_>,
        timeout: Option<Duration>,
        mut attempt: impl FnMut() -> PyResult<Option<T>>,
    ) -> PyResult<Option<T>> {
        let _turn = self.turn.take("follower")?;
        let start = Instant::now();
        loop {
            if let Some(found) = attempt()? {
                return Ok(Some(found));
            }
            let left = timeout.map_or(SIGNALS, |timeout| timeout.saturating_sub(start.elapsed()));
            if left.is_zero() {
                return Ok(None);
            }
            py.detach(|| self.sleep(left.min(SIGNALS)))?;
            py.check_signals()?;
        }
    }

    /// Sleeps until there may be something, without the interpreter.
    fn sleep(&self, longest: Duration) -> PyResult<()> {
        self.follow.with(|Followed { follow, .. }| {
            if !follow.wait(longest.min(follow.next_look())) {
                std::thread::sleep(longest.min(NAP));
            }
            Ok(())
        })
    }

    /// The notifier of this process: one that was opened before a fork has its thread, and shares its
    /// descriptor, with the parent.
    fn notified<T>(&self, with: impl FnOnce(&Notifier) -> T) -> PyResult<T> {
        let process = std::process::id();
        self.notifier.with(|notifier| {
            let known = notifier.take().filter(|(of, _)| *of == process);
            let (_, open) = notifier.insert(match known {
                Some(known) => known,
                None => (process, self.notifier_of_place().raise()?),
            });
            Ok(with(open))
        })
    }

    /// One that waits for a region that does not exist, as the follower does.
    fn notifier_of_place(&self) -> Result<Notifier, Error> {
        match &self.place {
            Place::Named(at) => Notifier::awaiting(at.clone()),
            Place::Passed(passed) => Notifier::awaiting_file(passed.file(), passed.name()),
        }
    }
}

impl Followed {
    fn sample(&mut self, py: Python<'_>, found: Found, missed: u64) -> PyResult<Sample> {
        let schema = Schema::cached(py, &mut self.schema, &found.schema)?;
        Ok(Sample::new(found, schema, missed))
    }
}

#[pymethods]
impl Following {
    /// A descriptor that is readable when there may be something: for select, epoll and event loops.
    fn fileno(&self) -> PyResult<i32> {
        self.notified(AsRawFd::as_raw_fd)
    }

    /// Makes the descriptor unreadable until something happens after this call: call it before `try_next`.
    fn clear(&self) -> PyResult<()> {
        self.notified(Notifier::clear)
    }

    /// Seconds without anything after which the iteration ends; None: it never does.
    #[getter]
    fn timeout(&self) -> Option<f64> {
        self.timeout.map(|timeout| timeout.as_secs_f64())
    }

    fn close(&self) -> PyResult<()> {
        let _turn = self.turn.take("follower")?;
        self.notifier.close()?;
        self.follow.close()
    }

    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    /// Iterates in an event loop.
    fn __aiter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("mapcast._aio")?.getattr("Stream")?.call1((slf,))
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __exit__(&self, _kind: Py<PyAny>, _error: Py<PyAny>, _trace: Py<PyAny>) -> PyResult<()> {
        self.close()
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let (class, following) = (slf.get_type().name()?, slf.get());
        let turn = following.turn.take("follower").ok();
        let state = turn.and_then(|_turn| {
            following.follow.peek(|followed| match followed.follow.source() {
                Some(source) => {
                    let reader = &source.reader;
                    format!("{}, {}", reader.schema().name(), reader.state())
                }
                None => "not attached yet".into(),
            })
        });
        let state = state.as_deref().unwrap_or("closed or in use");
        Ok(format!("<{class} of {}: {state}>", following.place))
    }
}

/// Iterates over the records of a region, in order. Made by `reader.follow()` or `mapcast.follow()`.
#[pyclass(frozen, extends = Following, module = "mapcast")]
#[derive(Debug)]
pub(crate) struct Follower;

impl Follower {
    pub(crate) fn over(py: Python<'_>, following: Following) -> PyResult<Py<Self>> {
        Py::new(py, PyClassInitializer::from(following).add_subclass(Self))
    }
}

#[pymethods]
impl Follower {
    /// The next record, or None if there is none within `timeout` seconds; None waits without end.
    #[pyo3(signature = (timeout = None))]
    fn next(slf: &Bound<'_, Self>, timeout: Option<f64>) -> PyResult<Option<Sample>> {
        let following = slf.as_super().get();
        let timeout = seconds("timeout", timeout)?;
        following.within(slf.py(), timeout, || following.try_sample(slf.py()))
    }

    /// The next record, or None if there is none yet.
    fn try_next(slf: &Bound<'_, Self>) -> PyResult<Option<Sample>> {
        let following = slf.as_super().get();
        following.within(slf.py(), Some(Duration::ZERO), || following.try_sample(slf.py()))
    }

    /// The schema of its region, if that exists, and whether it has instances; for empty arrays and frames.
    fn _region(slf: &Bound<'_, Self>) -> PyResult<(Option<Py<Schema>>, bool)> {
        slf.as_super().get().region(slf.py())
    }

    fn __next__(slf: &Bound<'_, Self>) -> PyResult<Sample> {
        let following = slf.as_super().get();
        following
            .within(slf.py(), following.timeout, || following.try_sample(slf.py()))?
            .ok_or_else(|| PyStopIteration::new_err(()))
    }
}
