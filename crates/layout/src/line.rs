//! One record as one line of text.
//!
//! Invariant: safe on a terminal, whatever the schema and the bytes: values are escaped as they are
//! written, and a [`Template`] holds no control character but the tab.
//!
//! Price: writing a line allocates nothing.

use core::fmt;

use crate::ctype::Scalar;
use crate::field::Field;
use crate::plain::Plain;
use crate::template::{Piece, Template};
use crate::text::{Escaped, until_nul};
use crate::value::write_list;
use crate::view::{RecordView, elements};

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

    /// The same by another template than the schema's. It should have been parsed for this schema:
    /// a placeholder for a field that is not there prints nothing.
    pub const fn line_by(&self, template: &'a Template) -> Line<'a> {
        Line { view: *self, template: Some(template) }
    }
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.template {
            Some(template) => write_pieces(f, template, &self.view),
            None => write_default(f, &self.view),
        }
    }
}

fn write_pieces(
    f: &mut fmt::Formatter<'_>,
    template: &Template,
    view: &RecordView<'_>,
) -> fmt::Result {
    for piece in template.pieces() {
        match piece {
            Piece::Text(text) => f.write_str(text)?,
            Piece::Field { index, precision } => {
                if let Some(field) = view.schema().fields().get(*index) {
                    write_field(f, field, view.bytes_of(field), *precision)?;
                }
            }
        }
    }
    Ok(())
}

/// `name=value` for every field, with tabs between: the line of a schema without a template.
fn write_default(f: &mut fmt::Formatter<'_>, view: &RecordView<'_>) -> fmt::Result {
    for (index, field) in view.schema().fields().iter().enumerate() {
        let tab = if index == 0 { "" } else { "\t" };
        write!(f, "{tab}{}=", field.name())?;
        write_field(f, field, view.bytes_of(field), None)?;
    }
    Ok(())
}

fn write_field(
    f: &mut fmt::Formatter<'_>,
    field: &Field,
    bytes: &[u8],
    precision: Option<usize>,
) -> fmt::Result {
    let scalar = field.ctype().element();
    match field.ctype().count() {
        None => write_plain(f, field, Plain::load(scalar, bytes), precision),
        Some(_) if scalar == Scalar::Char => write!(f, "{}", Escaped(until_nul(bytes))),
        Some(_) => write_list(f, elements(scalar, bytes), |plain, f| {
            write_plain(f, field, plain, precision)
        }),
    }
}

fn write_plain(
    f: &mut fmt::Formatter<'_>,
    field: &Field,
    plain: Plain,
    precision: Option<usize>,
) -> fmt::Result {
    match (plain.label_key().and_then(|key| field.label_text(key)), precision) {
        (Some(label), _) => f.write_str(label),
        (None, Some(digits)) => write!(f, "{plain:.digits$}"),
        (None, None) => write!(f, "{plain}"),
    }
}
