//! One event as text, which each format turns into a line or an entry.
//!
//! Invariant: message and fields are one line each, escaped, and at most [`LONGEST`] bytes long,
//! whatever text they quote. So a line of text fits `PIPE_BUF`, and an entry fits one datagram.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::sync::Arc;

use layout::text::counted;
use serde_json::{Number, Value};
use tracing::field::{Field, Visit};
use tracing::span::Attributes;
use tracing::{Event, Level, Metadata};

use crate::terminal::clean;

/// Most bytes of a message, and of each field.
pub(crate) const LONGEST: usize = 3072;

/// An event.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) level: Level,
    /// The module that it comes from.
    pub(crate) target: &'static str,
    /// Its source file and line.
    pub(crate) place: Option<(&'static str, u32)>,
    pub(crate) message: String,
    /// What it is about, if it is logged within a span.
    pub(crate) subject: Option<Subject>,
    pub(crate) fields: Vec<(&'static str, Value)>,
}

impl Entry {
    /// The text of `event`.
    pub(crate) fn of(event: &Event<'_>) -> Self {
        let meta: &Metadata<'static> = event.metadata();
        let mut entry = Self {
            level: *meta.level(),
            target: meta.target(),
            place: meta.file().zip(meta.line()),
            message: String::new(),
            subject: None,
            fields: Vec::new(),
        };
        event.record(&mut entry);
        entry
    }

    /// Puts the name of what the event is about before its message, unless it begins with that: "stu: "
    /// or "/run/stu.region was", but not "line 7" for a region that is called line.
    pub(crate) fn set_subject(&mut self, subject: &Subject) {
        let Subject(name) = subject;
        let is_named = self.message.strip_prefix(&**name).is_some_and(|rest| {
            rest.starts_with(':') || name.contains('/') && rest.starts_with(' ')
        });
        if !is_named {
            self.message = short(&format!("{name}: {}", self.message));
        }
        self.subject = Some(subject.clone());
    }

    /// Reports that this event and those like it, `count` in all, were not logged.
    pub(crate) fn held_back(mut self, count: u64) -> Self {
        let (messages, were) = (counted(count, "more message"), were(count));
        let text = format!("{messages} like this one {were} not logged: {}", self.message);
        self.message = short(&text);
        self
    }

    /// Reports that `count` messages were lost because nothing read `what`.
    pub(crate) fn of_lost(count: u64, what: &str) -> Self {
        let (messages, were) = (counted(count, "message"), were(count));
        let message = format!("{messages} {were} lost while nothing read {what}");
        let (level, target) = (Level::WARN, module_path!());
        Self { level, target, place: None, message, subject: None, fields: Vec::new() }
    }
}

/// What the events within a span are about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Subject(Arc<str>);

impl Subject {
    /// That of a span with these attributes.
    pub(crate) fn of(attributes: &Attributes<'_>) -> Self {
        let mut subject = Self::default();
        attributes.record(&mut subject);
        subject
    }
}

impl Visit for Subject {
    fn record_str(&mut self, _: &Field, value: &str) {
        self.0 = value.into();
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

impl Visit for Entry {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.fields.push((field.name(), value.into()));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.fields.push((field.name(), value.into()));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.fields.push((field.name(), value.into()));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        let number = Number::from_f64(value).map_or(Value::Null, Value::Number);
        self.fields.push((field.name(), number));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.message = short(value);
        } else {
            self.fields.push((field.name(), short(value).into()));
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

fn were(count: u64) -> &'static str {
    if count == 1 { "was" } else { "were" }
}

/// The value of a field outside JSON.
pub(crate) fn shown(value: &Value) -> Cow<'_, str> {
    value.as_str().map_or_else(|| value.to_string().into(), Cow::from)
}

/// `text` in one line, escaped, and cut if it is too long.
pub(crate) fn short(text: &str) -> String {
    // Cut before it is escaped, too: it may be a line of input of many MiB.
    let mut clean = clean(head(text));
    let kept = head(&clean).len();
    let cut = kept < clean.len() || head(text).len() < text.len();
    clean.truncate(kept);
    if cut {
        let _ = write!(clean, " [... of {} bytes]", text.len());
    }
    clean
}

/// The first [`LONGEST`] bytes of `text`, or less by a part of a character.
fn head(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST)]
}

#[cfg(test)]
mod tests {
    use super::{Entry, LONGEST, short};

    #[test]
    fn a_long_text_is_cut_between_two_characters_and_its_length_given() {
        assert_eq!(short("a\nb"), "a b");
        assert_eq!(short(&"x".repeat(LONGEST)), "x".repeat(LONGEST));
        let long = format!("x{}", "\u{e4}".repeat(LONGEST));
        let cut = short(&long);
        let (text, rest) = cut.split_at(LONGEST - 1);
        assert_eq!((text, rest), (&long[..LONGEST - 1], " [... of 6145 bytes]"));
        let escapes = short(&"\x1b".repeat(LONGEST));
        assert!(escapes.len() < LONGEST + 30 && escapes.ends_with(" [... of 3072 bytes]"));
    }

    #[test]
    fn one_message_is_not_called_messages() {
        let message = |count| Entry::of_lost(count, "standard error").message;
        assert_eq!(message(1), "1 message was lost while nothing read standard error");
        assert_eq!(message(20), "20 messages were lost while nothing read standard error");
    }
}
