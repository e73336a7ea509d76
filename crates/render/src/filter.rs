//! Which of the records that are read are printed: `--where` and `--on-change`.
//!
//! Price: nothing without these options. A condition costs a look at each of its steps, a change a copy
//! of each record that is printed and a comparison of the chosen fields.

use layout::{RecordView, Schema};
use query::{Condition, FieldRef, QueryError};

/// What is asked for, and what that is for the records of the region.
#[derive(Debug, Default)]
pub struct Filter {
    condition: Option<String>,
    on_change: bool,
    parsed: Option<Condition>,
    chosen: Vec<FieldRef>,
}

impl Filter {
    /// Selects records by `condition`, if there is one.
    pub fn new(condition: Option<String>) -> Self {
        Self { condition, ..Self::default() }
    }

    /// `text`, if it is a condition for the records of some schema.
    ///
    /// # Errors
    /// It is none: where and why, and what to do.
    pub fn condition(text: &str) -> Result<String, String> {
        let checked = Condition::check(text);
        checked.map_err(|error| format!("at byte {}: {error}", error.at()))?;
        Ok(text.to_owned())
    }

    /// Selects only those that differ from the one selected last.
    #[must_use]
    pub fn on_change(self) -> Self {
        Self { on_change: true, ..self }
    }

    /// Whether it may leave records out.
    pub fn is_selective(&self) -> bool {
        self.condition.is_some() || self.on_change
    }

    /// Selects from records of `schema` from now on, and looks for a change in the `chosen` fields.
    ///
    /// # Errors
    /// The condition does not fit the schema.
    pub fn adapt(&mut self, schema: &Schema, chosen: Vec<FieldRef>) -> Result<(), QueryError> {
        let parsed = self.condition.as_ref().map(|text| Condition::parse(text, schema));
        self.parsed = parsed.transpose()?;
        self.chosen = chosen;
        Ok(())
    }

    /// Whether the condition is true of `record`.
    pub fn holds(&self, record: RecordView<'_>) -> bool {
        self.parsed.as_ref().is_none_or(|condition| condition.holds(record))
    }

    /// Whether `record` differs from the one `printed` last, which the caller keeps, if that is asked for.
    pub fn is_change(&self, record: RecordView<'_>, printed: Option<&[u8]>) -> bool {
        let before = printed.and_then(|printed| RecordView::new(record.schema(), printed).ok());
        before.filter(|_| self.on_change).is_none_or(|before| self.differ(before, record))
    }

    /// Whether a record that is printed has to be kept, for [`is_change`](Self::is_change).
    pub fn is_on_change(&self) -> bool {
        self.on_change
    }

    fn differ(&self, before: RecordView<'_>, record: RecordView<'_>) -> bool {
        self.chosen.iter().any(|&at| content(at, before) != content(at, record))
    }
}

/// The bytes of a field or an element; of a text, up to its end.
fn content(at: FieldRef, record: RecordView<'_>) -> Option<&[u8]> {
    let field = at.of(record.schema())?;
    let Some(element) = at.element else {
        return Some(record.text(field).unwrap_or_else(|| record.bytes_of(field)));
    };
    let size = field.ctype().element().size() as usize;
    record.bytes_of(field).chunks_exact(size).nth(element as usize)
}
