//! The description of a field ([`FieldSpec`]), and the field in a built schema ([`Field`]).

use crate::ctype::CType;
use crate::value::Value;

/// A name for one value of a field, such as 1 for "on".
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Label {
    /// The value that is named. For a `char` field, its code.
    pub value: i64,
    /// Its name.
    pub text: String,
}

/// A field of a built [`Schema`](crate::Schema): checked, and at its offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub(crate) name: String,
    pub(crate) ctype: CType,
    pub(crate) offset: u32,
    pub(crate) unit: String,
    pub(crate) help: String,
    pub(crate) labels: Vec<Label>,
}

impl Field {
    /// The name, a C identifier of at most [`MAX_NAME`](crate::MAX_NAME) bytes.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The type.
    pub const fn ctype(&self) -> CType {
        self.ctype
    }

    /// Offset of the value in the record, in bytes.
    pub const fn offset(&self) -> u32 {
        self.offset
    }

    /// Offset of the first byte after the value, in bytes.
    pub fn end(&self) -> u32 {
        self.offset + self.ctype.size()
    }

    /// The unit, such as "m/s"; "" if there is none.
    pub fn unit(&self) -> &str {
        &self.unit
    }

    /// One sentence for people; "" if there is none.
    pub fn help(&self) -> &str {
        &self.help
    }

    /// The named values, in the order they were given.
    pub fn labels(&self) -> &[Label] {
        &self.labels
    }

    /// The label of `value`, if it has one.
    pub fn label_text(&self, value: i64) -> Option<&str> {
        self.labels.iter().find(|label| label.value == value).map(|label| label.text.as_str())
    }

    /// The label of `value`, one element of the field, if it has one.
    pub fn label_of(&self, value: &Value) -> Option<&str> {
        match value {
            Value::Text(text) => self.label_of_text(text.as_bytes()),
            _ => self.label_text(value.label_key()?),
        }
    }

    /// The label of a text: those of a `char` field are named by the code of the character.
    pub(crate) fn label_of_text(&self, text: &[u8]) -> Option<&str> {
        self.label_text(text.first().copied().unwrap_or_default().into())
    }

    /// The value with the label `text`, if there is one.
    pub fn label_value(&self, text: &str) -> Option<i64> {
        self.labels.iter().find(|label| label.text == text).map(|label| label.value)
    }

    /// The range of the value in a record's bytes.
    pub fn range(&self) -> core::ops::Range<usize> {
        self.offset as usize..self.end() as usize
    }
}

/// The names of the fields, the first sixteen of them.
pub(crate) fn known_names(fields: &[Field]) -> String {
    let mut names: Vec<&str> = fields.iter().take(16).map(Field::name).collect();
    if fields.len() > names.len() {
        names.push("...");
    }
    names.join(", ")
}

/// The description of a field for a [`SchemaBuilder`](crate::SchemaBuilder), which checks it when it
/// builds.
///
/// ```
/// use layout::{FieldSpec, Scalar};
///
/// let speed = FieldSpec::new("speed", Scalar::F32).unit("m/s").help("over ground");
/// let mode = FieldSpec::new("mode", Scalar::U8).label(0, "off").label(1, "on");
/// # let _ = (speed, mode);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldSpec {
    pub(crate) name: String,
    pub(crate) ctype: CType,
    pub(crate) offset: Option<u32>,
    pub(crate) unit: String,
    pub(crate) help: String,
    pub(crate) labels: Vec<Label>,
}

impl FieldSpec {
    /// A field of this name and type, placed after the previous one by the rules of C.
    pub fn new(name: impl Into<String>, ctype: impl Into<CType>) -> Self {
        Self {
            name: name.into(),
            ctype: ctype.into(),
            offset: None,
            unit: String::new(),
            help: String::new(),
            labels: Vec::new(),
        }
    }

    /// Places the field at `offset` bytes, to describe a struct of another program. Later fields
    /// follow it.
    #[must_use]
    pub fn offset(mut self, offset: u32) -> Self {
        self.offset = Some(offset);
        self
    }

    /// The unit of the value, such as "m/s".
    #[must_use]
    pub fn unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = unit.into();
        self
    }

    /// One sentence for people.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// Names `value` `text`: printed for the value, and accepted in its place.
    #[must_use]
    pub fn label(mut self, value: i64, text: impl Into<String>) -> Self {
        self.labels.push(Label { value, text: text.into() });
        self
    }

    /// Adds several labels, such as [`Labels::LABELS`](crate::Labels::LABELS).
    #[must_use]
    pub fn labels(mut self, labels: &[(i64, &str)]) -> Self {
        let label = |&(value, text): &(i64, &str)| Label { value, text: text.to_owned() };
        self.labels.extend(labels.iter().map(label));
        self
    }

    /// The field at `offset`.
    pub(crate) fn at(self, offset: u32) -> Field {
        let Self { name, ctype, unit, help, labels, .. } = self;
        Field { name, ctype, offset, unit, help, labels }
    }
}
