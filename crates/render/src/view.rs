//! What is asked for, and what that is for the records of one schema.

use std::io::{self, Write};

use layout::Schema;
use query::{FieldRef, QueryError};

use crate::columns::{self, Column};
use crate::csv::Csv;
use crate::json::Json;
use crate::line::{Line, LineError, LineText};
use crate::reading::Reading;
use crate::text::Text;

/// A format of output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// A line for people.
    #[default]
    Text,
    /// Text, after the sequence, the state and the age of the record.
    Status,
    /// One JSON object per line.
    Json,
    /// Comma-separated values with a header.
    Csv,
}

/// How records are printed, whatever their schema.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// The format.
    pub format: Format,
    /// Names of fields and elements, in the order they are printed; `None`: all fields. For text they
    /// take the place of a template.
    pub fields: Option<Vec<String>>,
    /// A template in place of the region's, for text.
    pub line: Option<LineText>,
    /// Whether JSON and CSV have a label in place of a number that has one, as text always has.
    pub labels: bool,
    /// Whether JSON and CSV have the units.
    pub units: bool,
    /// Whether CSV has a `'` in front of a text that a spreadsheet takes for a formula.
    pub csv_safe: bool,
}

/// Why a [`View`] does not fit a schema. Displays as the fact and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ViewError {
    /// A field is not there, or named twice.
    #[error("{0}")]
    Fields(String),
    /// The template is bad.
    #[error(transparent)]
    Line(LineError),
}

impl View {
    /// `text`, if a field or an element of some schema is called so.
    ///
    /// # Errors
    /// None is: what to write.
    pub fn field(text: &str) -> Result<String, QueryError> {
        FieldRef::check(text).map(|()| text.to_owned())
    }

    /// What prints records of `schema`.
    ///
    /// # Errors
    /// A field or placeholder names what `schema` does not have.
    pub fn of(&self, schema: &Schema) -> Result<Renderer, ViewError> {
        let named = self.fields.as_ref().map(|names| columns::named(names, schema)).transpose();
        let named = named.map_err(ViewError::Fields)?;
        let columns = |named: Option<Vec<Column>>| named.unwrap_or_else(|| columns::all(schema));
        let lines = match self.format {
            Format::Text => Lines::Text(self.text(named, schema)?),
            Format::Status => Lines::Status(self.text(named, schema)?),
            Format::Json => Lines::Json(Json::new(columns(named), schema, self)),
            Format::Csv => Lines::Csv(Csv::new(columns(named), schema, self)),
        };
        Ok(Renderer { lines, header: None })
    }

    fn text(&self, named: Option<Vec<Column>>, schema: &Schema) -> Result<Text, ViewError> {
        Ok(match (named, &self.line) {
            (Some(columns), _) => Text::Fields(columns),
            (None, Some(text)) => {
                let line = Line::parse(text, schema).map_err(ViewError::Line)?;
                if text.is_line_of(schema) { Text::Shared(line) } else { Text::Own(line) }
            }
            (None, None) => Text::Region,
        })
    }
}

/// Turns records of one schema into lines.
#[derive(Debug)]
pub struct Renderer {
    lines: Lines,
    /// The header that was written, which only CSV has.
    header: Option<Header>,
}

/// Which columns the header of CSV has beside those of the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Header {
    Plain,
    WithInstance,
}

#[derive(Debug)]
enum Lines {
    Text(Text),
    Status(Text),
    Json(Json),
    Csv(Csv),
}

impl Renderer {
    /// Writes the line of `reading` to `out`, preceded by a header if one is due. What a record of
    /// another schema does not have is left out.
    pub fn render(&mut self, reading: &Reading<'_>, out: &mut impl Write) -> io::Result<()> {
        match &self.lines {
            Lines::Text(text) => text.render(reading, out),
            Lines::Status(text) => text.render_with_status(reading, out),
            Lines::Json(json) => json.render(reading, out),
            Lines::Csv(csv) => {
                let due = reading.instance.map_or(Header::Plain, |_| Header::WithInstance);
                if self.header.replace(due) != Some(due) {
                    csv.write_header(reading, out)?;
                }
                csv.render(reading, out)
            }
        }
    }

    /// The fields that it prints by name, in a list or a template of the reader's own; all of `schema`,
    /// which it was made for, if there are none.
    pub fn fields(&self, schema: &Schema) -> Vec<FieldRef> {
        let named: Vec<FieldRef> = match &self.lines {
            Lines::Text(text) | Lines::Status(text) => text.fields(),
            Lines::Json(json) => json.fields().collect(),
            Lines::Csv(csv) => csv.fields().collect(),
        };
        if named.is_empty() { columns::all_of(schema).collect() } else { named }
    }

    /// Continues as `next`, for records of another schema: its header follows only if it is another.
    pub fn replace(&mut self, next: Self) {
        let header = match (&self.lines, &next.lines) {
            (Lines::Csv(ours), Lines::Csv(theirs)) if ours.has_header_of(theirs) => self.header,
            _ => None,
        };
        *self = Self { header, ..next };
    }
}
