//! What the records of a region are written with, now that their schema is known.
//!
//! Invariant: all options that a region can refuse are refused by [`Fitted::of`], before a record is written.

use mapcast::dynamic::Schema;
use query::FieldRef;
use render::{OptionError, Renderer, ViewError};
use settings::Address;

use super::RecordError;
use super::described::{Described, Undescribed};
use super::selection::Selection;
use super::source::Source;
use super::stream::{ChannelRegion, Stream};

/// See the [module](self).
pub(crate) struct Fitted {
    pub(crate) described: Described,
    /// The fields in which a change counts.
    chosen: Vec<FieldRef>,
    /// For CSV, and the file that it has begun with a header.
    lines: Option<(Renderer, u64)>,
}

impl Fitted {
    /// # Errors
    /// An option does not fit the region.
    pub(crate) fn of(source: &Source, selection: &Selection) -> Result<Self, RecordError> {
        let schema = source.reader().schema();
        let described = Described::new(selection.encoding, &selection.view, schema);
        let (described, chosen) = described.map_err(|error| match error {
            Undescribed::View(error) => does_not_fit(source, OptionError::View(error)),
            Undescribed::Fields(reason) => {
                RecordError::Fields { path: source.reader().path().to_owned(), reason }
            }
        })?;
        let fitted = Self { described, chosen, lines: None };
        let mut filter = selection.filter();
        let fits = filter.adapt(schema, fitted.chosen.clone());
        fits.map_err(|error| does_not_fit(source, OptionError::Where(error)))?;
        Ok(fitted)
    }

    /// Continues the CSV file of `former`, whose header stays if the columns are the same.
    pub(crate) fn after(
        mut self,
        former: Option<Self>,
        source: &Source,
        selection: &Selection,
    ) -> Result<Self, RecordError> {
        if let Some((mut lines, file)) = former.and_then(|former| former.lines) {
            let view = selection.view.of(source.reader().schema());
            lines.replace(view.map_err(|error| does_not_fit(source, OptionError::View(error)))?);
            self.lines = Some((lines, file));
        }
        Ok(self)
    }

    /// Refuses what the region at `at` would refuse. Returns whether it is there: one that is not yet refuses nothing.
    pub(crate) fn check(at: &Address, selection: &Selection) -> Result<bool, RecordError> {
        match Source::open(at) {
            Ok(source) => Self::of(&source, selection).map(|_| true),
            Err(error) if error.is_not_there() => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// What is recorded of the records that have this origin.
    pub(crate) fn stream(
        &self,
        source: &Source,
        selection: &Selection,
        origin: ChannelRegion<'_>,
    ) -> Result<Stream, RecordError> {
        let of_schema = (&**source.reader().schema(), self.chosen.clone());
        Stream::new(selection, of_schema, &self.described, origin)
            .map_err(|error| does_not_fit(source, OptionError::Where(error)))
    }

    /// What writes the lines of records of `schema` into the CSV file of this number, in which a header comes
    /// first.
    pub(crate) fn lines(
        &mut self,
        file: u64,
        schema: &Schema,
        source: &Source,
        selection: &Selection,
    ) -> Result<&mut Renderer, RecordError> {
        let begun = self.lines.take().filter(|(_, begun)| *begun == file);
        let new = || selection.view.of(schema).map(|lines| (lines, file));
        let lines = begun.map_or_else(new, Ok);
        let lines =
            lines.map_err(|error: ViewError| does_not_fit(source, OptionError::View(error)))?;
        Ok(&mut self.lines.insert(lines).0)
    }
}

fn does_not_fit(source: &Source, error: OptionError) -> RecordError {
    RecordError::OptionError { path: source.reader().path().to_owned(), error }
}
