//! What the command line asks for, beyond what clap checks.

use std::path::Path;
use std::time::Duration;

use clap::ValueEnum;
use render::{Filter, Format, View};

use super::{Args, RecordError};

/// How a record is written into an MCAP file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Encoding {
    /// A JSON object, described by JSON Schema: other programs plot it
    #[default]
    Json,
    /// The bytes of the record, described as in the region: exact, small and fast
    Raw,
}

/// Which records are written, and how.
#[derive(Clone, Debug)]
pub(crate) struct Selection {
    pub(crate) encoding: Encoding,
    pub(crate) is_csv: bool,
    pub(crate) view: View,
    condition: Option<String>,
    on_change: bool,
    pub(crate) rate: Option<Duration>,
}

impl Selection {
    /// # Errors
    /// Options have no effect together, or the file is none.
    pub(crate) fn new(args: &Args) -> Result<Self, RecordError> {
        if args.file == Path::new("-") {
            return Err(RecordError::Stdout);
        }
        if args.encoding == Encoding::Raw && !args.fields.is_empty() {
            return Err(RecordError::RawFields);
        }
        if args.csv && args.regions.len() > 1 {
            return Err(RecordError::CsvOfMany);
        }
        let view = View {
            format: Format::Csv,
            fields: (!args.fields.is_empty()).then(|| args.fields.clone()),
            labels: args.labels,
            units: args.units,
            ..View::default()
        };
        Ok(Self {
            // CSV has no messages that would have to be described.
            encoding: if args.csv { Encoding::Raw } else { args.encoding },
            is_csv: args.csv,
            view,
            condition: args.condition.clone(),
            on_change: args.on_change,
            rate: args.rate,
        })
    }

    /// Which records are written.
    pub(crate) fn filter(&self) -> Filter {
        let filter = Filter::new(self.condition.clone());
        if self.on_change { filter.on_change() } else { filter }
    }
}
