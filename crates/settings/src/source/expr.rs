//! `expr`: a number computed from other fields of the record, such as `mem_total - mem_available`.
//!
//! ```text
//!   sum     = product { ("+" | "-") product }
//!   product = factor { ("*" | "/") factor }
//!   factor  = number | field | "-" factor | "(" sum ")" | ("min" | "max") "(" sum "," sum ")"
//! ```
//!
//! Invariant: each name is a field that is one number.
//!
//! Its own parser: of the crates for expressions evalexpr is under the AGPL, meval and fasteval are not
//! maintained any more, and exmex brings all of regex.
//!
//! Price: 64-bit floats, so whole numbers beyond 2^53 are rounded; a stack for each evaluation.

use layout::text::quote;
use layout::{Digits, Field, Schema};

use super::read::one_number;
use super::target::Target;
use crate::examples::nearest;
use crate::fault::{Fault, Problem};
use crate::node::Node;

/// How deep parentheses and signs may be nested.
const MAX_DEPTH: usize = 64;

/// A number computed from other fields.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    text: String,
    /// Operands before their operator.
    steps: Vec<Step>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Number(f64),
    /// The value of the field with this index.
    Field(usize),
    Negate,
    Binary(Operator),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Min,
    Max,
}

impl Expr {
    /// The expression as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The indices of the fields that it uses.
    pub fn fields(&self) -> impl Iterator<Item = usize> {
        self.steps.iter().filter_map(|step| match step {
            Step::Field(index) => Some(*index),
            _ => None,
        })
    }

    /// The result, where `value` is that of the field with an index. NaN in it makes the result NaN.
    pub fn evaluate(&self, value: impl Fn(usize) -> f64) -> f64 {
        let mut stack = Vec::new();
        for step in &self.steps {
            // The parser has put each operator behind its operands.
            let mut operand = || stack.pop().unwrap_or(f64::NAN);
            let result = match *step {
                Step::Number(number) => number,
                Step::Field(index) => value(index),
                Step::Negate => -operand(),
                Step::Binary(operator) => {
                    let right = operand();
                    operator.apply(operand(), right)
                }
            };
            stack.push(result);
        }
        stack.pop().unwrap_or(f64::NAN)
    }
}

impl Operator {
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

pub(super) fn read(node: &Node<'_>, target: &Target<'_>) -> Result<Expr, Problem> {
    let text: String = node.read()?;
    one_number(node, target.field())?;
    let mut parser =
        Parser { text: &text, at: 0, depth: 0, schema: target.schema(), steps: vec![] };
    match parser.whole() {
        Ok(()) => Ok(Expr { steps: parser.steps, text }),
        Err(why) => Err(node.problem(Fault::Other(why))),
    }
}

/// The text, how far it is parsed, and what became of that. Errors are the fact and what to do.
struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    schema: &'t Schema,
    steps: Vec<Step>,
}

impl<'t> Parser<'t> {
    fn whole(&mut self) -> Result<(), String> {
        self.sum()?;
        if self.rest().is_empty() { Ok(()) } else { Err(self.unexpected("+ - * / or the end")) }
    }

    fn sum(&mut self) -> Result<(), String> {
        self.product()?;
        while let Some(sign) = self.take(&["+", "-"]) {
            self.product()?;
            let operator = if sign == "+" { Operator::Add } else { Operator::Subtract };
            self.steps.push(Step::Binary(operator));
        }
        Ok(())
    }

    fn product(&mut self) -> Result<(), String> {
        self.factor()?;
        while let Some(sign) = self.take(&["*", "/"]) {
            self.factor()?;
            let operator = if sign == "*" { Operator::Multiply } else { Operator::Divide };
            self.steps.push(Step::Binary(operator));
        }
        Ok(())
    }

    fn factor(&mut self) -> Result<(), String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("is nested deeper than {MAX_DEPTH} times; use a field in between"));
        }
        if self.take(&["-"]).is_some() {
            self.factor()?;
            self.steps.push(Step::Negate);
        } else if self.take(&["("]).is_some() {
            self.sum()?;
            self.expect(")")?;
        } else {
            self.operand()?;
        }
        self.depth -= 1;
        Ok(())
    }

    /// A number, a field or a function.
    fn operand(&mut self) -> Result<(), String> {
        let rest = self.rest();
        let word = &rest[..word_end(rest)];
        if word.is_empty() {
            return Err(self.unexpected("a number, a field or ("));
        }
        self.at += word.len();
        if word.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            let number = Digits::new(word).map(Digits::to_f64).filter(|number| number.is_finite());
            let number = number.ok_or_else(|| format!("{} is no number; correct it", quote(word)));
            self.steps.push(Step::Number(number?));
            return Ok(());
        }
        let function = match word {
            "min" => Some(Operator::Min),
            "max" => Some(Operator::Max),
            _ => None,
        };
        match function.filter(|_| self.rest().starts_with('(')) {
            Some(function) => self.call(function),
            None => self.field(word),
        }
    }

    fn call(&mut self, function: Operator) -> Result<(), String> {
        self.expect("(")?;
        self.sum()?;
        self.expect(",")?;
        self.sum()?;
        self.steps.push(Step::Binary(function));
        self.expect(")")
    }

    fn field(&mut self, name: &str) -> Result<(), String> {
        let fields = self.schema.fields();
        let Some(index) = self.schema.index_of(name) else {
            let names: Vec<&str> = fields.iter().map(Field::name).collect();
            let advice = match nearest(name, &names) {
                Some(near) => format!("did you mean {near}?"),
                None => "name a field of the record".to_owned(),
            };
            return Err(format!("{} is no field; {advice}", quote(name)));
        };
        let ctype = fields[index].ctype();
        if ctype.count().is_some() || ctype.is_text() {
            return Err(format!("field {name:?} is {ctype}; use fields that are one number"));
        }
        self.steps.push(Step::Field(index));
        Ok(())
    }

    /// What is left, without blanks in front.
    fn rest(&mut self) -> &'t str {
        let rest = self.text[self.at..].trim_start();
        self.at = self.text.len() - rest.len();
        rest
    }

    fn take(&mut self, signs: &[&'static str]) -> Option<&'static str> {
        let rest = self.rest();
        let sign = signs.iter().copied().find(|sign| rest.starts_with(sign))?;
        self.at += sign.len();
        Some(sign)
    }

    fn expect(&mut self, sign: &'static str) -> Result<(), String> {
        self.take(&[sign]).map(|_| ()).ok_or_else(|| self.unexpected(sign))
    }

    fn unexpected(&mut self, want: &str) -> String {
        let rest = self.rest();
        let found = if rest.is_empty() { "the end".to_owned() } else { quote(rest) };
        format!("expected {want}, found {found}; correct the expression")
    }
}

/// Where the word ends that `text` begins with: a name, or a number with an exponent.
fn word_end(text: &str) -> usize {
    let is_number = text.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let mut last = ' ';
    let end = text.find(|c: char| {
        let is_sign = is_number && matches!(c, '+' | '-') && matches!(last, 'e' | 'E');
        last = c;
        !(c.is_ascii_alphanumeric() || c == '_' || (is_number && c == '.') || is_sign)
    });
    end.unwrap_or(text.len())
}
