//! `FIELD=VALUE` arguments as a line of input.
//!
//! A line is what the producer parses, so a value that is given as an argument is read, checked and refused
//! by the same code: numbers exactly, lists, labels, `null` for NaN.

use std::str::FromStr;

use mapcast::dynamic::{Field, Schema};
use serde_json::value::RawValue;

use super::PublishError;

/// A field and what it is to hold, as they were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Assignment {
    field: String,
    value: String,
}

impl FromStr for Assignment {
    type Err = PublishError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((field, value)) if !field.is_empty() => {
                Ok(Self { field: field.to_owned(), value: value.to_owned() })
            }
            _ => Err(PublishError::NoValue(text.to_owned())),
        }
    }
}

impl Assignment {
    /// The field's name, as it was written.
    pub(super) fn field(&self) -> &str {
        &self.field
    }

    /// The value in JSON, for `field`: as it was written if that is JSON, else a text.
    fn json(&self, field: Option<&Field>) -> String {
        match field {
            Some(field) if field.ctype().is_text() => quoted(&self.value),
            Some(field) if field.ctype().count().is_some() => list(&self.value),
            _ => one(&self.value),
        }
    }
}

/// The line of input with these values.
pub(super) fn line(assignments: &[Assignment], schema: &Schema) -> String {
    let member = |assignment: &Assignment| {
        let field = schema.field(&assignment.field);
        format!("{}:{}", quoted(&assignment.field), assignment.json(field))
    };
    let members: Vec<String> = assignments.iter().map(member).collect();
    format!("{{{}}}\n", members.join(","))
}

/// A value of one number: as it was written if that is JSON, else a text.
fn one(value: &str) -> String {
    let is_json = serde_json::from_str::<&RawValue>(value).is_ok();
    // A line break in JSON is white space: in a text it would be escaped. It would end the line of input here.
    if is_json { value.replace(['\n', '\r'], " ") } else { quoted(value) }
}

/// The same for each element of a list.
fn list(value: &str) -> String {
    let inside = value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    match inside.filter(|_| serde_json::from_str::<&RawValue>(value).is_err()) {
        Some(inside) => {
            let items: Vec<String> = inside.split(',').map(|item| one(item.trim())).collect();
            format!("[{}]", items.join(","))
        }
        None => one(value),
    }
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a string")
}

#[cfg(test)]
mod tests {
    use mapcast::dynamic::{CType, FieldSpec, Scalar, Schema};

    use super::{Assignment, line};

    #[test]
    fn a_value_is_json_as_it_is_and_else_a_text() {
        let text = CType::array(Scalar::Char, 8).expect("a text");
        let schema = Schema::builder("R")
            .field(FieldSpec::new("x", Scalar::F64))
            .field(FieldSpec::new("mode", Scalar::U8).label(1, "auto"))
            .field(FieldSpec::new("name", text))
            .field(FieldSpec::new("v", CType::array(Scalar::F32, 2).expect("an array")))
            .build()
            .expect("a schema");
        let line = |words: &str| {
            let words = words.split(' ').map(|word| word.parse().expect("an assignment"));
            line(&words.collect::<Vec<Assignment>>(), &schema)
        };
        assert_eq!(line("x=1.50 mode=auto"), "{\"x\":1.50,\"mode\":\"auto\"}\n");
        assert_eq!(line("x=NaN name=12 y=[1,2]"), "{\"x\":\"NaN\",\"name\":\"12\",\"y\":[1,2]}\n");
        assert_eq!(line("name=a=b"), "{\"name\":\"a=b\"}\n");
        assert_eq!(line("v=[1,2.50]"), "{\"v\":[1,2.50]}\n");
        assert_eq!(line("v=[1,NaN,auto]"), "{\"v\":[1,\"NaN\",\"auto\"]}\n");
        assert_eq!(line("v=[1,[2]"), "{\"v\":[1,\"[2\"]}\n");
        assert_eq!(line("v=[\n1,\r\n2.5\n]"), "{\"v\":[ 1,  2.5 ]}\n", "as jq prints it");
        assert_eq!(line("v=[1,\nNaN] x=\n1"), "{\"v\":[1,\"NaN\"],\"x\": 1}\n");
        assert_eq!(line("name=a\nb mode=a\nb"), "{\"name\":\"a\\nb\",\"mode\":\"a\\nb\"}\n");
        assert!("=1".parse::<Assignment>().is_err() && "x".parse::<Assignment>().is_err());
    }
}
