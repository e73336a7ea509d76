//! What a field holds after a line that has no value for it.
//!
//! ```text
//!   (nothing)          the value of the line before
//!   required           nothing: the line is a bad one
//!   default            the default
//!   max_age            the value before, for so long; then the default, or NaN
//! ```
//!
//! Price: a look at each field of the input a line, and at the clock once.

use daemon::Monotonic;
use layout::{Literal, RecordBuf, ValueError};

use super::json::refused;
use super::keys::{Keys, Target};
use super::line_error::LineError;

/// Sets the fields for which the line of `now` had no value: those that are not in `found`.
pub(super) fn fill(
    keys: &Keys,
    found: &[bool],
    now: Monotonic,
    record: &mut RecordBuf,
) -> Result<(), LineError> {
    for (target, _) in keys.targets.iter().zip(found).filter(|(_, found)| !**found) {
        if target.required {
            return Err(LineError::Missing(target.key.to_string()));
        }
        if !is_old(target, now) {
            continue;
        }
        let set = match &target.default {
            Some(default) => record.set(target.field, default),
            None => set_unknown(record, target.field),
        };
        set.map_err(|error| refused(target, error))?;
    }
    Ok(())
}

/// Whether the last value of the field counts no more.
fn is_old(target: &Target, now: Monotonic) -> bool {
    match (target.max_age, target.seen) {
        (Some(limit), Some(seen)) => now.since(seen) > limit,
        _ => target.default.is_some(),
    }
}

/// Sets a float, or each one of an array, to NaN: not known.
pub(super) fn set_unknown(record: &mut RecordBuf, field: usize) -> Result<(), ValueError> {
    let nan = Literal::Float(f64::NAN);
    let Some(count) = record.schema().fields()[field].ctype().count() else {
        return record.set_literal(field, nan);
    };
    let mut elements = record.elements(field)?;
    (0..count).try_for_each(|_| elements.push(nan))?;
    elements.finish()
}

#[cfg(test)]
mod tests {
    use settings::{Settings, Source};

    use super::{Keys, LineError, Monotonic, RecordBuf, fill};

    /// The sources of fields `a`, `b` and so on, as a configuration has them.
    fn setup(sources: &[(&str, &str)]) -> (Keys, RecordBuf) {
        let field = |((ctype, source), name): (&(&str, &str), char)| {
            format!(
                "[[record.field]]\nname = \"{name}\"\ntype = \"{ctype}\"\n\
                 source = {{ input = {{ {source} }} }}\n"
            )
        };
        let fields: Vec<String> = sources.iter().zip('a'..).map(field).collect();
        let text = "[region]\nname = \"x\"\n[record]\nname = \"X\"\n".to_owned() + &fields.concat();
        let record = Settings::parse(&text, "x.toml").expect("settings").record;
        let sources = record.sources.iter().map(|source| match source {
            Source::Input(source) => source,
            _ => unreachable!("all are input"),
        });
        (Keys::new(sources.zip(0..)), RecordBuf::new(record.schema))
    }

    fn at(seconds: u64) -> Monotonic {
        Monotonic::from_nanos(seconds * 1_000_000_000)
    }

    fn values(record: &RecordBuf) -> [String; 2] {
        [0, 1].map(|field| record.value(field).to_string())
    }

    #[test]
    fn a_default_is_what_the_field_holds_after_each_line_without_it() {
        let (mut keys, mut record) = setup(&[("u8", "default = 7"), ("u8", "")]);
        assert!(!keys.is_complete());
        assert_eq!(keys.missing(), ["b"]);
        fill(&keys, &[false, true], at(1), &mut record).expect("good");
        keys.mark_seen(&[true, true], at(1));
        assert!(keys.is_complete());
        assert_eq!(values(&record), ["7", "0"]);
        fill(&keys, &[false, false], at(2), &mut record).expect("good");
        assert_eq!(values(&record), ["7", "0"]);
    }

    #[test]
    fn a_value_counts_for_its_age_and_then_it_is_the_default_or_nan() {
        let sources = [("u8", "default = 7, max_age = \"5s\""), ("f32[2]", "max_age = \"5s\"")];
        let (mut keys, mut record) = setup(&sources);
        keys.mark_seen(&[true, true], at(1));
        fill(&keys, &[false, false], at(6), &mut record).expect("good");
        assert_eq!(values(&record), ["0", "[0, 0]"]);
        fill(&keys, &[false, false], at(7), &mut record).expect("good");
        assert_eq!(values(&record), ["7", "[NaN, NaN]"]);
    }

    #[test]
    fn a_value_that_never_came_is_the_default_and_without_one_nothing_is_published() {
        let sources = [("u8", "default = 7, max_age = \"5s\""), ("f32", "max_age = \"5s\"")];
        let (keys, mut record) = setup(&sources);
        fill(&keys, &[false, false], at(1), &mut record).expect("good");
        assert_eq!(values(&record), ["7", "0"]);
        assert_eq!(keys.missing(), ["b"]);
    }

    #[test]
    fn a_line_without_a_required_value_is_a_bad_one() {
        let (keys, mut record) = setup(&[("u8", "required = true")]);
        let missing = fill(&keys, &[false], at(1), &mut record);
        assert_eq!(missing, Err(LineError::Missing("a".to_owned())));
        assert_eq!(fill(&keys, &[true], at(1), &mut record), Ok(()));
    }
}
