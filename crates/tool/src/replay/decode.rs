//! What a channel of an MCAP file is as a region, and how its messages become records.
//!
//! ```text
//!   raw          the schema is a region's, the message the bytes of a record
//!   JSON         our own JSON Schema has the exact schema of the record; another one is read as far as it
//!                describes numbers, bools, texts and arrays of a fixed size
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mapcast::InstanceName;
use mapcast::dynamic::{CType, Field, FieldSpec, Label, RecordBuf, Scalar, Schema};
use mcap::records::Channel;
use serde_json::Value as Json;

use super::json::{self, Members};
use crate::record::RAW;
use crate::record::json_schema::{EXACT, field_name, unhex};
use crate::record::stream::key;
use crate::record_name::record_name;

/// Most bytes of a help text in a region.
const HELP: usize = 1024;
/// Longest JSON Schema, in bytes: as a tree it takes up to thirty times as much. That of a region has less than 5 MiB.
const JSON_SCHEMA: usize = 8 << 20;
/// Bytes that the allocator adds to each text.
const ALLOCATION: usize = 16;
/// Bytes of a text whose length a JSON Schema does not limit.
const TEXT: u64 = 1023;
/// Most bytes of a character, in which a JSON Schema counts.
const CHARACTER: u64 = 4;

/// A schema of the file, as it is written.
#[derive(Clone, Debug)]
pub(crate) struct SchemaText {
    pub(crate) name: String,
    pub(crate) encoding: String,
    pub(crate) data: Vec<u8>,
}

/// How the messages of a schema become records.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Layout {
    pub(crate) schema: Arc<Schema>,
    decoder: Decoder,
}

#[derive(Clone, Debug, PartialEq)]
enum Decoder {
    Raw,
    Json(Members),
}

/// A channel whose messages are records.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Topic {
    /// As the file has it.
    pub(crate) name: String,
    /// The name of the region, as it was recorded.
    pub(crate) region: String,
    pub(crate) instance: Option<InstanceName>,
    /// For instances: how many there can be.
    pub(crate) max_instances: Option<u32>,
    pub(crate) slots: Option<u32>,
    pub(crate) layout: Arc<Layout>,
}

impl Layout {
    /// Messages of this encoding that `schema` describes.
    ///
    /// # Errors
    /// Why they are no records.
    pub(crate) fn of(message_encoding: &str, schema: &SchemaText) -> Result<Self, String> {
        let (schema, decoder) = match (message_encoding, schema.encoding.as_str()) {
            (RAW, RAW) => (decoded(&schema.data)?, Decoder::Raw),
            ("json", "jsonschema") => of_json(schema)?,
            (message, _) => return Err(format!("its messages are {message:?}, not JSON or raw")),
        };
        Ok(Self { schema: Arc::new(schema), decoder })
    }

    /// Bytes that it takes, about.
    pub(crate) fn heap(&self) -> usize {
        let of_label = |label: &Label| size_of::<Label>() + 2 * ALLOCATION + label.text.len();
        let of_field = |field: &Field| {
            let texts = 2 * field.name().len() + field.unit().len() + field.help().len();
            4 * ALLOCATION
                + size_of::<Field>()
                + texts
                + field.labels().iter().map(of_label).sum::<usize>()
        };
        self.schema.fields().iter().map(of_field).sum()
    }

    /// Puts the record of a message into `record`, which is of this schema.
    ///
    /// # Errors
    /// The message is no such record.
    pub(crate) fn decode(&self, message: &[u8], record: &mut RecordBuf) -> Result<(), String> {
        match &self.decoder {
            Decoder::Raw if message.len() == record.bytes().len() => {
                record.bytes_mut().copy_from_slice(message);
                Ok(())
            }
            Decoder::Raw => Err(format!(
                "it has {}, and a record {}",
                daemon::counted(message.len() as u64, "byte"),
                record.bytes().len()
            )),
            Decoder::Json(members) => json::read(message, members, record),
        }
    }
}

/// Whether a channel has something else than records.
pub(crate) fn is_of_events(channel: &Channel) -> bool {
    channel.metadata.contains_key(key::KIND)
}

impl Topic {
    /// The channel as a region, or as an instance of one.
    ///
    /// # Errors
    /// Why it cannot be one.
    pub(crate) fn of(channel: &Channel, layout: Arc<Layout>) -> Result<Self, String> {
        let metadata = |key: &str| channel.metadata.get(key);
        let number = |key: &str| metadata(key).and_then(|number| number.parse().ok());
        let instance = metadata(key::INSTANCE).map(|name| InstanceName::new(name));
        // One that was recorded by its path may have a name that no region of a directory has.
        let recorded = metadata(key::REGION).filter(|name| settings::Address::name(name).is_ok());
        let recorded_name = metadata(key::REGION).unwrap_or(&channel.topic);
        let region = recorded.cloned().unwrap_or_else(|| region_name(recorded_name));
        settings::Address::name(&region).map_err(|error| error.to_string())?;
        Ok(Self {
            name: channel.topic.clone(),
            region,
            instance: instance.transpose().map_err(|error| error.to_string())?,
            max_instances: number(key::MAX_INSTANCES),
            slots: number(key::SLOTS),
            layout,
        })
    }

    pub(crate) fn schema(&self) -> &Arc<Schema> {
        &self.layout.schema
    }

    /// Puts the record of a message into `record`, which is of this schema.
    ///
    /// # Errors
    /// The message, which has this `number` on the topic, is no such record.
    pub(crate) fn decode(
        &self,
        number: u64,
        message: &[u8],
        record: &mut RecordBuf,
    ) -> Result<(), String> {
        let decoded = self.layout.decode(message, record);
        decoded.map_err(|error| format!("message {number} on {}: {error}", self.name))
    }
}

/// The name for a region of a topic that is no name of a region: `/imu/raw` is `imu-raw`.
fn region_name(topic: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let topic = topic.trim_start_matches(['/', '.']);
    topic.chars().map(|c| if is_plain(c) { c } else { '-' }).collect()
}

fn decoded(bytes: &[u8]) -> Result<Schema, String> {
    Schema::decode(bytes).map_err(|error| error.to_string())
}

fn of_json(text: &SchemaText) -> Result<(Schema, Decoder), String> {
    if text.data.len() > JSON_SCHEMA {
        let len = daemon::counted(text.data.len() as u64, "byte");
        return Err(format!("its JSON Schema has {len}, at most {JSON_SCHEMA} are read"));
    }
    let json: Json = serde_json::from_slice(&text.data)
        .map_err(|error| format!("its JSON Schema is no JSON: {error}"))?;
    let none = serde_json::Map::new();
    let properties = json["properties"].as_object().unwrap_or(&none);
    let exact = json[EXACT].as_str();
    let schema = match exact {
        Some(exact) => decoded(&unhex(exact).ok_or("its schema is not hexadecimal")?)?,
        None => foreign(&text.name, properties)?,
    };
    let field = |name: &String| Some((name.clone(), schema.index_of(&field_name(name))?));
    let fields: BTreeMap<_, _> = properties.keys().filter_map(field).collect();
    let described: BTreeSet<_> = fields.values().copied().collect();
    match schema.fields().iter().enumerate().find(|(index, _)| !described.contains(index)) {
        Some((_, field)) => Err(format!("its JSON Schema does not describe {:?}", field.name())),
        None => Ok((schema, Decoder::Json(Members { fields, is_exact: exact.is_some() }))),
    }
}

/// A record for the properties of another program's JSON Schema.
fn foreign(name: &str, properties: &serde_json::Map<String, Json>) -> Result<Schema, String> {
    let mut builder = Schema::builder(record_name(name));
    for (name, property) in properties {
        let ctype = ctype(property).map_err(|why| format!("property {name:?} {why}"))?;
        let help = property["description"].as_str().unwrap_or_default();
        let help = &help[..help.floor_char_boundary(HELP)];
        builder = builder.field(FieldSpec::new(name.as_str(), ctype).help(help));
    }
    builder.build().map_err(|error| error.to_string())
}

fn ctype(property: &Json) -> Result<CType, String> {
    let count = |key: &str| property[key].as_u64();
    let array = |scalar, count: u64| {
        let count = u32::try_from(count).map_err(|_| "is too large".to_owned())?;
        CType::array(scalar, count).map_err(|error| error.to_string())
    };
    match type_of(property) {
        Some("string") => {
            let len = count("maxLength").map(|characters| characters.saturating_mul(CHARACTER));
            array(Scalar::Char, len.unwrap_or(TEXT).saturating_add(1))
        }
        Some("array") => {
            let items = count("maxItems").filter(|_| count("maxItems") == count("minItems"));
            let items = items.ok_or("is an array of no fixed size")?;
            array(
                scalar(&property["items"]).ok_or("is an array of other things than numbers")?,
                items,
            )
        }
        _ => scalar(property).map(CType::scalar).ok_or_else(|| {
            "is neither number, integer, boolean, string nor array, as a field has to be".into()
        }),
    }
}

/// The type of a property, which may be null besides.
fn type_of(property: &Json) -> Option<&str> {
    match property["type"].as_array().map(Vec::as_slice) {
        Some([one, null] | [null, one]) if null == "null" => one.as_str(),
        _ => property["type"].as_str(),
    }
}

fn scalar(property: &Json) -> Option<Scalar> {
    match type_of(property)? {
        "number" => Some(Scalar::F64),
        "integer" => Some(Scalar::I64),
        "boolean" => Some(Scalar::Bool),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use mapcast::dynamic::{RecordBuf, Value};
    use mcap::records::Channel;

    use super::{Layout, SchemaText, Topic};

    fn channel(topic: &str) -> Channel {
        Channel {
            id: 1,
            schema_id: 1,
            topic: topic.into(),
            message_encoding: "json".into(),
            metadata: BTreeMap::new(),
        }
    }

    fn schema(data: &str) -> SchemaText {
        SchemaText { name: "a/Imu".into(), encoding: "jsonschema".into(), data: data.into() }
    }

    #[test]
    fn the_json_schema_of_another_program_is_a_record() {
        let text = r#"{"type": "object", "properties": {
            "t": {"type": "number", "description": "seconds"}, "n": {"type": "integer"},
            "on": {"type": "boolean"}, "name": {"type": ["string", "null"], "maxLength": 7},
            "v": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}}}"#;
        let layout = Layout::of("json", &schema(text)).expect("a record");
        let topic = Topic::of(&channel("/imu/raw"), Arc::new(layout)).expect("a region");
        assert_eq!((&*topic.region, topic.schema().name()), ("imu-raw", "a_Imu"));
        let mut record = RecordBuf::new(Arc::clone(topic.schema()));
        let message =
            br#"{"t": 0.5, "n": -3, "on": true, "name": "x\ny", "v": [1, 2.5], "more": {}}"#;
        topic.decode(1, message, &mut record).expect("decoded");
        assert_eq!(record.view().get("n"), Some(Value::Int(-3)));
        assert_eq!(record.view().get("name"), Some(Value::Text("x\ny".into())));
        let list = Value::List(vec![Value::F64(1.0), Value::F64(2.5)]);
        assert_eq!(record.view().get("v"), Some(list));
        let error = topic.decode(2, br#"{"n": "three"}"#, &mut record).expect_err("a text");
        assert_eq!(error, "message 2 on /imu/raw: field \"n\" (i64) needs a number");
        let error = topic.decode(3, br#"{"v": [1, 2, 3]}"#, &mut record).expect_err("three");
        assert_eq!(error, "message 3 on /imu/raw: field \"v\" (f64[2]) needs a list of 2 numbers");
        let error = topic.decode(4, br#"{"t": 1, "n": 1}"#, &mut record).expect_err("two");
        assert_eq!(topic.schema().fields()[1].ctype().to_string(), "char[29]", "characters");
        assert_eq!(error, "message 4 on /imu/raw: field \"name\" is missing");
    }

    #[test]
    fn a_text_that_does_not_fit_is_refused() {
        let text = r#"{"properties": {"s": {"type": "string"}}}"#;
        let layout = Layout::of("json", &schema(text)).expect("a record");
        let mut record = RecordBuf::new(Arc::clone(&layout.schema));
        let mut decode = |len| {
            let message = format!("{{\"s\": \"{}\"}}", "x".repeat(len));
            layout.decode(message.as_bytes(), &mut record)
        };
        assert_eq!(decode(1023), Ok(()));
        let want = "field \"s\" (char[1024]) needs a text of 1023 bytes at most, not 1024";
        assert_eq!(decode(1024), Err(want.into()));
        let nul = layout.decode(br#"{"s": "ab\u0000cd"}"#, &mut record);
        let want = "field \"s\" (char[1024]) needs a text without the NUL that is at byte 2";
        assert_eq!(nul, Err(want.into()));
    }

    #[test]
    fn a_number_that_is_too_large_is_out_of_range_and_not_of_another_kind() {
        let text = r#"{"properties": {"t": {"type": "number"}, "n": {"type": "integer"},
            "v": {"type": "array", "items": {"type": "number"}, "minItems": 1, "maxItems": 1}}}"#;
        let layout = Layout::of("json", &schema(text)).expect("a record");
        let mut record = RecordBuf::new(Arc::clone(&layout.schema));
        for (message, want) in [
            (r#"{"t": 1e400}"#, "1e400 does not fit field \"t\" (f64)"),
            (r#"{"t": -1e400}"#, "-1e400 does not fit field \"t\" (f64)"),
            (r#"{"n": 1e400}"#, "1e400 does not fit field \"n\" (i64)"),
            (r#"{"v": [1e400]}"#, "1e400 does not fit field \"v\" (f64[1])"),
            (r#"{"v": ["x"]}"#, "field \"v\" (f64[1]) needs a number"),
            (r#"{"v": []}"#, "field \"v\" (f64[1]) needs a list of 1 numbers"),
        ] {
            assert_eq!(layout.decode(message.as_bytes(), &mut record), Err(want.into()));
        }
    }

    #[test]
    fn what_is_no_record_is_refused_with_the_reason() {
        let object = r#"{"properties": {"pose": {"type": "object"}}}"#;
        let of = |text: &str| Layout::of("json", &schema(text)).expect_err("refused");
        assert!(of(object).starts_with("property \"pose\" is neither number"));
        assert!(of("{").starts_with("its JSON Schema is no JSON"));
        let list = r#"{"properties": {"v": {"type": "array", "items": {"type": "number"}}}}"#;
        assert_eq!(of(list), "property \"v\" is an array of no fixed size");
        for (sizes, want) in [
            ("\"minItems\": 0, \"maxItems\": 0", "has no elements"),
            ("\"minItems\": 99999999999, \"maxItems\": 99999999999", "is too large"),
            ("\"minItems\": 4294967295, \"maxItems\": 4294967295", "larger than a record may be"),
        ] {
            let list = format!(
                "{{\"properties\": {{\"v\": {{\"type\": \"array\", {sizes}, \"items\": {{\"type\": \"number\"}}}}}}}}"
            );
            assert!(of(&list).contains(want), "{}", of(&list));
        }
        let text =
            r#"{"properties": {"t": {"type": "string", "maxLength": 18446744073709551615}}}"#;
        assert!(of(text).contains("is too large"), "{}", of(text));
        for exact in ["", "0", "zz", "00", "ffffffffffffffffffffffffffffffff"] {
            assert!(!of(&format!("{{\"x-mapcast-schema\": \"{exact}\"}}")).is_empty());
        }
    }

    #[test]
    fn a_help_that_is_too_long_for_a_region_is_cut() {
        let text = format!(
            "{{\"properties\": {{\"n\": {{\"type\": \"integer\", \"description\": \"{}\"}}}}}}",
            "\u{e4}".repeat(2000)
        );
        let layout = Layout::of("json", &schema(&text)).expect("a record");
        assert_eq!(layout.schema.fields()[0].help().len(), 1024);
    }
}
