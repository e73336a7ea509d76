//! A parsed expression: operands before their operator, for a stack.

use core::cmp::Ordering;

use layout::RecordView;

use crate::field_ref::FieldRef;
use crate::number::Number;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    Number(Number),
    Text(String),
    Field(FieldRef),
    Negate,
    Not,
    Arithmetic(Arithmetic),
    Compare(Comparison),
    And,
    Or,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Min,
    Max,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

/// A value on the stack. A condition is the number 0 or 1.
#[derive(Clone, Copy, Debug)]
enum Operand<'a> {
    Number(Number),
    Text(&'a [u8]),
}

/// The value of `steps` in `record`; NaN if `record` is not of the schema they were parsed for.
pub(crate) fn run(steps: &[Step], record: RecordView<'_>) -> Number {
    let mut stack = Stack(Vec::with_capacity(steps.len()));
    for step in steps {
        let result = match step {
            Step::Number(number) => Operand::Number(*number),
            Step::Text(text) => Operand::Text(text.as_bytes()),
            Step::Field(field) => load(*field, record),
            Step::Negate => Operand::Number(stack.number().negated()),
            Step::Not => truth(!stack.holds()),
            Step::Arithmetic(operator) => {
                let right = stack.real();
                Operand::Number(Number::Real(operator.apply(stack.real(), right)))
            }
            Step::Compare(comparison) => {
                let right = stack.pop();
                truth(comparison.holds(stack.pop().compare(right)))
            }
            Step::And => truth(stack.holds() & stack.holds()),
            Step::Or => truth(stack.holds() | stack.holds()),
        };
        stack.0.push(result);
    }
    stack.number()
}

fn load(field: FieldRef, record: RecordView<'_>) -> Operand<'_> {
    if field.element.is_none()
        && let Some(text) = field.of(record.schema()).and_then(|field| record.text(field))
    {
        return Operand::Text(text);
    }
    let number = field.value(record).as_ref().and_then(Number::of);
    Operand::Number(number.unwrap_or(Number::Real(f64::NAN)))
}

fn truth(holds: bool) -> Operand<'static> {
    Operand::Number(Number::Whole(holds.into()))
}

struct Stack<'a>(Vec<Operand<'a>>);

impl<'a> Stack<'a> {
    /// The parser has put each operator behind its operands.
    fn pop(&mut self) -> Operand<'a> {
        self.0.pop().unwrap_or(Operand::Number(Number::Real(f64::NAN)))
    }

    fn number(&mut self) -> Number {
        match self.pop() {
            Operand::Number(number) => number,
            Operand::Text(_) => Number::Real(f64::NAN),
        }
    }

    fn real(&mut self) -> f64 {
        self.number().to_f64()
    }

    fn holds(&mut self) -> bool {
        is_true(self.number())
    }
}

/// Whether a condition, or a `bool`, is true.
pub(crate) fn is_true(number: Number) -> bool {
    matches!(number, Number::Whole(whole) if whole != 0)
}

impl Operand<'_> {
    /// `None`: neither is greater, nor are they equal.
    fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Operand::Number(a), Operand::Number(b)) => a.compare(b),
            (Operand::Text(a), Operand::Text(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }
}

impl Arithmetic {
    fn apply(self, left: f64, right: f64) -> f64 {
        match self {
            Self::Add => left + right,
            Self::Subtract => left - right,
            Self::Multiply => left * right,
            Self::Divide => left / right,
            _ if left.is_nan() || right.is_nan() => f64::NAN,
            Self::Min => left.min(right),
            Self::Max => left.max(right),
        }
    }
}

impl Comparison {
    /// The operators as they are written, longer ones first.
    pub(crate) const SIGNS: [(&'static str, Self); 6] = [
        ("==", Self::Equal),
        ("!=", Self::NotEqual),
        ("<=", Self::AtMost),
        (">=", Self::AtLeast),
        ("<", Self::Less),
        (">", Self::Greater),
    ];

    fn holds(self, order: Option<Ordering>) -> bool {
        match self {
            Self::Equal => order == Some(Ordering::Equal),
            Self::NotEqual => order != Some(Ordering::Equal),
            Self::Less => order == Some(Ordering::Less),
            Self::Greater => order == Some(Ordering::Greater),
            Self::AtMost => order.is_some_and(Ordering::is_le),
            Self::AtLeast => order.is_some_and(Ordering::is_ge),
        }
    }
}
