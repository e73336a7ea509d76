//! Values of a line that are inside of other values: the elements of a list that fills a field, and no others.

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

/// The first of the input keys whose value is inside of one that is no list or object for another key.
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

/// Whether a list of a line fills this field.
fn is_list(schema: &Schema, field: Option<usize>) -> bool {
    let ctype = field.and_then(|field| schema.fields().get(field)).map(layout::Field::ctype);
    ctype.is_some_and(|ctype| ctype.count().is_some() && !ctype.is_text())
}
