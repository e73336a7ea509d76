//! Keys that no line can have together: a value inside of one that is no list, and a name that is no text.

use std::collections::HashMap;

use layout::Schema;
use layout::text::quote;

use super::{InputKey, Source};
use crate::instances::Instances;

/// A key that no line can have together with another one.
#[derive(Debug)]
pub(crate) struct Nested {
    /// The field that it fills; `None`: it names the instance.
    pub(crate) field: Option<usize>,
    /// What is wrong, and what to do.
    pub(crate) why: String,
}

/// The first of the input keys whose value is inside of one that is no list or object for another key, or is the
/// name of the instance and a number.
pub(crate) fn nested(
    sources: &[Source],
    schema: &Schema,
    instances: Option<&Instances>,
) -> Option<Nested> {
    let fields = sources.iter().enumerate().filter_map(|(field, source)| match source {
        Source::Input(input) => Some((&input.key, Some(field))),
        _ => None,
    });
    let name = match instances {
        Some(Instances::Input(input)) => Some((&input.key, None)),
        _ => None,
    };
    let keys: Vec<(&InputKey, Option<usize>)> = name.into_iter().chain(fields).collect();
    // Where several keys have one value, one that is no list decides.
    let mut flat = HashMap::new();
    for (key, field) in keys.iter().filter(|(_, field)| !is_list(schema, *field)) {
        flat.insert(key.steps(), (*key, *field));
    }
    let number = name.and_then(|(name, _)| {
        let same = keys.iter().filter(|(key, _)| key.steps() == name.steps());
        same.filter_map(|(_, field)| *field).find(|field| !takes_text(schema, *field))
    });
    if let Some(field) = number {
        return Some(Nested { field: Some(field), why: no_text(schema, field) });
    }
    keys.iter().find_map(|(key, field)| {
        let steps = key.steps();
        let outer = |end| flat.get(&steps[..end]).copied();
        let (around, of) = (1..steps.len()).find_map(outer)?;
        let what = of.map_or("the name of the instance", |_| "one value");
        let (key, around) = (quote(key.as_str()), quote(around.as_str()));
        let why = format!("{key} is inside of {around}, which is {what}; leave one of them out");
        Some(Nested { field: *field, why })
    })
}

/// Whether the field holds the texts of a line: as they are, or by its labels.
fn takes_text(schema: &Schema, field: usize) -> bool {
    let field = &schema.fields()[field];
    let is_labelled = field.ctype().count().is_none() && !field.labels().is_empty();
    field.ctype().is_text() || is_labelled
}

/// Why the name of the instance does not fill the field.
fn no_text(schema: &Schema, field: usize) -> String {
    let ctype = schema.fields()[field].ctype();
    format!(
        "is the name of the instance, which is a text, and {ctype} holds none; make the field char[{}], or give it \
         another key",
        layout::MAX_INSTANCE_NAME
    )
}

/// Whether a list of a line fills this field.
fn is_list(schema: &Schema, field: Option<usize>) -> bool {
    let ctype = field.and_then(|field| schema.fields().get(field)).map(layout::Field::ctype);
    ctype.is_some_and(|ctype| ctype.count().is_some() && !ctype.is_text())
}
