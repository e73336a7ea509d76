//! What the fields of a record are called as metrics, and of which type they are.
//!
//! Invariant: no two fields of a record have one name, and none has the name of a metric of the region's own.
//!
//! ```text
//!   mapcast_RECORD_FIELD[_UNIT]          gauge       a number, a bool
//!   mapcast_RECORD_FIELD                 stateset    a number or character with labels
//!   mapcast_RECORD_FIELD_number          gauge       that number
//!   mapcast_RECORD_FIELD (_info)         info        a text
//! ```

use std::collections::BTreeSet;

use mapcast::dynamic::{Field, Schema};

use super::families::{Kind, Metric};
use super::units::Unit;

/// How names begin.
const PREFIX: &str = "mapcast";

/// Ends of names that `OpenMetrics` gives to samples of other types.
const RESERVED: [&str; 6] = ["_bucket", "_count", "_created", "_info", "_sum", "_total"];

/// A field as metrics.
#[derive(Debug)]
pub(crate) enum FieldMetric {
    Number(Metric, Unit),
    /// A word for some numbers, and the number; `None` for a character.
    Word(Metric, Option<Metric>),
    Text(Metric),
}

impl FieldMetric {
    /// Those of `schema`, in the order of its fields. No name is one of `taken`.
    pub(crate) fn all(schema: &Schema, taken: &[&Metric]) -> Vec<Self> {
        let mut taken = taken.iter().map(|metric| metric.name.to_string()).collect();
        schema.fields().iter().map(|field| Self::of(schema, field, &mut taken)).collect()
    }

    fn of(schema: &Schema, field: &Field, taken: &mut BTreeSet<String>) -> Self {
        let base = format!("{PREFIX}_{}_{}", snake(schema.name()), snake(field.name()));
        let help = help(schema, field);
        let mut metric = |name: &str, kind: Kind, unit: &str| Metric {
            name: free(ending_in(name, unit), unit, taken).into(),
            kind,
            unit: unit.to_owned().into(),
            help: help.clone().into(),
        };
        let is_text = field.ctype().is_text();
        if !field.labels().is_empty() {
            let word = metric(&base, Kind::StateSet, "");
            let number = || metric(&format!("{base}_number"), Kind::Gauge, "");
            return Self::Word(word, (!is_text).then(number));
        }
        if is_text {
            return Self::Text(metric(&base, Kind::Info, ""));
        }
        let unit = Unit::of(field.unit());
        Self::Number(metric(&base, Kind::Gauge, &unit.name), unit)
    }
}

/// What the field is, for people; never empty.
fn help(schema: &Schema, field: &Field) -> String {
    match field.help() {
        "" => format!("Field {} of record {}.", field.name(), schema.name()),
        help => help.to_owned(),
    }
}

/// `name` with the unit at its end, and not an end that means something else.
fn ending_in(name: &str, unit: &str) -> String {
    if !unit.is_empty() {
        let has_unit = name.strip_suffix(unit).is_some_and(|rest| rest.ends_with('_'));
        return if has_unit { name.to_owned() } else { format!("{name}_{unit}") };
    }
    let is_reserved = RESERVED.iter().any(|end| name.ends_with(end));
    if is_reserved { format!("{name}_value") } else { name.to_owned() }
}

/// `name`, or one like it that is not taken.
fn free(mut name: String, unit: &str, taken: &mut BTreeSet<String>) -> String {
    while !taken.insert(name.clone()) {
        let end = name.len() - unit.len();
        name.insert_str(if unit.is_empty() { end } else { end - 1 }, "_x");
    }
    name
}

/// `text` in small letters, digits and `_`: `cpuLoad` is `cpu_load`.
pub(crate) fn snake(text: &str) -> String {
    let mut snake = String::with_capacity(text.len() + 4);
    let mut before_was_small = false;
    for found in text.chars() {
        if found.is_ascii_uppercase() && before_was_small {
            snake.push('_');
        }
        before_was_small = found.is_ascii_lowercase() || found.is_ascii_digit();
        snake.push(if found.is_ascii_alphanumeric() { found.to_ascii_lowercase() } else { '_' });
    }
    snake
}

#[cfg(test)]
mod tests {
    use mapcast::dynamic::{CType, FieldSpec, Schema};

    use super::FieldMetric;
    use crate::export::families::{Kind, Metric};

    fn names(record: &str, fields: &[(&str, &str, &str)]) -> Vec<String> {
        let spec = |&(name, ctype, unit): &(&str, &str, &str)| {
            FieldSpec::new(name, ctype.parse::<CType>().expect("a type")).unit(unit)
        };
        let schema = Schema::builder(record).fields(fields.iter().map(spec)).build();
        let own = Metric::own("mapcast_region_up", Kind::Gauge, "", "");
        let metrics = FieldMetric::all(&schema.expect("a schema"), &[&own]);
        let name = |metric: &FieldMetric| match metric {
            FieldMetric::Number(metric, _) | FieldMetric::Text(metric) => metric.name.to_string(),
            FieldMetric::Word(word, _) => word.name.to_string(),
        };
        metrics.iter().map(name).collect()
    }

    #[test]
    fn a_name_has_the_record_the_field_and_the_unit() {
        assert_eq!(
            names(
                "HostLoad",
                &[("load1", "f32", ""), ("upTime", "f64", "ms"), ("a_bytes", "u64", "B")]
            ),
            [
                "mapcast_host_load_load1",
                "mapcast_host_load_up_time_seconds",
                "mapcast_host_load_a_bytes"
            ]
        );
    }

    #[test]
    fn no_two_fields_have_one_name_and_none_has_one_that_means_something_else() {
        assert_eq!(
            names(
                "R",
                &[
                    ("aB", "u8", "s"),
                    ("a_b", "u8", "s"),
                    ("x_total", "u8", ""),
                    ("n", "char[4]", "")
                ]
            ),
            [
                "mapcast_r_a_b_seconds",
                "mapcast_r_a_b_x_seconds",
                "mapcast_r_x_total_value",
                "mapcast_r_n"
            ]
        );
        assert_eq!(names("region", &[("up", "u8", "")]), ["mapcast_region_up_x"]);
    }
}
