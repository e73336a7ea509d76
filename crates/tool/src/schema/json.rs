//! A record as one JSON object.

use mapcast::dynamic::{Schema, Template};
use serde::Serialize;

use crate::inspect::FieldFacts;

#[derive(Serialize)]
struct RecordFacts<'s> {
    record: &'s str,
    size: u32,
    align: u32,
    line: Option<&'s str>,
    fields: Vec<FieldFacts>,
}

/// The object, indented.
pub(super) fn text(schema: &Schema) -> String {
    let facts = RecordFacts {
        record: schema.name(),
        size: schema.size(),
        align: schema.align(),
        line: schema.line().map(Template::text),
        fields: schema.fields().iter().map(FieldFacts::of).collect(),
    };
    serde_json::to_string_pretty(&facts).expect("strings and numbers") + "\n"
}
