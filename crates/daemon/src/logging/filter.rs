//! `--log info`, `--log producer=debug,warn`: which events are written.
//!
//! Stricter than tracing's parser, which reads the misspelt level `inof` as the name of a module
//! and then logs nothing.

use std::str::FromStr;

use tracing_subscriber::filter::{LevelFilter, Targets};

use super::REPORT_TARGET;

/// A level for everything and levels for single modules.
#[derive(Clone, Debug, PartialEq)]
pub struct LogFilter(Targets);

/// Why a text is not a [`LogFilter`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FilterError {
    /// A word that is not one of the levels.
    #[error("{0:?} is not a log level; use off, error, warn, info, debug or trace")]
    Level(String),
    /// `=debug`, with nothing before it.
    #[error("{0:?} names no module; write MODULE=LEVEL, for example region=debug")]
    Module(String),
}

impl Default for LogFilter {
    /// Everything at `info`.
    fn default() -> Self {
        Self(Targets::new().with_default(LevelFilter::INFO))
    }
}

impl FromStr for LogFilter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        let (mut targets, mut default) = (Targets::new(), LevelFilter::INFO);
        for part in text.split(',').map(str::trim) {
            let Some((module, word)) = part.split_once('=') else {
                default = level(part)?;
                continue;
            };
            if module.trim().is_empty() {
                return Err(FilterError::Module(part.to_owned()));
            }
            targets = targets.with_target(module.trim(), level(word.trim())?);
        }
        Ok(Self(targets.with_default(default)))
    }
}

impl LogFilter {
    pub(super) fn into_targets(self) -> Targets {
        // The reason why a program failed is logged at every level.
        self.0.with_target(REPORT_TARGET, LevelFilter::ERROR)
    }
}

/// Only words: `LevelFilter` accepts numbers and the empty text, too.
fn level(word: &str) -> Result<LevelFilter, FilterError> {
    let level = word.parse().ok().filter(|_| word.starts_with(char::is_alphabetic));
    level.ok_or_else(|| FilterError::Level(word.to_owned()))
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::filter::{LevelFilter, Targets};

    use super::{FilterError, LogFilter};

    #[test]
    fn a_level_alone_is_for_everything() {
        let filter: LogFilter = "WARN".parse().expect("a level");
        assert_eq!(filter, LogFilter(Targets::new().with_default(LevelFilter::WARN)));
    }

    #[test]
    fn modules_have_levels_of_their_own() {
        let targets = "warn, region=debug".parse::<LogFilter>().expect("a filter").into_targets();
        assert!(targets.would_enable("region::wait", &tracing::Level::DEBUG));
        assert!(!targets.would_enable("producer", &tracing::Level::INFO));
        assert!(targets.would_enable("producer", &tracing::Level::WARN));
    }

    #[test]
    fn a_misspelt_level_is_refused_and_not_taken_for_a_module() {
        let error = "inof".parse::<LogFilter>().expect_err("no level");
        assert_eq!(
            error.to_string(),
            "\"inof\" is not a log level; use off, error, warn, info, debug or trace"
        );
        assert_eq!("a=b".parse::<LogFilter>(), Err(FilterError::Level("b".to_owned())));
        assert_eq!("=info".parse::<LogFilter>(), Err(FilterError::Module("=info".to_owned())));
        for word in ["", "3", "+3"] {
            assert_eq!(word.parse::<LogFilter>(), Err(FilterError::Level(word.to_owned())));
        }
    }
}
