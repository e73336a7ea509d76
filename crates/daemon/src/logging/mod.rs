//! The log: text or JSON on stderr, or the journal; at a level chosen by `--log` or `MAPCAST_LOG`.
//!
//! Invariant: stdout is never touched, one event is one line or one journal entry, and nothing
//! inside an event (a file name, a line of input) can drive the terminal. Logging never blocks:
//! messages for which the log has no room are kept up to a limit, then counted as lost. What repeats
//! without end is logged up to a limit, then counted.
//!
//! ```text
//!   event --Limits--> Entry (escaped, bounded) --text, json, journal--> bytes --> Sink --> Stderr, Journal
//! ```
//!
//! ```text
//! text     2026-02-03T04:05:06.070809Z  WARN producer: line 7: not JSON: expected value; skipped
//! json     {"timestamp":"2026-02-03T04:05:06.070809Z","level":"WARN","message":"line 7: ...", ...}
//! journal  PRIORITY=4  MESSAGE=line 7: ...  MAPCAST_REGION=/run/mapcast/stu.region
//! ```
//!
//! A daemon with several subjects enters the span of [`about`] one while it works on it: the messages
//! within begin with its name.
//!
//! An event's message is complete. Its fields `region`, `sequence`, `epoch` and `state` repeat parts
//! of it for machines, so text leaves them out.

mod entry;
mod filter;
mod format;
mod journal;
mod json;
mod limits;
mod observer;
mod sink;
mod stderr;
#[cfg(test)]
mod testing;
mod text;

use std::env;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use anstream::{AutoStream, ColorChoice};
use tracing::span::{Attributes, Id};
use tracing::{Event, Metadata, Span, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry;
use tracing_subscriber::registry::LookupSpan;

use entry::{Entry, Subject};
pub use filter::{FilterError, LogFilter};
pub use format::LogFormat;
use journal::Journal;
use limits::{End, Limits};
pub use observer::Observer;
use sink::{Outlet, Sink};
pub use stderr::Stderr;
use text::Palette;

use crate::ticks::Monotonic;

/// The environment variable that is read when there is no `--log`.
pub const ENV: &str = "MAPCAST_LOG";
/// The target of the event that [`report`](crate::report()) logs.
pub(crate) const REPORT_TARGET: &str = "daemon::report";
/// How long the exit of the process waits for room in the log.
const FINISH_TIMEOUT: Duration = Duration::from_millis(250);

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// [`ENV`] holds no filter.
    #[error("{ENV}: {0}")]
    Environment(#[source] FilterError),
    /// [`ENV`] is not UTF-8.
    #[error("{ENV} is not UTF-8; set it to a level such as info, or unset it")]
    NotUnicode,
    /// There is no journal to write to.
    #[error("there is no journal here ({0}); leave out --log-format journal")]
    NoJournal(#[source] io::Error),
}

/// Starts logging as `program`: events that pass `filter`, or else the environment's, in `format`.
///
/// Lines have colours by the rule of `--help`: on a terminal whose `TERM` is neither unset nor `dumb`,
/// and everywhere with `CLICOLOR_FORCE`; never with `NO_COLOR`. `observer` is given the events of its module, whatever the
/// filter. A second call in one process changes
/// nothing.
pub fn init(
    program: &'static str,
    filter: Option<&LogFilter>,
    format: LogFormat,
    observer: Option<Observer>,
) -> Result<(), LogError> {
    let filter = filter.map_or_else(from_environment, |filter| Ok(filter.clone()))?;
    let on_stderr = |format| Log::new(program, format, Stderr::open());
    let log = match format {
        LogFormat::Json => on_stderr(Format::Json),
        LogFormat::Journal => {
            Log::new(program, Format::Journal, Journal::open().map_err(LogError::NoJournal)?)
        }
        LogFormat::Auto if format::stderr_is_journal() => match Journal::open() {
            Ok(journal) => Log::new(program, Format::Journal, journal),
            Err(_) => on_stderr(Format::Text(palette())),
        },
        LogFormat::Auto | LogFormat::Text => on_stderr(Format::Text(palette())),
    };
    let log = Arc::new(log);
    let layer = ToLog(Arc::clone(&log)).with_filter(filter.into_targets());
    let observer = observer.map(Observer::into_layer);
    // This fails only if a subscriber is already set: by a test, or by a host program.
    if tracing::subscriber::set_global_default(registry().with(layer).with(observer)).is_ok() {
        let _ = LOG.set(log);
    }
    Ok(())
}

/// The span of messages about `subject`: each begins with its name.
pub fn about(subject: &str) -> Span {
    // Of the target that passes every filter.
    tracing::error_span!(target: REPORT_TARGET, "about", subject)
}

/// Writes delayed messages as far as the log has room, and the numbers of lost ones and of those that
/// were held back. For the loop of a daemon: it never blocks.
pub fn catch_up() {
    for log in all() {
        log.report_held(End::NotYet);
        log.lock().flush(|lost, what| log.note(lost, what));
    }
}

/// The same at the exit of the process: waits at most 250 ms for room in the log.
pub fn finish() {
    for log in all() {
        log.report_held(End::Now);
        log.lock().finish(FINISH_TIMEOUT, |lost, what| log.note(lost, what));
    }
}

/// Writes a line to stderr as far as there is room, in its place among the messages of the log.
pub(crate) fn line(line: String) {
    let log = on_stderr();
    log.lock().put(line.into_bytes(), |lost, what| log.note(lost, what));
}

/// Writes the last line of a program to stderr, and waits as [`finish`] does.
pub fn last_line(text: String) {
    line(text);
    let log = on_stderr();
    log.lock().finish(FINISH_TIMEOUT, |lost, what| log.note(lost, what));
}

/// The log of this process if it goes to stderr, else one beside it.
fn on_stderr() -> &'static Arc<Log> {
    let beside = || Arc::new(Log::new("", Format::Text(Palette::Plain), Stderr::open()));
    LOG.get().filter(|log| !is_elsewhere(log)).unwrap_or_else(|| BESIDE.get_or_init(beside))
}

/// The log of this process, and the one beside it.
fn all() -> impl Iterator<Item = &'static Arc<Log>> {
    LOG.get().into_iter().chain(BESIDE.get())
}

/// Lines on stderr before [`init`], or beside a log that goes elsewhere.
static BESIDE: OnceLock<Arc<Log>> = OnceLock::new();

/// The log of this process, set by [`init`].
static LOG: OnceLock<Arc<Log>> = OnceLock::new();

/// Whether events go to machines: as JSON, or to the journal.
pub(crate) fn is_for_machines() -> bool {
    LOG.get().is_some_and(|log| !matches!(log.format, Format::Text(_)))
}

/// Whether stderr is for people: neither a JSON log nor the journal.
pub(crate) fn is_stderr_for_people() -> bool {
    !is_for_machines() || LOG.get().is_some_and(|log| is_elsewhere(log))
}

/// Whether the log goes elsewhere than to stderr.
fn is_elsewhere(log: &Log) -> bool {
    log.format == Format::Journal && !format::stderr_is_journal()
}

/// The form of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Text(Palette),
    Json,
    Journal,
}

/// A format and its sink.
#[derive(Debug)]
struct Log {
    program: &'static str,
    format: Format,
    limits: Mutex<Limits>,
    sink: Mutex<Sink<Box<dyn Outlet>>>,
}

impl Log {
    fn new(program: &'static str, format: Format, outlet: impl Outlet + 'static) -> Self {
        let outlet: Box<dyn Outlet> = Box::new(outlet);
        Self { program, format, limits: Mutex::default(), sink: Mutex::new(Sink::new(outlet)) }
    }

    fn lock(&self) -> MutexGuard<'_, Sink<Box<dyn Outlet>>> {
        // A panic leaves a sink in a valid state.
        self.sink.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn limits(&self) -> MutexGuard<'_, Limits> {
        self.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Logs `entry`, unless there are too many from its place.
    fn log(&self, place: &Metadata<'_>, entry: Entry) {
        let passed = self.limits().pass(place, entry, Monotonic::now());
        for entry in &passed {
            self.write(entry);
        }
    }

    /// Reports the events that were held back.
    fn report_held(&self, end: End) {
        let mut limits = self.limits();
        if limits.is_holding() {
            let held = limits.overdue(Monotonic::now(), end);
            for held in &held {
                self.write(held);
            }
        }
    }

    fn write(&self, entry: &Entry) {
        let bytes = self.bytes(entry);
        self.lock().put(bytes, |lost, what| self.note(lost, what));
    }

    /// Reports that `lost` messages were dropped.
    fn note(&self, lost: u64, what: &str) -> Vec<u8> {
        self.bytes(&Entry::of_lost(lost, what))
    }

    fn bytes(&self, entry: &Entry) -> Vec<u8> {
        match self.format {
            Format::Text(palette) => text::line(entry, self.program, palette),
            Format::Json => json::line(entry),
            Format::Journal => journal::datagram(entry),
        }
    }
}

/// Sends each event to a log.
struct ToLog(Arc<Log>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for ToLog {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(Subject::of(attributes));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut entry = Entry::of(event);
        if let Some(span) = context.event_span(event)
            && let Some(subject) = span.extensions().get()
        {
            entry.set_subject(subject);
        }
        self.0.log(event.metadata(), entry);
    }
}

/// By the rule that clap has for help.
fn palette() -> Palette {
    match AutoStream::choice(&io::stderr()) {
        ColorChoice::Never => Palette::Plain,
        _ => Palette::Colours,
    }
}

fn from_environment() -> Result<LogFilter, LogError> {
    match env::var(ENV) {
        Ok(text) if text.trim().is_empty() => Ok(LogFilter::default()),
        Ok(text) => text.parse().map_err(LogError::Environment),
        Err(env::VarError::NotPresent) => Ok(LogFilter::default()),
        Err(env::VarError::NotUnicode(_)) => Err(LogError::NotUnicode),
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{logged, logged_by};
    use super::{Format, about};

    #[test]
    fn a_message_within_a_span_begins_with_its_subject() {
        let text = logged(Format::Json, || {
            about("stu").in_scope(|| tracing::warn!("line 7 skipped"));
            about("stu").in_scope(|| tracing::warn!("stu: is on a disk"));
            tracing::warn!("another");
        });
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].contains(r#""stu: line 7 skipped""#), "{text}");
        assert!(lines[1].contains(r#""stu: is on a disk""#), "{text}");
        assert!(lines[2].contains(r#""another""#), "{text}");
    }

    #[test]
    fn a_subject_is_named_although_the_message_begins_with_the_same_letters() {
        let text = logged(Format::Json, || {
            about("line").in_scope(|| tracing::warn!("line 7 skipped"));
            about("c").in_scope(|| tracing::warn!("closed"));
            about("/c").in_scope(|| tracing::warn!("/c was deleted"));
        });
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].contains(r#""line: line 7 skipped""#), "{text}");
        assert!(lines[1].contains(r#""c: closed""#), "{text}");
        assert!(lines[2].contains(r#""/c was deleted""#), "{text}");
    }

    #[test]
    fn a_filter_that_lets_an_event_pass_lets_its_subject_pass() {
        let filter = concat!("off,", module_path!(), "=warn");
        let text = logged_by(filter, Format::Json, || {
            about("stu").in_scope(|| tracing::warn!("line 7 skipped"));
        });
        assert!(text.contains(r#""stu: line 7 skipped""#), "{text}");
    }
}
