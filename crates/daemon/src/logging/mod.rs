//! The log: human text on stderr, at a level chosen by `--log` or `MAPCAST_LOG`.
//!
//! Invariant: stdout is never touched, one event is one line, and nothing inside an event (a file
//! name, a line of input) can drive the terminal.
//!
//! ```text
//! 2026-02-03T04:05:06.070809Z  WARN producer: line 7: not JSON: expected value; skipped
//! ```
//!
//! Other outputs (the journal's own protocol, JSON lines) are further formatters beside `text`
//! and a further arm in [`init`].

mod filter;
mod text;

use std::env;
use std::io::{self, IsTerminal};

use tracing_subscriber::fmt::layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;

pub use filter::{FilterError, LogFilter};

/// The environment variable that is read when there is no `--log`.
pub const ENV: &str = "MAPCAST_LOG";

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
}

/// Starts logging to stderr as `program`: by `option` (`--log`), else by [`ENV`], else at `info`.
///
/// Colour is used only on a terminal and not when `NO_COLOR` is set. A second call in one process
/// changes nothing.
pub fn init(program: &'static str, option: Option<&LogFilter>) -> Result<(), LogError> {
    let filter = match option {
        Some(filter) => filter.clone(),
        None => from_environment()?,
    };
    let text = layer()
        .event_format(text::Text { program })
        .with_writer(io::stderr)
        .with_ansi(colour(
            io::stderr().is_terminal(),
            env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty()),
        ))
        .log_internal_errors(false);
    let subscriber = registry().with(filter.into_targets()).with(text);
    // The only failure is that somebody was first: a test, or a program that embeds us.
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(())
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
