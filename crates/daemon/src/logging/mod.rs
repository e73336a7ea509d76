//! The log: text or JSON on stderr, or the journal; at a level chosen by `--log` or `MAPCAST_LOG`.
//!
//! Invariant: stdout is never touched, one event is one line or one journal entry, and nothing
//! inside an event (a file name, a line of input) can drive the terminal.
//!
//! ```text
//! text     2026-02-03T04:05:06.070809Z  WARN producer: line 7: not JSON: expected value; skipped
//! json     {"timestamp":"2026-02-03T04:05:06.070809Z","level":"WARN","message":"line 7: ...", ...}
//! journal  PRIORITY=4  MESSAGE=line 7: ...  MAPCAST_REGION=/run/mapcast/stu.region
//! ```
//!
//! An event's message says everything in words. Its fields `region`, `sequence`, `epoch` and
//! `state` say some of it again for machines, so text leaves them out.

mod filter;
mod format;
mod text;

use std::env;
use std::io::{self, IsTerminal};
use std::sync::OnceLock;

use tracing::Subscriber;
use tracing_journald::{Priority, PriorityMappings};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;
use tracing_subscriber::registry::LookupSpan;

use crate::cli::CommonArgs;
pub use filter::{FilterError, LogFilter};
pub use format::LogFormat;

/// The environment variable that is read when there is no `--log`.
pub const ENV: &str = "MAPCAST_LOG";
/// What the names of an event's own fields begin with in the journal.
const FIELD_PREFIX: &str = "MAPCAST";

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

/// Starts logging as `program`, as `args` or else the environment say.
///
/// Colour is used only on a terminal and not when `NO_COLOR` is set. A second call in one process
/// changes nothing.
pub fn init(program: &'static str, args: &CommonArgs) -> Result<(), LogError> {
    let filter = match &args.log {
        Some(filter) => filter.clone(),
        None => from_environment()?,
    };
    let (format, layer) = match args.log_format {
        LogFormat::Json => (LogFormat::Json, json()),
        LogFormat::Journal => (LogFormat::Journal, journal().map_err(LogError::NoJournal)?),
        LogFormat::Auto if format::stderr_is_journal() => match journal() {
            Ok(journal) => (LogFormat::Journal, journal),
            Err(_) => (LogFormat::Text, text(program)),
        },
        LogFormat::Auto | LogFormat::Text => (LogFormat::Text, text(program)),
    };
    let subscriber = registry().with(layer.with_filter(filter.into_targets()));
    // The only failure is that somebody was first: a test, or a program that embeds us.
    if tracing::subscriber::set_global_default(subscriber).is_ok() {
        let _ = FORMAT.set(format);
    }
    Ok(())
}

/// What [`init`] decided on.
static FORMAT: OnceLock<LogFormat> = OnceLock::new();

/// Does the log go to machines? Then the last words of a program belong there too.
pub(crate) fn is_for_machines() -> bool {
    matches!(FORMAT.get(), Some(LogFormat::Json | LogFormat::Journal))
}

/// Does the log go elsewhere than to stderr?
pub(crate) fn is_elsewhere() -> bool {
    FORMAT.get() == Some(&LogFormat::Journal) && !format::stderr_is_journal()
}

type Boxed<S> = Box<dyn Layer<S> + Send + Sync>;

fn text<S: Subscriber + for<'a> LookupSpan<'a>>(program: &'static str) -> Boxed<S> {
    let colour = colour(
        io::stderr().is_terminal(),
        env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()),
    );
    layer()
        .event_format(text::Text { program })
        .with_writer(io::stderr)
        .with_ansi(colour)
        .log_internal_errors(false)
        .boxed()
}

fn json<S: Subscriber + for<'a> LookupSpan<'a>>() -> Boxed<S> {
    layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_writer(io::stderr)
        .log_internal_errors(false)
        .boxed()
}

fn journal<S: Subscriber + for<'a> LookupSpan<'a>>() -> io::Result<Boxed<S>> {
    let priorities = PriorityMappings {
        info: Priority::Informational,
        debug: Priority::Debug,
        ..PriorityMappings::new()
    };
    let journal = tracing_journald::layer()?
        .with_field_prefix(Some(FIELD_PREFIX.to_owned()))
        .with_priority_mappings(priorities);
    Ok(journal.boxed())
}

fn colour(terminal: bool, no_color: bool) -> bool {
    terminal && !no_color
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
    use super::colour;

    #[test]
    fn colour_needs_a_terminal_and_no_objection() {
        assert!(colour(true, false));
        assert!(!colour(true, true));
        assert!(!colour(false, false));
    }
}
