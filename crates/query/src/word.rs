//! The words of an expression: numbers, and labels in place of numbers.

use layout::text::quote;
use layout::{Field, Scalar, Schema};

use crate::error::QueryError;
use crate::literal::Literal;
use crate::nearest::instead_of;
use crate::number::Number;
use crate::program::Step;

/// The number that `word` is. The error is the fact and what to do.
pub(crate) fn literal(word: &str) -> Result<Number, String> {
    let why = || format!("{} is no number; correct it", quote(word));
    Literal::of(word).map(Number::Literal).ok_or_else(why)
}

/// What a field with labels is compared with in place of `text`: the value of the label.
pub(crate) fn labelled(field: &Field, text: &str, at: usize) -> Result<Step, QueryError> {
    match (field.label_value(text), field.ctype().is_text()) {
        (Some(value), false) => return Ok(Step::Number(Number::Whole(value.into()))),
        (Some(code), true) => return Ok(Step::Text(character(code))),
        (None, true) => return Ok(Step::Text(text.to_owned())),
        (None, false) => {}
    }
    let labels: Vec<&str> = field.labels().iter().map(|label| label.text.as_str()).collect();
    let advice = instead_of(text, &labels);
    let message = format!("{} is no label of field {:?}; {advice}", quote(text), field.name());
    Err(QueryError::new(at, message))
}

/// Why `word` is refused, which no field is called, if it is a label without quotes, or a word for true or false.
pub(crate) fn meant_by(word: &str, schema: &Schema) -> Option<String> {
    let fields = schema.fields();
    if schema.index_of(word).is_some() {
        return None;
    }
    if fields.iter().flat_map(Field::labels).any(|label| label.text == word) {
        return Some(format!("\"{word}\" is a label and no field; write it in quotes, \"{word}\""));
    }
    let is_switch = ["on", "off", "yes", "no"].contains(&&*word.to_ascii_lowercase());
    let has_switch = fields.iter().any(|field| field.ctype().element() == Scalar::Bool);
    (is_switch && has_switch).then(|| format!("\"{word}\" is no field; write true or false"))
}

/// The text of a `char` field with this code, which a NUL ends.
fn character(code: i64) -> String {
    let code = u8::try_from(code).ok().filter(|&code| code != 0);
    code.map(char::from).into_iter().collect()
}

/// Where the word ends that `text` begins with: a name, or a number with an exponent.
pub(crate) fn word_end(text: &str) -> usize {
    let is_number = text.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let mut last = ' ';
    let end = text.find(|c: char| {
        let is_sign = is_number && matches!(c, '+' | '-') && matches!(last, 'e' | 'E');
        last = c;
        !(c.is_ascii_alphanumeric() || c == '_' || (is_number && c == '.') || is_sign)
    });
    end.unwrap_or(text.len())
}
