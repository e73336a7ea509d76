//! What the fields of a record are called as metrics, and of which type they are.
//!
//! Invariant: no two fields of a record have one name, and none has the name of a metric of the region's own. A name is
//! made of the record's schema alone, and its end says which type it has. So no region changes the names of another,
//! though both have a record of the same name, with fields of other types.
//!
//! ```text
//!   mapcast_RECORD_FIELD[_UNIT]          gauge       a number, a bool
//!   mapcast_RECORD_FIELD_state           stateset    the label of a number or character with labels
//!   mapcast_RECORD_FIELD_info            info        a text
//! ```

use std::collections::BTreeSet;

use mapcast::dynamic::{Field, Schema};

use super::families::{Kind, Metric};
use super::units::Unit;

/// How names begin.
const PREFIX: &str = "mapcast";

/// Ends of names that `OpenMetrics` gives to samples of other types.
const RESERVED: [&str; 6] = ["bucket", "count", "created", "info", "sum", "total"];

/// The end of a stateset's name.
const STATE: &str = "state";

/// A field as metrics.
#[derive(Debug)]
pub(crate) enum FieldMetric {
    Number(Metric, Unit),
    /// A word for some numbers, and the number; `None` for a character.
    Word(Metric, Option<(Metric, Unit)>),
    Text(Metric),
}

impl FieldMetric {
    /// Those of `schema`, in the order of its fields. No name is one of `taken`.
    pub(crate) fn all(schema: &Schema, taken: &[&Metric]) -> Vec<Self> {
        let mut names = Names(taken.iter().map(|metric| metric.name.to_string()).collect());
        schema.fields().iter().map(|field| names.metrics_of(schema, field)).collect()
    }
}

/// The names that are taken.
struct Names(BTreeSet<String>);

impl Names {
    fn metrics_of(&mut self, schema: &Schema, field: &Field) -> FieldMetric {
        let base = format!("{PREFIX}_{}_{}", snake(schema.name()), snake(field.name()));
        let metric = |name: String, kind: Kind, unit: &str| Metric {
            name: name.into(),
            kind,
            unit: unit.to_owned().into(),
            help: help(schema, field).into(),
        };
        let is_text = field.ctype().is_text();
        if is_text && field.labels().is_empty() {
            return FieldMetric::Text(metric(self.of_text(&base), Kind::Info, ""));
        }
        let mut number = || {
            let unit = Unit::of(field.unit());
            (metric(self.of_number(&base, field.unit(), &unit), Kind::Gauge, &unit.name), unit)
        };
        if field.labels().is_empty() {
            let (number, unit) = number();
            return FieldMetric::Number(number, unit);
        }
        let number = (!is_text).then(number);
        let word = self.free(ending_in(&base, STATE), STATE);
        FieldMetric::Word(metric(word, Kind::StateSet, ""), number)
    }

    /// The name of a number, with the unit at its end: `latency_ms` in ms is `latency_seconds`.
    fn of_number(&mut self, base: &str, symbol: &str, unit: &Unit) -> String {
        if unit.name.is_empty() {
            return self.free(without_reserved_end(base), "");
        }
        let symbols = [symbol.to_ascii_lowercase(), snake(symbol)];
        let base = symbols.iter().find_map(|word| without_word(base, word)).unwrap_or(base);
        self.free(ending_in(base, &unit.name), &unit.name)
    }

    /// The name of the family of a text; its samples have `_info` at the end.
    fn of_text(&mut self, base: &str) -> String {
        let base = without_word(base, "info").unwrap_or(base);
        self.free(without_reserved_end(base), "")
    }

    /// `name`, or one like it that is not taken, with the same last word `end`.
    fn free(&mut self, mut name: String, end: &str) -> String {
        let end = if end.is_empty() { 0 } else { end.len() + 1 };
        while !self.0.insert(name.clone()) {
            name.insert_str(name.len() - end, "_x");
        }
        name
    }
}

/// `name` without `word`, if that is its last one.
fn without_word<'a>(name: &'a str, word: &str) -> Option<&'a str> {
    name.strip_suffix(word)?.strip_suffix('_')
}

/// `name` with `word` as its last one.
fn ending_in(name: &str, word: &str) -> String {
    if without_word(name, word).is_some() { name.to_owned() } else { format!("{name}_{word}") }
}

/// `name`, and not with an end that means something else.
fn without_reserved_end(name: &str) -> String {
    if is_reserved(name) { format!("{name}_value") } else { name.to_owned() }
}

/// Whether the last word of `name` is that of another type.
pub(super) fn is_reserved(name: &str) -> bool {
    let last = name.rsplit('_').next().unwrap_or_default();
    last == STATE || RESERVED.contains(&last)
}

/// What the field is, for people; never empty.
fn help(schema: &Schema, field: &Field) -> String {
    match field.help() {
        "" => format!("Field {} of record {}.", field.name(), schema.name()),
        help => help.to_owned(),
    }
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
    use mapcast::dynamic::{CType, FieldSpec, Scalar, Schema, SchemaBuilder};

    use super::FieldMetric;
    use crate::export::families::{Kind, Metric};

    /// A record of these fields: name, type, unit.
    fn schema(record: &str, fields: &[(&str, &str, &str)]) -> SchemaBuilder {
        let spec = |&(name, ctype, unit): &(&str, &str, &str)| {
            FieldSpec::new(name, ctype.parse::<CType>().expect("a type")).unit(unit)
        };
        Schema::builder(record).fields(fields.iter().map(spec))
    }

    fn names_of(schema: SchemaBuilder) -> Vec<String> {
        let own = Metric::own("mapcast_region_up", Kind::Gauge, "", "");
        let metrics = FieldMetric::all(&schema.build().expect("a schema"), &[&own]);
        let names = metrics.into_iter().flat_map(|metric| match metric {
            FieldMetric::Number(metric, _) | FieldMetric::Text(metric) => vec![metric.name],
            FieldMetric::Word(word, number) => {
                std::iter::once(word.name).chain(number.map(|(number, _)| number.name)).collect()
            }
        });
        names.map(|name| name.to_string()).collect()
    }

    fn names(record: &str, fields: &[(&str, &str, &str)]) -> Vec<String> {
        names_of(schema(record, fields))
    }

    #[test]
    fn a_name_has_the_record_the_field_and_the_unit() {
        let fields = [
            ("load1", "f32", ""),
            ("upTime", "f64", "ms"),
            ("a_bytes", "u64", "B"),
            ("latency_ms", "u64", "ms"),
            ("energy_kWh", "f64", "kWh"),
        ];
        assert_eq!(
            names("HostLoad", &fields),
            [
                "mapcast_host_load_load1",
                "mapcast_host_load_up_time_seconds",
                "mapcast_host_load_a_bytes",
                "mapcast_host_load_latency_seconds",
                "mapcast_host_load_energy_joules"
            ]
        );
    }

    #[test]
    fn no_two_fields_have_one_name_and_none_has_one_that_means_something_else() {
        let fields = [
            ("aB", "u8", "s"),
            ("a_b", "u8", "s"),
            ("x_total", "u8", ""),
            ("n", "char[4]", ""),
            ("n_info", "char[4]", ""),
            ("door_state", "u8", ""),
            ("errors", "u8", "count"),
        ];
        assert_eq!(
            names("R", &fields),
            [
                "mapcast_r_a_b_seconds",
                "mapcast_r_a_b_x_seconds",
                "mapcast_r_x_total_value",
                "mapcast_r_n",
                "mapcast_r_n_x",
                "mapcast_r_door_state_value",
                "mapcast_r_errors"
            ]
        );
        assert_eq!(names("region", &[("up", "u8", "")]), ["mapcast_region_up_x"]);
    }

    #[test]
    fn labels_add_a_metric_and_change_no_other_name() {
        let with_labels = |name: &str, unit: &str| {
            let field = FieldSpec::new(name, Scalar::U8).unit(unit).label(1, "on");
            names_of(Schema::builder("R").field(field))
        };
        assert_eq!(names("R", &[("mode", "u8", "")]), ["mapcast_r_mode"]);
        assert_eq!(with_labels("mode", ""), ["mapcast_r_mode_state", "mapcast_r_mode"]);
        assert_eq!(names("R", &[("left", "u8", "min")]), ["mapcast_r_left_seconds"]);
        assert_eq!(with_labels("left", "min"), ["mapcast_r_left_state", "mapcast_r_left_seconds"]);
        assert_eq!(with_labels("state", ""), ["mapcast_r_state", "mapcast_r_state_value"]);
    }
}
