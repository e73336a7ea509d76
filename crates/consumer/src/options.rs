//! What the command line asks for, beyond what clap checks.

use std::num::NonZeroU64;

use region::Begin;
use render::{Filter, Format, LineText, View};

use crate::cli::Args;
use crate::error::{ConsumerError, Kind};
use crate::selection::Selection;

impl Args {
    /// An error for options that have no effect together.
    pub(crate) fn check(&self) -> Result<(), ConsumerError> {
        let is_text = matches!(self.format, Format::Text | Format::Status);
        let without_effect = [
            (self.line.is_some() && !is_text, "--line: is for text; use --fields"),
            (self.labels && is_text, "--labels: text has labels already; leave it out"),
            (self.csv_safe && self.format != Format::Csv, "--csv-safe: is for CSV; leave it out"),
            (self.units && is_text, "--units: is for JSON and CSV; write the unit into --line"),
        ];
        match without_effect.iter().find(|(is_given, _)| *is_given) {
            Some((_, why)) => Err(Kind::NoEffect(why).into()),
            None => Ok(()),
        }
    }

    /// The record to begin with.
    pub(crate) fn begin(&self) -> Begin {
        let last = self.last.map(|count| Begin::Last(count.get()));
        last.or(self.from).unwrap_or_default()
    }

    /// Whether it ends without a record if there is none.
    pub(crate) fn is_at_once(&self) -> bool {
        self.once || self.snapshot.is_some() || (self.last.is_some() && !self.follow)
    }

    /// How many records are printed; `None`: no limit.
    pub(crate) fn lines(&self) -> Option<u64> {
        self.count.map(NonZeroU64::get)
    }

    /// How records are printed, where `line` is the configuration's template.
    pub(crate) fn view(&self, line: Option<&str>) -> View {
        let own = self.line.clone().map(LineText::Escaped);
        View {
            format: self.format,
            fields: (!self.fields.is_empty()).then(|| self.fields.clone()),
            line: own.or(line.map(|line| LineText::Literal(line.to_owned()))),
            labels: self.labels,
            units: self.units,
            csv_safe: self.csv_safe,
        }
    }

    /// Which instances are read.
    pub(crate) fn selection(&self) -> Selection {
        Selection::new(self.instance.clone())
    }

    /// Which records are printed.
    pub(crate) fn filter(&self) -> Filter {
        let filter = Filter::new(self.condition.clone());
        if self.on_change { filter.on_change() } else { filter }
    }
}
