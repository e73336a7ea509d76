//! How the records of a schema are written into messages.

use std::io;

use mapcast::dynamic::{RecordView, Schema};
use query::FieldRef;
use render::{Values, View, ViewError};

use super::json_schema::{json_schema, recorded};
use super::mcap_writer::Channel;
use super::selection::Encoding;

/// The encoding of a raw record, and of its schema: as in a region.
pub(crate) const RAW: &str = "mapcast";

/// See the [module](self).
#[derive(Debug)]
pub(crate) struct Described {
    /// `None`: the bytes of the record are the message.
    values: Option<Values>,
    schema: Vec<u8>,
}

/// Why records cannot be described.
#[derive(Debug)]
pub(crate) enum Undescribed {
    /// A field is not there.
    View(ViewError),
    /// The fields are no record.
    Fields(String),
}

impl Described {
    /// Records of `schema` as `encoding` has them, the fields that `view` names.
    pub(crate) fn new(
        encoding: Encoding,
        view: &View,
        schema: &Schema,
    ) -> Result<(Self, Vec<FieldRef>), Undescribed> {
        let all = || Ok(Values::all(schema));
        let named = |names: &Vec<String>| Values::named(names, schema);
        let values = view.fields.as_ref().map_or_else(all, named).map_err(Undescribed::View)?;
        let chosen: Vec<FieldRef> = values.fields().collect();
        let described = match encoding {
            Encoding::Raw => Self { values: None, schema: schema.encode() },
            Encoding::Json => {
                let recorded = recorded(schema, &chosen).map_err(Undescribed::Fields)?;
                let schema = json_schema(schema, &chosen, &recorded);
                Self { values: Some(values.without_labels()), schema }
            }
        };
        Ok((described, chosen))
    }

    /// A channel of such records without a name.
    pub(crate) fn channel(&self, record: &str) -> Channel {
        let (schema_encoding, message_encoding) = match self.values {
            Some(_) => ("jsonschema", "json"),
            None => (RAW, RAW),
        };
        let (record, schema) = (record.to_owned(), self.schema.clone());
        Channel { record, schema_encoding, schema, message_encoding, ..Channel::default() }
    }

    /// The message of `record`; `text` is room for it.
    pub(crate) fn message<'a>(
        &self,
        record: RecordView<'a>,
        text: &'a mut Vec<u8>,
    ) -> io::Result<&'a [u8]> {
        let Some(values) = &self.values else { return Ok(record.bytes()) };
        text.clear();
        values.write_json(record, None, text)?;
        // A message is no line.
        text.pop();
        Ok(text)
    }
}
