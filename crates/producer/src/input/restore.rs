//! The values of the newest record of a region, for fields that no line has set yet.

use daemon::Monotonic;
use layout::RecordBuf;

use super::keys::Keys;
use super::left_out;

/// Sets the fields of `keys` in `record` that no line has set to what `newest` has, a record of the same
/// schema that was published `at`: as if its values had come by a line then, and been left out since.
pub(crate) fn restore(newest: &RecordBuf, at: Monotonic, keys: &mut Keys, record: &mut RecordBuf) {
    let found: Vec<bool> = keys.targets.iter().map(|target| target.seen.is_some()).collect();
    for (target, _) in keys.targets.iter_mut().zip(&found).filter(|(_, found)| !**found) {
        copy_field((newest, target.field), (record, target.field));
        target.seen = Some(at);
    }
    if found.contains(&true) {
        // A required value was in that line.
        let _ = left_out::fill(keys, &found, Monotonic::now(), record);
    }
}

/// Copies the bytes of a field, given by its number, to one of the same type in another record. As text they would
/// not all come through: a text without a NUL, one that is not UTF-8, a character that is the label of another one.
pub(crate) fn copy_field(
    (from, source): (&RecordBuf, usize),
    (to, target): (&mut RecordBuf, usize),
) {
    let range = |record: &RecordBuf, field: usize| record.schema().fields()[field].range();
    let (source, target) = (range(from, source), range(to, target));
    to.bytes_mut()[target].copy_from_slice(&from.bytes()[source]);
}

#[cfg(test)]
mod tests {
    use settings::Settings;

    use super::{Monotonic, RecordBuf, restore};
    use crate::input::apply_line;
    use crate::run::keys;

    const CONFIG: &str = "[region]\nname = \"x\"\n[record]\nname = \"X\"\nfield = [\
        { name = \"a\", type = \"u8\", source = { input = {} } },\
        { name = \"b\", type = \"u8\", source = { input = { default = 7 } } },\
        { name = \"c\", type = \"f32\", source = { input = { max_age = \"1h\" } } },\
        { name = \"d\", type = \"u8\", source = { input = { default = 9, max_age = \"1h\" } } },\
        ]\n";

    /// The values after `line` and then a restart over a record of 1, 2, 3, 4 that is so many hours old.
    fn restored(line: &str, hours: u64) -> String {
        let settings = Settings::parse(CONFIG, "x.toml").expect("settings");
        let (mut keys, mut all) = (keys(&settings), keys(&settings));
        let mut record = RecordBuf::new(settings.record.schema);
        let mut newest = record.clone();
        let line_of_all = b"{\"a\": 1, \"b\": 2, \"c\": 3, \"d\": 4}";
        apply_line(line_of_all, &mut all, &mut newest, &mut || true).expect("a good line");
        if !line.is_empty() {
            apply_line(line.as_bytes(), &mut keys, &mut record, &mut || true).expect("a good line");
        }
        let span = std::time::Duration::from_secs(hours * 3600);
        restore(&newest, Monotonic::from_nanos(0).after(span), &mut keys, &mut record);
        assert!(keys.is_complete(), "{:?}", keys.missing());
        record.view().line().to_string()
    }

    #[test]
    fn a_record_without_lines_is_the_newest_one() {
        assert_eq!(restored("", 0), "a=1\tb=2\tc=3\td=4");
    }

    #[test]
    fn what_a_line_has_set_stays_and_what_it_left_out_is_as_without_a_restart() {
        let now = 24 * 365 * 300; // later than any clock: no value is old
        assert_eq!(restored("{\"b\": 5}", now), "a=1\tb=5\tc=3\td=4");
        assert_eq!(restored("{\"a\": 5}", now), "a=5\tb=7\tc=3\td=4");
        assert_eq!(restored("{\"c\": 5, \"d\": 6}", now), "a=1\tb=7\tc=5\td=6");
    }
}
