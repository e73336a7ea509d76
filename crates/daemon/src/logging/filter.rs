//! `--log info`, `--log producer=debug,warn`: which events are written.
//!
//! Stricter than tracing's own parser, which takes the misspelt level `inof` for the name of a
//! module and then logs nothing.

use std::str::FromStr;

use tracing_subscriber::filter::{LevelFilter, Targets};

use crate::report;

const LEVELS: [(&str, LevelFilter); 6] = [
    ("off", LevelFilter::OFF),
    ("error", LevelFilter::ERROR),
    ("warn", LevelFilter::WARN),
    ("info", LevelFilter::INFO),
    ("debug", LevelFilter::DEBUG),
    ("trace", LevelFilter::TRACE),
];

/// A level for everything and levels for single modules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFilter {
    default: LevelFilter,
    modules: Vec<(String, LevelFilter)>,
}

/// Why a text is no [`LogFilter`].
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
        Self { default: LevelFilter::INFO, modules: Vec::new() }
    }
}

impl FromStr for LogFilter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        let mut filter = Self::default();
        for part in text.split(',').map(str::trim) {
            match part.split_once('=') {
                None => filter.default = level(part)?,
                Some((module, _)) if module.trim().is_empty() => {
                    return Err(FilterError::Module(part.to_owned()));
                }
                Some((module, word)) => {
                    filter.modules.push((module.trim().to_owned(), level(word.trim())?));
                }
            }
        }
        Ok(filter)
    }
}

impl LogFilter {
    pub(super) fn into_targets(self) -> Targets {
        Targets::new()
            .with_default(self.default)
            .with_targets(self.modules)
            // Why a program failed is said whatever is logged.
            .with_target(report::TARGET, LevelFilter::ERROR)
    }
}

fn level(word: &str) -> Result<LevelFilter, FilterError> {
    LEVELS
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(word))
        .map(|(_, level)| *level)
        .ok_or_else(|| FilterError::Level(word.to_owned()))
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::filter::LevelFilter;

    use super::{FilterError, LogFilter};

    #[test]
    fn a_level_alone_is_for_everything() {
        let filter: LogFilter = "WARN".parse().expect("a level");
        assert_eq!(filter, LogFilter { default: LevelFilter::WARN, modules: Vec::new() });
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
        assert_eq!("".parse::<LogFilter>(), Err(FilterError::Level(String::new())));
    }
}
