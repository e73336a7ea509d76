//! What a reader must find in each vector, as `vectors.json` says it: an array with a vector in each line.

use layout::{Schema, Template};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::Value;

use super::cell::Cell;
use super::image::{LINEAGE, WALL_OFFSET, time_of};

/// A file and the answer.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Vector {
    pub(super) file: String,
    about: &'static str,
    outcome: &'static str,
    /// Only a decoder that keeps every rule about names, texts, labels and layout refuses it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    strict: bool,
    #[serde(flatten)]
    content: Option<Content>,
    #[serde(skip)]
    pub(super) bytes: Vec<u8>,
}

/// What there is to read.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Content {
    state: &'static str,
    lineage: u64,
    base_sequence: u64,
    schema: SchemaFacts,
    #[serde(flatten)]
    records: Records,
}

/// The records of a plain region, or of each instance.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Records {
    Plain(Series),
    Instances { instances: Vec<Instance> },
}

/// The record that `latest` returns, and those that following from the oldest returns.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Series {
    latest: Option<u64>,
    records: Vec<Listed>,
}

/// An instance and its records.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Instance {
    name: &'static str,
    #[serde(flatten)]
    series: Series,
}

/// A record.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Listed {
    sequence: u64,
    published_at: u64,
    wall_time: u64,
    record: Fields,
}

/// Fields in the order of the schema.
#[derive(Clone, Debug)]
struct Fields(Vec<(String, Value)>);

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// As `mapcast schema --as json` prints it.
#[derive(Clone, Debug, Serialize)]
struct SchemaFacts {
    record: String,
    size: u32,
    align: u32,
    line: Option<String>,
    fields: Vec<FieldFacts>,
}

#[derive(Clone, Debug, Serialize)]
struct FieldFacts {
    name: String,
    #[serde(rename = "type")]
    ctype: String,
    offset: u32,
    size: u32,
    unit: String,
    help: String,
    labels: std::collections::BTreeMap<i64, String>,
}

impl SchemaFacts {
    fn of(schema: &Schema) -> Self {
        let fields = schema.fields().iter().map(|field| FieldFacts {
            name: field.name().to_owned(),
            ctype: field.ctype().to_string(),
            offset: field.offset(),
            size: field.ctype().size(),
            unit: field.unit().to_owned(),
            help: field.help().to_owned(),
            labels: field.labels().iter().map(|label| (label.value, label.text.clone())).collect(),
        });
        Self {
            record: schema.name().to_owned(),
            size: schema.size(),
            align: schema.align(),
            line: schema.line().map(Template::text).map(str::to_owned),
            fields: fields.collect(),
        }
    }
}

impl Vector {
    /// One that a reader refuses.
    pub(super) fn refused(
        name: &str,
        about: &'static str,
        outcome: &'static str,
        bytes: Vec<u8>,
    ) -> Self {
        let file = format!("{name}.region");
        Self { file, about, outcome, strict: false, content: None, bytes }
    }

    /// One that a reader can read.
    pub(super) fn readable(
        name: &str,
        about: &'static str,
        content: Content,
        bytes: Vec<u8>,
    ) -> Self {
        let file = format!("{name}.region");
        Self { file, about, outcome: "read", strict: false, content: Some(content), bytes }
    }

    /// See [`strict`](Self::strict).
    pub(super) fn strict(self) -> Self {
        Self { strict: true, ..self }
    }
}

impl Content {
    /// A plain region, closed by its writer.
    pub(super) fn plain(schema: &Schema, series: Series) -> Self {
        Self::new(schema, Records::Plain(series))
    }

    /// A region of instances, closed by its writer.
    pub(super) fn instances(schema: &Schema, instances: Vec<Instance>) -> Self {
        Self::new(schema, Records::Instances { instances })
    }

    fn new(schema: &Schema, records: Records) -> Self {
        let schema = SchemaFacts::of(schema);
        Self { state: "closed", lineage: LINEAGE, base_sequence: 0, schema, records }
    }

    pub(super) fn state(self, state: &'static str) -> Self {
        Self { state, ..self }
    }

    pub(super) fn base_sequence(self, base_sequence: u64) -> Self {
        Self { base_sequence, ..self }
    }

    pub(super) fn lineage(self, lineage: u64) -> Self {
        Self { lineage, ..self }
    }
}

impl Series {
    /// The record that is the latest, and all that are there.
    pub(super) fn new(latest: u64, records: Vec<Listed>) -> Self {
        Self { latest: Some(latest), records }
    }
}

impl Instance {
    pub(super) fn new(name: &'static str, series: Series) -> Self {
        Self { name, series }
    }
}

impl Listed {
    /// Record `sequence` of `schema`, with these values.
    pub(super) fn new(schema: &Schema, sequence: u64, cells: &[Cell]) -> Self {
        let names = schema.fields().iter().map(|field| field.name().to_owned());
        let values = cells.iter().map(|cell| cell.json.clone());
        let published_at = time_of(sequence);
        let record = Fields(names.zip(values).collect());
        Self { sequence, published_at, wall_time: published_at + WALL_OFFSET, record }
    }

    /// The same by a wall clock that was set.
    pub(super) fn later(self, nanoseconds: u64) -> Self {
        Self { wall_time: self.wall_time + nanoseconds, ..self }
    }
}

/// The list, ASCII alone.
pub(super) fn json(vectors: &[Vector]) -> String {
    let line = |vector| serde_json::to_string(vector).expect("strings and numbers");
    let lines: Vec<String> = vectors.iter().map(line).collect();
    format!("[\n{}\n]\n", lines.join(",\n"))
}
