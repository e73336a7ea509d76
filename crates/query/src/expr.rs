//! A number computed from fields, and a condition over them.

use layout::{RecordView, Schema};

use crate::error::QueryError;
use crate::parse::Parser;
use crate::program::{self, Step};

/// A number computed from fields of a record, such as `mem_total - mem_available`.
///
/// ```text
///   sum     = product { ("+" | "-") product }
///   product = factor { ("*" | "/") factor }
///   factor  = number | field | "-" factor | "(" sum ")" | ("min" | "max") "(" sum "," sum ")"
/// ```
///
/// It is computed with 64-bit floats, so whole numbers beyond 2^53 are rounded. A `bool` is 0 or 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    text: String,
    steps: Vec<Step>,
}

/// A condition over fields of a record, such as `temperature > 80 and mode == "auto"`.
///
/// ```text
///   condition  = all { "or" all }
///   all        = not { "and" not }
///   not        = "not" not | comparison
///   comparison = sum [ ("==" | "!=" | "<" | "<=" | ">" | ">=") sum ]
/// ```
///
/// A factor may also be a text in single or double quotes, `true`, `false` or a condition in
/// parentheses. A field that has labels is compared with a number or with a label in quotes.
/// Comparisons are exact, also between a whole number and a float or a literal; NaN equals nothing. A
/// literal is the nearest `f32` or `f64` where it is compared with one, so that 0.1 is what was
/// published as 0.1; beyond the largest it is greater than all of them, and less than infinity.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    steps: Vec<Step>,
}

impl Expr {
    /// Parses `text`, whose names are fields of `schema` that are one number, or elements.
    ///
    /// # Errors
    /// `text` is no expression, or names what `schema` does not have.
    pub fn parse(text: &str, schema: &Schema) -> Result<Self, QueryError> {
        let mut parser = Parser::new(text, Some(schema));
        parser.number()?;
        Ok(Self { text: text.to_owned(), steps: parser.steps })
    }

    /// The expression as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The positions of the fields that it uses.
    pub fn fields(&self) -> impl Iterator<Item = usize> {
        self.steps.iter().filter_map(|step| match step {
            Step::Field(field) => Some(field.field),
            _ => None,
        })
    }

    /// The number that `record` gives. NaN in it makes the result NaN.
    pub fn evaluate(&self, record: RecordView<'_>) -> f64 {
        program::run(&self.steps, record).to_f64()
    }
}

impl Condition {
    /// Parses `text`, whose names are fields of `schema` or elements.
    ///
    /// # Errors
    /// `text` is no condition, names what `schema` does not have, or compares what cannot be compared.
    pub fn parse(text: &str, schema: &Schema) -> Result<Self, QueryError> {
        let mut parser = Parser::new(text, Some(schema));
        parser.truth()?;
        Ok(Self { steps: parser.steps })
    }

    /// Checks what can be checked of `text` without a schema: any name can be a field of any kind.
    ///
    /// ```
    /// use query::Condition;
    ///
    /// assert_eq!(Condition::check("speed > 80 and mode == 'auto'"), Ok(()));
    /// assert_eq!(Condition::check("speed > ").unwrap_err().at(), 8);
    /// ```
    ///
    /// # Errors
    /// `text` is a condition for no schema.
    pub fn check(text: &str) -> Result<(), QueryError> {
        Parser::new(text, None).truth()
    }

    /// Whether it is true of `record`.
    pub fn holds(&self, record: RecordView<'_>) -> bool {
        program::is_true(program::run(&self.steps, record))
    }
}
