//! A value of the file on its way into a field: tried in a record, so that what is refused at run time
//! is refused here, with its place in the file.

use layout::{
    CType, Digits, Field, Literal, RecordBuf, Scalar, Schema, Value, ValueError,
    ValueErrorKind as Kind,
};
use toml::de::DeValue;

use super::Constant;
use super::read::RecordKind;
use crate::fault::{Fault, Problem};
use crate::node::Node;

/// The field a source is for, and a record to try values in.
pub(super) struct Target<'s> {
    index: usize,
    scratch: &'s mut RecordBuf,
    kind: RecordKind,
}

impl<'s> Target<'s> {
    /// Field number `index` of the record; `scratch` is one to try values in.
    pub(super) fn new(index: usize, scratch: &'s mut RecordBuf, kind: RecordKind) -> Self {
        Self { index, scratch, kind }
    }

    /// What the record is.
    pub(super) fn kind(&self) -> RecordKind {
        self.kind
    }

    pub(super) fn schema(&self) -> &Schema {
        self.scratch.schema()
    }

    pub(super) fn field(&self) -> &Field {
        &self.scratch.schema().fields()[self.index]
    }

    /// A value that the field can hold.
    pub(super) fn constant(&mut self, node: &Node<'_>) -> Result<Constant, Problem> {
        let value = match node.value {
            DeValue::Array(_) => self.fill(node)?,
            _ => self.set(node)?,
        };
        Ok(Constant::checked(value))
    }

    fn set(&mut self, node: &Node<'_>) -> Result<Value, Problem> {
        let ctype = self.field().ctype();
        let literal = literal(node, self.field()).map_err(|fault| node.problem(fault))?;
        self.scratch
            .set_literal(self.index, literal)
            .map_err(|error| node.problem(unfit(ctype, &error)))?;
        Ok(match literal {
            // As the file has it: a label stays one.
            Literal::Text(text) => Value::from(text),
            _ => self.scratch.value(self.index),
        })
    }

    fn fill(&mut self, node: &Node<'_>) -> Result<Value, Problem> {
        let field = self.field().clone();
        let ctype = field.ctype();
        let refuse = |error: ValueError| node.problem(unfit(ctype, &error));
        let mut elements = self.scratch.elements(self.index).map_err(refuse)?;
        for item in node.items() {
            if item.value.is_array() {
                return Err(item.problem(unfit(ctype, &field.wrong_kind("list"))));
            }
            let literal = literal(&item, &field).map_err(|fault| item.problem(fault))?;
            elements.push(literal).map_err(|error| match error.kind() {
                Kind::WrongCount => refuse(error),
                _ => item.problem(unfit(ctype, &error)),
            })?;
        }
        elements.finish().map_err(refuse)?;
        Ok(self.scratch.value(self.index))
    }
}

/// Why the field cannot hold the value, in the words of the file.
fn unfit(ctype: CType, error: &ValueError) -> Fault {
    match error.kind() {
        Kind::OutOfRange => match ctype.element().int_range() {
            Some((min, max)) => Fault::Range(min, max),
            None => {
                Fault::not_but(format!("a number that fits {}", ctype.element()), "a smaller one")
            }
        },
        Kind::NotWhole => Fault::not_but(
            format!("a whole number, which {ctype} needs"),
            "one, or give the field the type f64",
        ),
        _ => Fault::Other(error.to_string()),
    }
}

fn literal<'n>(node: &Node<'n>, field: &Field) -> Result<Literal<'n>, Fault> {
    Ok(match node.value {
        DeValue::String(text) => Literal::Text(text),
        DeValue::Boolean(value) => Literal::Bool(*value),
        DeValue::Integer(number) => {
            let whole = whole_of_64_bits(node)?;
            // A float is the nearest of its own type, which the digits alone give.
            Digits::new(number.as_str())
                .filter(|_| number.radix() == 10)
                .map_or(Literal::Whole(whole), Literal::Number)
        }
        DeValue::Float(float) => match Digits::new(float.as_str()) {
            Some(digits) if vanishes(digits, field.ctype().element()) => {
                let want = format!("a number that {} can tell from 0", field.ctype().element());
                return Err(Fault::not_but(want, "0, or a larger one"));
            }
            Some(digits) => Literal::Number(digits),
            None => {
                let special = float.as_str().parse();
                Literal::Float(special.map_err(|_| Fault::not("a number"))?)
            }
        },
        DeValue::Array(_) | DeValue::Datetime(_) | DeValue::Table(_) => {
            return Err(Fault::Type("a number, text, true, false or a list".into()));
        }
    })
}

fn whole_of_64_bits(node: &Node<'_>) -> Result<i128, Fault> {
    let number = node.whole()?;
    let fits = i64::try_from(number).is_ok() || u64::try_from(number).is_ok();
    fits.then_some(number).ok_or_else(|| Fault::not_but("a number of 64 bits", "a smaller one"))
}

/// Whether nothing is left of a number in a float field.
fn vanishes(digits: Digits<'_>, scalar: Scalar) -> bool {
    let nearest = match scalar {
        Scalar::F32 => digits.to_f32().into(),
        Scalar::F64 => digits.to_f64(),
        _ => return false,
    };
    nearest == 0.0 && !digits.is_zero()
}
