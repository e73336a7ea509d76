//! The record of a region as JSON Schema, and the schema of the fields that are recorded.
//!
//! Invariant: what [`recorded`] returns is in the text of [`json_schema`] twice: in the words of JSON Schema, which
//! other programs read, and under [`EXACT`] as a region carries it, byte for byte.

use mapcast::dynamic::{CType, Field, FieldSpec, Scalar, Schema};
use query::FieldRef;
use serde_json::{Map, Value, json};

use crate::schema::about;

/// The member of the JSON Schema that has the schema in the encoding of a region, in hexadecimal.
pub(crate) const EXACT: &str = "x-mapcast-schema";

/// The schema of a record of these fields of `schema`: itself, if they are all of it.
///
/// # Errors
/// They are no record, because two would have one name; what to do.
pub(crate) fn recorded(schema: &Schema, fields: &[FieldRef]) -> Result<Schema, String> {
    let all = (0..schema.fields().len()).map(FieldRef::whole);
    if all.eq(fields.iter().copied()) {
        return Ok(schema.clone());
    }
    let mut builder = Schema::builder(schema.name());
    for at in fields {
        let Some(field) = at.of(schema) else { continue };
        builder = builder.field(spec(field, *at, &property_name(*at, schema)));
    }
    builder.build().map_err(|error| error.to_string())
}

fn spec(field: &Field, at: FieldRef, property: &str) -> FieldSpec {
    let ctype = at.element.map_or(field.ctype(), |_| CType::scalar(field.ctype().element()));
    let spec = FieldSpec::new(field_name(property), ctype).unit(field.unit()).help(field.help());
    field.labels().iter().fold(spec, |spec, label| spec.label(label.value, label.text.clone()))
}

/// The name of a field or an element in JSON: `velocity[0]`.
fn property_name(at: FieldRef, schema: &Schema) -> String {
    at.name(schema).to_string()
}

/// The field of a recorded record for a property of JSON: `velocity_0` for `velocity[0]`.
pub(crate) fn field_name(property: &str) -> String {
    property.replace('[', "_").replace(']', "")
}

/// The JSON Schema of objects with these fields of `schema`, which `recorded` describes.
pub(crate) fn json_schema(schema: &Schema, fields: &[FieldRef], recorded: &Schema) -> Vec<u8> {
    let mut properties = Map::new();
    for at in fields {
        if let Some(field) = at.of(schema) {
            properties.insert(property_name(*at, schema), property(field, *at));
        }
    }
    let whole = json!({
        "title": schema.name(),
        "type": "object",
        "properties": properties,
        EXACT: hex(&recorded.encode()),
    });
    whole.to_string().into_bytes()
}

fn property(field: &Field, at: FieldRef) -> Value {
    let ctype = field.ctype();
    let element = json!({ "type": type_name(ctype.element()) });
    let is_list = at.element.is_none() && !ctype.is_text();
    let mut property = match ctype.count().filter(|_| is_list) {
        Some(count) => {
            json!({ "type": "array", "items": element, "minItems": count, "maxItems": count })
        }
        None => element,
    };
    let description = about(field);
    if !description.is_empty() {
        property["description"] = description.into();
    }
    property
}

fn type_name(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::F32 | Scalar::F64 => "number",
        Scalar::Bool => "boolean",
        Scalar::Char => "string",
        _ => "integer",
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;

    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The bytes of a [`hex`] text; `None` if it is none.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let byte = |pair: &[u8; 2]| {
        let digit = |digit: u8| char::from(digit).to_digit(16);
        u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok()
    };
    pairs.iter().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use mapcast::dynamic::{CType, FieldSpec, Scalar, Schema};
    use query::FieldRef;

    use super::{EXACT, hex, json_schema, recorded, unhex};

    fn schema() -> Schema {
        let three = CType::array(Scalar::F32, 3).expect("an array");
        let builder = Schema::builder("R").line("{a}");
        let mode = FieldSpec::new("mode", Scalar::U8).label(1, "auto").help("how it flies");
        builder.field(FieldSpec::new("a", three).unit("m/s")).field(mode).build().expect("a record")
    }

    #[test]
    fn all_fields_are_the_record_itself_and_some_are_a_record_with_their_units_and_labels() {
        let schema = schema();
        let all = [FieldRef::whole(0), FieldRef::whole(1)];
        assert_eq!(recorded(&schema, &all), Ok(schema.clone()));
        let some = [FieldRef::whole(1), FieldRef { field: 0, element: Some(2) }];
        let some = recorded(&schema, &some).expect("a record");
        assert_eq!((some.fields()[0].name(), some.fields()[1].name()), ("mode", "a_2"));
        assert_eq!(some.fields()[0].label_text(1), Some("auto"));
        assert_eq!(some.fields()[1].unit(), "m/s");
    }

    #[test]
    fn json_schema_has_types_descriptions_and_the_exact_schema() {
        let schema = schema();
        let fields = [FieldRef::whole(0), FieldRef::whole(1)];
        let text = json_schema(&schema, &fields, &schema);
        let value: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
        assert_eq!(value["properties"]["a"]["maxItems"], 3);
        assert_eq!(value["properties"]["mode"]["description"], "how it flies; 1 = auto");
        let exact = unhex(value[EXACT].as_str().expect("text")).expect("hexadecimal");
        assert_eq!(Schema::decode(&exact).expect("a schema"), schema);
    }

    #[test]
    fn hexadecimal_text_is_read_back_and_nothing_else() {
        assert_eq!(unhex(&hex(&[0, 0x7f, 0xff])), Some(vec![0, 0x7f, 0xff]));
        for bad in ["0", "0g", "+1", "\u{e9}0"] {
            assert_eq!(unhex(bad), None, "{bad}");
        }
    }
}
