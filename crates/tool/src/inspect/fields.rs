//! A field as `inspect` and `schema --as json` describe it.

use std::collections::BTreeMap;

use daemon::plain;
use mapcast::dynamic::Field;
use render::{Align, table};
use serde::Serialize;

/// One field, as JSON has it.
#[derive(Debug, Serialize)]
pub(crate) struct FieldFacts {
    name: String,
    #[serde(rename = "type")]
    ctype: String,
    offset: u32,
    size: u32,
    unit: String,
    help: String,
    labels: BTreeMap<i64, String>,
}

impl FieldFacts {
    pub(crate) fn of(field: &Field) -> Self {
        Self {
            name: field.name().to_owned(),
            ctype: field.ctype().to_string(),
            offset: field.offset(),
            size: field.ctype().size(),
            unit: field.unit().to_owned(),
            help: field.help().to_owned(),
            labels: field.labels().iter().map(|label| (label.value, label.text.clone())).collect(),
        }
    }

    fn cells(&self) -> [String; 5] {
        let labels: Vec<_> =
            self.labels.iter().map(|(value, text)| format!("{value} = {text}")).collect();
        let help: Vec<_> = [self.help.as_str(), &labels.join(", ")]
            .into_iter()
            .filter(|part| !part.is_empty())
            .map(plain)
            .collect();
        [
            self.offset.to_string(),
            self.ctype.clone(),
            plain(&self.name),
            plain(&self.unit),
            help.join("; "),
        ]
    }
}

/// A row for each field, under a head.
pub(crate) fn field_table(fields: &[FieldFacts]) -> String {
    let (left, right) = (Align::Left, Align::Right);
    let heads = [("OFFSET", right), ("TYPE", left), ("NAME", left), ("UNIT", left), ("HELP", left)];
    table(&heads, &fields.iter().map(FieldFacts::cells).collect::<Vec<_>>())
}
