//! An option that does not fit the records of a region.

use std::fmt;

use query::QueryError;

use crate::view::ViewError;

/// What does not fit. Displays as the option, the fact and what to do.
#[derive(Debug)]
pub enum OptionError {
    /// `--fields` or `--line`. A line of the configuration gives way to the region's.
    View(ViewError),
    /// `--where`.
    Where(QueryError),
    /// `--instance`: the region has one record.
    NoInstances,
}

impl fmt::Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::View(error @ ViewError::Fields(_)) => write!(f, "--fields: {error}"),
            Self::View(error) => write!(f, "--line: {error}"),
            Self::NoInstances => {
                f.write_str("--instance: the region has one record, without a name; leave it out")
            }
            Self::Where(error) => write!(f, "--where: at byte {}: {error}", error.at()),
        }
    }
}
