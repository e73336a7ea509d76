//! Some fields of a record, and nothing about it: what a script reads.
//!
//! ```text
//!   text    12.5                      a value a line, or a line of values with tabs between
//!           auto                      its label in place of a number that has one
//!   json    {"speed":12.5,"mode":"auto"}
//! ```
//!
//! Values look as in the other formats: numbers exact, `[1, 2, 3]` for an array as text, control characters
//! escaped.
//!
//! ```
//! use layout::{FieldSpec, RecordBuf, Scalar, Schema, Value};
//! use render::Values;
//! use std::sync::Arc;
//!
//! let mode = FieldSpec::new("mode", Scalar::U8).label(1, "auto");
//! let schema = Schema::builder("R").field(FieldSpec::new("x", Scalar::F64)).field(mode).build()?;
//! let mut record = RecordBuf::new(Arc::new(schema));
//! record.set_by_name("mode", &Value::Uint(1))?;
//!
//! let values = Values::named(&["mode".to_owned()], record.schema())?;
//! assert_eq!(values.range(record.schema()), 8..9);
//! let mut out = Vec::new();
//! values.write_text(record.view(), "\t", &mut out)?;
//! values.without_labels().write_json(record.view(), None, &mut out)?;
//! assert_eq!(String::from_utf8(out)?, "auto\n{\"mode\":1}\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::io::{self, Write};
use std::ops::Range;

use layout::{RecordView, Schema};
use query::FieldRef;

use crate::columns::{self, Column};
use crate::json::{self, Record};
use crate::view::ViewError;

/// Fields and elements of one schema, to be written as bare values.
#[derive(Clone, Debug)]
pub struct Values {
    columns: Vec<Column>,
    labels: bool,
}

/// The values of one of many records.
#[derive(serde::Serialize)]
struct OfInstance<'a> {
    instance: &'a str,
    record: Record<'a>,
}

impl Values {
    /// Those that `names` names, in their order, with labels.
    ///
    /// # Errors
    /// [`ViewError::Fields`]: `schema` has no such field, or one is named twice.
    pub fn named(names: &[String], schema: &Schema) -> Result<Self, ViewError> {
        let columns = columns::named(names, schema).map_err(ViewError::Fields)?;
        Ok(Self { columns, labels: true })
    }

    /// All of `schema`, in its order, with labels.
    pub fn all(schema: &Schema) -> Self {
        Self { columns: columns::all(schema), labels: true }
    }

    /// Which they are.
    pub fn fields(&self) -> impl Iterator<Item = FieldRef> {
        self.columns.iter().map(|column| column.at)
    }

    /// The same with numbers in place of their labels.
    #[must_use]
    pub fn without_labels(self) -> Self {
        Self { labels: false, ..self }
    }

    /// The bytes of a record of `schema` that they are in: a reader need not copy the others.
    pub fn range(&self, schema: &Schema) -> Range<usize> {
        let ranges = self.columns.iter().filter_map(|column| column.at.range(schema));
        ranges.reduce(|all, one| all.start.min(one.start)..all.end.max(one.end)).unwrap_or(0..0)
    }

    /// Writes the values of `record` with `between` between two of them, and a line break.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_text(
        &self,
        record: RecordView<'_>,
        between: &str,
        out: &mut impl Write,
    ) -> io::Result<()> {
        for (index, column) in self.columns.iter().enumerate() {
            let Some(field) = column.field(record.schema()) else { continue };
            let shown = record.shown(field, column.at.element);
            let shown = if self.labels { shown } else { shown.without_labels() };
            write!(out, "{}{shown}", if index == 0 { "" } else { between })?;
        }
        out.write_all(b"\n")
    }

    /// Writes the values of `record` as one JSON object and a line break: the object that is the member
    /// `record` of [`Format::Json`](crate::Format::Json). With the name of an instance it is that here, too.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_json(
        &self,
        record: RecordView<'_>,
        instance: Option<&str>,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let record = Record { view: record, columns: &self.columns, labels: self.labels };
        match instance {
            None => json::write(&record, out),
            Some(instance) => json::write(&OfInstance { instance, record }, out),
        }
    }
}
