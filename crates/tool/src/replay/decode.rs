//! What a channel of an MCAP file is as a region, and how its messages become records.
//!
//! ```text
//!   raw          the schema is a region's, the message the bytes of a record
//!   JSON         our own JSON Schema has the exact schema of the record; another one is read as far as it
//!                describes numbers, bools, texts and arrays of a fixed size
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use mapcast::dynamic::{CType, Field, FieldSpec, RecordBuf, Scalar, Schema, Value};
use mcap::records::Channel;
use serde_json::Value as Json;
use serde_json::value::RawValue;

use crate::record::RAW;
use crate::record::json_schema::{EXACT, field_name, unhex};
use crate::record::stream::key;

/// Bytes of a text whose length a JSON Schema does not limit.
const TEXT: u64 = 255;

/// A schema of the file, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SchemaText {
    pub(crate) name: String,
    pub(crate) encoding: String,
    pub(crate) data: Vec<u8>,
}

/// A channel whose messages are records.
#[derive(Clone, Debug)]
pub(crate) struct Topic {
    /// As the file has it.
    pub(crate) name: String,
    /// The name of the region, as it was recorded.
    pub(crate) region: String,
    pub(crate) instance: Option<String>,
    /// For instances: how many there can be.
    pub(crate) max_instances: Option<u32>,
    pub(crate) slots: Option<u32>,
    pub(crate) schema: Arc<Schema>,
    decoder: Decoder,
}

#[derive(Clone, Debug)]
enum Decoder {
    Raw,
    /// The field of each member.
    Json(BTreeMap<String, usize>),
}

impl Topic {
    /// The channel as a region; `None` if it is not for records.
    ///
    /// # Errors
    /// Why it cannot be one.
    pub(crate) fn of(
        channel: &Channel,
        schema: Option<&SchemaText>,
    ) -> Result<Option<Self>, String> {
        let metadata = |key: &str| channel.metadata.get(key).cloned();
        if metadata(key::KIND).is_some() {
            return Ok(None);
        }
        let Some(schema) = schema else { return Err("it has no schema".into()) };
        let kinds = (channel.message_encoding.as_str(), schema.encoding.as_str());
        let (schema, decoder) = match kinds {
            (RAW, RAW) => (decoded(&schema.data)?, Decoder::Raw),
            ("json", "jsonschema") => of_json(schema)?,
            (message, _) => return Err(format!("its messages are {message:?}, not JSON or raw")),
        };
        let number = |key: &str| metadata(key).and_then(|number| number.parse().ok());
        Ok(Some(Self {
            name: channel.topic.clone(),
            region: metadata(key::REGION).unwrap_or_else(|| region_name(&channel.topic)),
            instance: metadata(key::INSTANCE),
            max_instances: number(key::MAX_INSTANCES),
            slots: number(key::SLOTS),
            schema: Arc::new(schema),
            decoder,
        }))
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
                "a message of {} on {}, whose records have {}",
                daemon::counted(message.len() as u64, "byte"),
                self.name,
                record.bytes().len()
            )),
            Decoder::Json(fields) => {
                let on_topic = |error: String| format!("a message on {}: {error}", self.name);
                from_json(message, fields, record).map_err(on_topic)
            }
        }
    }
}

/// The name for a region of a topic that no mapcast has recorded: `/imu/raw` is `imu-raw`.
fn region_name(topic: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let topic = topic.trim_start_matches(['/', '.']);
    topic.chars().map(|c| if is_plain(c) { c } else { '-' }).collect()
}

fn decoded(bytes: &[u8]) -> Result<Schema, String> {
    Schema::decode(bytes).map_err(|error| error.to_string())
}

fn of_json(text: &SchemaText) -> Result<(Schema, Decoder), String> {
    let json: Json = serde_json::from_slice(&text.data)
        .map_err(|error| format!("its JSON Schema is no JSON: {error}"))?;
    let none = serde_json::Map::new();
    let properties = json["properties"].as_object().unwrap_or(&none);
    let schema = match json[EXACT].as_str() {
        Some(exact) => decoded(&unhex(exact).ok_or("its schema is not hexadecimal")?)?,
        None => foreign(&text.name, properties)?,
    };
    let field = |name: &String| Some((name.clone(), schema.index_of(&field_name(name))?));
    let fields = properties.keys().filter_map(field).collect();
    Ok((schema, Decoder::Json(fields)))
}

/// A record for the properties of another program's JSON Schema.
fn foreign(name: &str, properties: &serde_json::Map<String, Json>) -> Result<Schema, String> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let name: String = name.chars().map(|c| if is_word(c) { c } else { '_' }).collect();
    let mut builder = Schema::builder(name);
    for (name, property) in properties {
        let ctype = ctype(property).map_err(|why| format!("property {name:?} {why}"))?;
        let help = property["description"].as_str().unwrap_or_default();
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
    match property["type"].as_str() {
        Some("string") => array(Scalar::Char, count("maxLength").unwrap_or(TEXT).saturating_add(1)),
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

fn scalar(property: &Json) -> Option<Scalar> {
    match property["type"].as_str()? {
        "number" => Some(Scalar::F64),
        "integer" => Some(Scalar::I64),
        "boolean" => Some(Scalar::Bool),
        _ => None,
    }
}

/// Reads an object into `record`. Fields that it does not have are zero.
fn from_json(
    message: &[u8],
    fields: &BTreeMap<String, usize>,
    record: &mut RecordBuf,
) -> Result<(), String> {
    let members: BTreeMap<String, &RawValue> =
        serde_json::from_slice(message).map_err(|error| format!("no JSON object: {error}"))?;
    record.bytes_mut().fill(0);
    let schema = Arc::clone(record.schema());
    for (name, raw) in members {
        let Some(&index) = fields.get(&name) else { continue };
        let field = &schema.fields()[index];
        if field.ctype().element() == Scalar::Char {
            set_text(record, field, raw.get())?;
        } else {
            let value = value(field, raw.get())?;
            record.set(index, &value).map_err(|error| error.to_string())?;
        }
    }
    Ok(())
}

/// A text fills its field to the last byte, if it has that many, and is cut if it has more: each byte that
/// was no UTF-8 has become three.
fn set_text(record: &mut RecordBuf, field: &Field, raw: &str) -> Result<(), String> {
    let text: String = serde_json::from_str(raw).map_err(|_| expected(field, "a text"))?;
    let place = &mut record.bytes_mut()[field.offset() as usize..field.end() as usize];
    let len = text.len().min(place.len());
    place[..len].copy_from_slice(&text.as_bytes()[..len]);
    Ok(())
}

fn value(field: &Field, raw: &str) -> Result<Value, String> {
    if !raw.starts_with('[') {
        return number(field, raw);
    }
    let items: Vec<&RawValue> =
        serde_json::from_str(raw).map_err(|_| expected(field, "a list of numbers"))?;
    let items = items.into_iter().map(|item| number(field, item.get()));
    Ok(Value::List(items.collect::<Result<_, _>>()?))
}

/// A number from its digits, so that it is rounded once; `null` is NaN.
fn number(field: &Field, raw: &str) -> Result<Value, String> {
    let scalar = field.ctype().element();
    let parsed = match (raw, scalar) {
        ("true" | "false", _) => Some(Value::Bool(raw == "true")),
        ("null", Scalar::F32) => Some(Value::F32(f32::NAN)),
        ("null", Scalar::F64) => Some(Value::F64(f64::NAN)),
        (_, Scalar::F32) => raw.parse().ok().map(Value::F32),
        (_, Scalar::F64) => raw.parse().ok().map(Value::F64),
        _ => {
            let whole = raw.parse().map(Value::Uint).or_else(|_| raw.parse().map(Value::Int));
            whole.ok().or_else(|| raw.parse().ok().map(Value::F64))
        }
    };
    parsed.ok_or_else(|| expected(field, "a number"))
}

fn expected(field: &Field, what: &str) -> String {
    format!("field {:?} ({}) needs {what}", field.name(), field.ctype())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use mapcast::dynamic::{RecordBuf, Value};
    use mcap::records::Channel;

    use super::{SchemaText, Topic};

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
            "on": {"type": "boolean"}, "name": {"type": "string", "maxLength": 7},
            "v": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}}}"#;
        let topic = Topic::of(&channel("/imu/raw"), Some(&schema(text)));
        let topic = topic.expect("a record").expect("records");
        assert_eq!((&*topic.region, topic.schema.name()), ("imu-raw", "a_Imu"));
        let mut record = RecordBuf::new(Arc::clone(&topic.schema));
        let message =
            br#"{"t": 0.5, "n": -3, "on": true, "name": "x\ny", "v": [1, 2.5], "more": {}}"#;
        topic.decode(message, &mut record).expect("decoded");
        assert_eq!(record.view().get("n"), Some(Value::Int(-3)));
        assert_eq!(record.view().get("name"), Some(Value::Text("x\ny".into())));
        let list = Value::List(vec![Value::F64(1.0), Value::F64(2.5)]);
        assert_eq!(record.view().get("v"), Some(list));
        let error = topic.decode(br#"{"n": "three"}"#, &mut record).expect_err("a text");
        assert_eq!(error, "a message on /imu/raw: field \"n\" (i64) needs a number");
    }

    #[test]
    fn what_is_no_record_is_refused_with_the_reason() {
        let object = r#"{"properties": {"pose": {"type": "object"}}}"#;
        let of = |text: &str| Topic::of(&channel("x"), Some(&schema(text))).expect_err("refused");
        assert!(of(object).starts_with("property \"pose\" is neither number"));
        assert!(of("{").starts_with("its JSON Schema is no JSON"));
        let list = r#"{"properties": {"v": {"type": "array", "items": {"type": "number"}}}}"#;
        assert_eq!(of(list), "property \"v\" is an array of no fixed size");
    }
}
