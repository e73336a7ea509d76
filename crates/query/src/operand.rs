//! The parts of an expression, what kind of value each has, and whether an operator takes it.

use layout::text::quote;
use layout::{CType, Scalar};

use crate::error::QueryError;
use crate::number::Number;
use crate::parse::{Parsed, Parser};
use crate::program::Step;
use crate::word::labelled;

/// A part of the expression that has a value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operand {
    pub(crate) kind: Kind,
    /// Where it begins and ends in the text, and where its steps begin.
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) step: usize,
}

/// What the value of an operand is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Number,
    /// A `bool` field: a number or a condition, as it is used.
    Switch,
    Truth,
    Text,
    /// A field of an unknown schema.
    Any,
}

impl Parser<'_> {
    /// Makes the steps of a comparison's sides ones of the same kind: a label a number.
    pub(crate) fn make_comparable(&mut self, left: Operand, right: Operand) -> Parsed<()> {
        let Some(schema) = self.schema else { return self.expect_same_kind(left, right) };
        let steps = (&self.steps[left.step..right.step], &self.steps[right.step..]);
        let (literal, field) = match steps {
            ([Step::Field(field)], [_]) => (right, *field),
            ([_], [Step::Field(field)]) => (left, *field),
            _ => return self.expect_same_kind(left, right),
        };
        let field = &schema.fields()[field.field];
        match &self.steps[literal.step] {
            Step::Text(text) if !field.labels().is_empty() => {
                self.steps[literal.step] = labelled(field, text, literal.start)?;
                Ok(())
            }
            _ => self.expect_same_kind(left, right),
        }
    }

    fn expect_same_kind(&self, left: Operand, right: Operand) -> Parsed<()> {
        let is_any = left.kind == Kind::Any || right.kind == Kind::Any;
        if is_any || (left.kind == Kind::Text) == (right.kind == Kind::Text) {
            return Ok(());
        }
        let (text, other) = if left.kind == Kind::Text { (left, right) } else { (right, left) };
        let (named, beside) = (self.quoted_text(text), self.quoted_text(other));
        let advice = match self.steps[text.step] {
            Step::Field(_) => format!("compare {named} with a text in quotes"),
            _ => format!("compare {beside} with a number"),
        };
        let message = format!("{named} is a text and {beside} is none; {advice}");
        Err(QueryError::new(text.start, message))
    }

    pub(crate) fn expect_number(&self, operand: Operand) -> Parsed<()> {
        let why = match operand.kind {
            Kind::Number if self.is_beyond_floats(operand) => {
                "is beyond the largest float, 1.8e308; use a smaller one"
            }
            Kind::Number | Kind::Switch | Kind::Any => return Ok(()),
            Kind::Truth => "is true or false; a number is needed here",
            Kind::Text => match (&self.steps[operand.step], self.schema) {
                (Step::Field(field), Some(schema)) => {
                    let field = &schema.fields()[field.field];
                    let (name, ctype) = (field.name(), field.ctype());
                    let why = format!("field {name:?} is {ctype}; use fields that are one number");
                    return Err(QueryError::new(operand.start, why));
                }
                _ => "is a text; a number is needed here",
            },
        };
        Err(QueryError::new(operand.start, format!("{} {why}", self.quoted_text(operand))))
    }

    /// Whether nothing can be computed with it: a literal that is compared exactly, but is no float.
    fn is_beyond_floats(&self, operand: Operand) -> bool {
        let step = &self.steps[operand.step];
        matches!(step, Step::Number(Number::Literal(literal)) if literal.is_beyond())
    }

    pub(crate) fn expect_truth(&self, operand: Operand) -> Parsed<()> {
        let why = match operand.kind {
            Kind::Truth | Kind::Switch | Kind::Any => return Ok(()),
            Kind::Number => "is a number; compare it with one, as in > 0",
            Kind::Text => "is a text; compare it with one, as in == \"on\"",
        };
        Err(QueryError::new(operand.start, format!("{} {why}", self.quoted_text(operand))))
    }

    fn quoted_text(&self, operand: Operand) -> String {
        quote(self.cursor.between(operand.start..operand.end))
    }
}

/// The kind of a field of this type, or of an element of it.
pub(crate) fn kind_of(ctype: CType) -> Kind {
    match ctype.element() {
        Scalar::Char => Kind::Text,
        Scalar::Bool => Kind::Switch,
        _ => Kind::Number,
    }
}
