//! `--field NAME:TYPE[:UNIT[:LABELS]]`: a record without a configuration.

use std::str::FromStr;

use mapcast::dynamic::{CType, FieldSpec, Schema, SchemaBuilder, SchemaError};

use crate::record_name::record_name;

/// One field, as it was written.
#[derive(Clone, Debug)]
pub struct FieldOption(FieldSpec);

impl FromStr for FieldOption {
    type Err = String;

    /// `x:f64`, `x:f64:m`, `mode:u8::0=off,1=auto`.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.splitn(4, ':');
        let (name, ctype) = match (parts.next(), parts.next()) {
            (Some(name), Some(ctype)) if !name.is_empty() => (name, ctype),
            _ => return Err("write NAME:TYPE, such as x:f64 or x:f64:m".to_owned()),
        };
        let ctype: CType = ctype.parse().map_err(|error: SchemaError| error.to_string())?;
        let spec = FieldSpec::new(name, ctype).unit(parts.next().unwrap_or_default());
        let labels = parts.next().unwrap_or_default().split(',').filter(|label| !label.is_empty());
        labels
            .map(label)
            .try_fold(spec, |spec, label| {
                let (value, text) = label?;
                Ok(spec.label(value, text))
            })
            .map(Self)
    }
}

fn label(text: &str) -> Result<(i64, &str), String> {
    let parsed = text.split_once('=').and_then(|(value, text)| Some((value.parse().ok()?, text)));
    parsed.ok_or_else(|| format!("{text:?} is no label; write them as 0=off,1=auto"))
}

/// The record of these fields, called after the region `name`.
pub(super) fn schema(name: &str, fields: &[FieldOption]) -> Result<Schema, SchemaError> {
    let fields = fields.iter().map(|field| field.0.clone());
    fields.fold(Schema::builder(record_name(name)), SchemaBuilder::field).build()
}

#[cfg(test)]
mod tests {
    use super::{FieldOption, schema};

    #[test]
    fn a_field_has_a_type_and_perhaps_a_unit_and_labels() {
        let fields = ["x:f64:m", "mode:u8::0=off,1=auto", "v:f32[3]"];
        let fields = fields.map(|field| field.parse::<FieldOption>().expect("a field"));
        let schema = schema("2-axes", &fields).expect("a record");
        assert_eq!(schema.name(), "_2_axes");
        let [x, mode, v] = schema.fields() else { panic!("{schema:?}") };
        assert_eq!((x.unit(), mode.label_text(1), v.ctype().count()), ("m", Some("auto"), Some(3)));
    }

    #[test]
    fn what_is_no_field_is_refused_with_what_to_write() {
        let refused = |text: &str| text.parse::<FieldOption>().expect_err("refused");
        for text in ["", "x", ":", ":u8"] {
            assert_eq!(refused(text), "write NAME:TYPE, such as x:f64 or x:f64:m");
        }
        assert!(refused("x:f63").contains("type \"f63\" is unknown"));
        assert_eq!(refused("m:u8::off"), "\"off\" is no label; write them as 0=off,1=auto");
    }
}
