//! What is wrong with a value: the error that serde and the checks return.
//!
//! A [`Fault`] is made where at most the value is known (serde knows which key is missing, but not in
//! which table). The [`Node`](crate::node::Node) turns it into a [`Problem`] with place, key and message.

use std::fmt;

use serde::de::{Error, Expected, Unexpected};

/// What belongs in place of a number that no key accepts.
pub(crate) const WHOLE: &str = "a whole number of at most 64 bits";

/// What is wrong with a value. A node words the message.
#[derive(Debug, thiserror::Error)]
#[error("{self:?}")]
pub(crate) enum Fault {
    /// It is of another type than this.
    Type(String),
    /// It is not `want`; `write` says what to write instead, else the example of its key does.
    Value { want: String, write: Option<String> },
    /// It is a number that is not from the first to the second.
    Range(i128, i128),
    /// It is a table without this key, which must be there.
    Missing(&'static str),
    /// It is a table with this key, which no setting has.
    UnknownKey(String),
    /// It is none of these words.
    UnknownWord(&'static [&'static str]),
    /// Something else: the fact, and what to do about it.
    Other(String),
    /// A value inside of it is wrong.
    Inside(Problem),
}

/// What is wrong with a configuration, and where.
#[derive(Debug)]
pub(crate) struct Problem {
    /// The offset in the file, in bytes.
    pub(crate) at: usize,
    /// The key, as a dotted path from the top of the file.
    pub(crate) key: String,
    /// The fact, and what to do about it.
    pub(crate) message: String,
}

impl Fault {
    /// It is not `want`; write the example.
    pub(crate) fn not(want: impl Into<String>) -> Self {
        Self::Value { want: want.into(), write: None }
    }

    /// It is not `want`; write `write`.
    pub(crate) fn not_but(want: impl Into<String>, write: impl Into<String>) -> Self {
        Self::Value { want: want.into(), write: Some(write.into()) }
    }
}

impl Error for Fault {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Self::Other(text.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, want: &dyn Expected) -> Self {
        match (in_words(&want.to_string()), found) {
            // serde has no name for a number of 128 bits.
            ("a whole number", Unexpected::Other(_)) => Self::not(WHOLE),
            (want, _) => Self::Type(want.to_owned()),
        }
    }

    fn invalid_value(_: Unexpected<'_>, want: &dyn Expected) -> Self {
        match want.to_string().as_str() {
            "i64" => Self::Range(i64::MIN.into(), i64::MAX.into()),
            "u64" => Self::Range(0, u64::MAX.into()),
            want => Self::not(want),
        }
    }

    fn unknown_field(key: &str, _: &'static [&'static str]) -> Self {
        Self::UnknownKey(key.to_owned())
    }

    fn unknown_variant(_: &str, words: &'static [&'static str]) -> Self {
        Self::UnknownWord(words)
    }

    fn missing_field(key: &'static str) -> Self {
        Self::Missing(key)
    }
}

/// What serde expects, in the words of `docs/configuration.md`.
fn in_words(want: &str) -> &str {
    match want {
        "a boolean" => "true or false",
        "i64" | "u64" | "i128" => "a whole number",
        "f64" => "a number",
        "a sequence" => "a list",
        "a map" => "a table",
        _ if want.starts_with("struct ") => "a table",
        _ => want,
    }
}
