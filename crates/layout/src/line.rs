//! One record as one line of text.
//!
//! Invariant: safe on a terminal for any schema and bytes: values are escaped as they are
//! written, and a [`Template`] holds no control character but the tab.
//!
//! Price: writing a line allocates nothing.

use core::fmt;

use crate::field::Field;
use crate::template::{Piece, Template};
use crate::text::Escaped;
use crate::value::{Value, write_list};
use crate::view::RecordView;

/// Displays one field of a record, or one element of an array, as [`Line`] does: a label instead of
/// its value, control characters escaped. A precision applies to floats. Made by
/// [`RecordView::shown`].
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    view: RecordView<'a>,
    field: &'a Field,
    element: Option<u32>,
    labels: bool,
}

impl Shown<'_> {
    /// The same with the value where it would be a label.
    #[must_use]
    pub const fn without_labels(self) -> Self {
        Self { labels: false, ..self }
    }
}

/// Displays one record as a line. Made by [`RecordView::line`].
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    view: RecordView<'a>,
    template: Option<&'a Template>,
}

impl<'a> RecordView<'a> {
    /// The record as one line, by the schema's template; without one, `name=value` for every field
    /// with tabs between. Safe on a terminal: control characters in text are escaped.
    pub const fn line(&self) -> Line<'a> {
        Line { view: *self, template: self.schema().line() }
    }

    /// The record as one line by `template`, which should have been parsed for this schema: a
    /// placeholder for a missing field prints nothing.
    pub const fn line_by(&self, template: &'a Template) -> Line<'a> {
        Line { view: *self, template: Some(template) }
    }

    /// The value of `field`, or of one element of it, as a line has it. An element that the field
    /// does not have is shown as nothing.
    pub const fn shown(&self, field: &'a Field, element: Option<u32>) -> Shown<'a> {
        Shown { view: *self, field, element, labels: true }
    }
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = self.view.schema().fields();
        let Some(template) = self.template else { return self.write_every(f, fields) };
        for piece in template.pieces() {
            match piece {
                Piece::Text(text) => f.write_str(text)?,
                Piece::Field { index, precision } => {
                    if let Some(field) = fields.get(*index) {
                        write_field(f, self.view, field, Shape::labelled(*precision))?;
                    }
                }
            }
        }
        Ok(())
    }
}

impl Line<'_> {
    /// `name=value` for every field, with tabs between: the line of a schema without a template.
    fn write_every(&self, f: &mut fmt::Formatter<'_>, fields: &[Field]) -> fmt::Result {
        for (index, field) in fields.iter().enumerate() {
            let tab = if index == 0 { "" } else { "\t" };
            write!(f, "{tab}{}=", field.name())?;
            write_field(f, self.view, field, Shape::labelled(None))?;
        }
        Ok(())
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shape = Shape { precision: f.precision(), labels: self.labels };
        let Some(element) = self.element else {
            return write_field(f, self.view, self.field, shape);
        };
        let element = self.view.element(self.field, element);
        element.map_or(Ok(()), |value| write_value(f, self.field, &value, shape))
    }
}

/// How a value is written.
#[derive(Clone, Copy)]
struct Shape {
    precision: Option<usize>,
    /// Whether a label takes the place of its value.
    labels: bool,
}

impl Shape {
    const fn labelled(precision: Option<usize>) -> Self {
        Self { precision, labels: true }
    }
}

fn write_field(
    f: &mut fmt::Formatter<'_>,
    view: RecordView<'_>,
    field: &Field,
    shape: Shape,
) -> fmt::Result {
    if let Some(text) = view.text(field) {
        return match field.label_of_text(view.bytes_of(field)).filter(|_| shape.labels) {
            Some(label) => f.write_str(label),
            None => write!(f, "{}", Escaped(text)),
        };
    }
    let mut values = view.elements(field);
    let write = |value, f: &mut fmt::Formatter<'_>| write_value(f, field, &value, shape);
    if field.ctype().is_list() {
        write_list(f, values, write)
    } else {
        values.try_for_each(|value| write(value, f))
    }
}

fn write_value(
    f: &mut fmt::Formatter<'_>,
    field: &Field,
    value: &Value,
    shape: Shape,
) -> fmt::Result {
    match (field.label_of(value).filter(|_| shape.labels), shape.precision) {
        (Some(label), _) => f.write_str(label),
        (None, Some(digits)) => write!(f, "{value:.digits$}"),
        (None, None) => write!(f, "{value}"),
    }
}
