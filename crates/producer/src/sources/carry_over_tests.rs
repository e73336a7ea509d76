//! What a reload takes over of a field: the bytes that it holds.

use super::test_setup::configuration;
use super::{Moment, RecordBuf, Sources};

/// The bytes of a record of one field after a reload from `old` to `new`, and whether the field was taken over.
/// Before it, the field holds `value`, or what its source says.
fn reloaded(old: (&str, &str), new: (&str, &str), value: Option<&[u8]>) -> (Vec<u8>, bool) {
    let dir = tempfile::tempdir().expect("directory");
    let sources = |field| Sources::new(&configuration(&dir, &[field]).record, Moment::now());
    let (earlier, mut sources) = (sources(old), sources(new));
    let mut last: RecordBuf = earlier.first_record();
    if let Some(value) = value {
        last.bytes_mut().copy_from_slice(value);
    }
    let mut record = sources.first_record();
    let kept = sources.carry_over(earlier, &last, &mut record);
    (record.bytes().to_vec(), kept == [(0, 0)])
}

#[test]
fn a_field_keeps_its_bytes_whatever_they_are_as_text() {
    let input = "input = { key = \"t\" }";
    let labelled = format!("{input} }}\nlabels = {{ 65 = 'B', 66 = 'A'");
    for (ctype, source, value) in [
        ("char[4]", input, &b"abcd"[..]),   // no NUL at the end
        ("char[4]", input, b"\xe9t\xe9\0"), // Latin-1
        ("char[4]", input, b"a\0b\0"),      // something behind the NUL
        ("char", input, b"\xe9"),
        ("char", labelled.as_str(), b"A"),
        ("u8", labelled.as_str(), b"C"),
        ("bool", input, b"\x02"),
        ("f32", input, b"\x01\0\xc0\x7f"), // a NaN with a payload
    ] {
        let same = (ctype, source);
        let (bytes, is_kept) = reloaded(same, same, Some(value));
        assert_eq!((bytes.as_slice(), is_kept), (value, true), "{ctype} of {source}");
    }
}

#[test]
fn a_value_stays_the_same_number_when_labels_change_and_a_constant_the_same_label() {
    let labelled = |source: &str, on: u8| format!("{source} }}\nlabels = {{ {on} = 'B'");
    let reload = |source: &str, value| {
        let [old, new] = [65, 67].map(|on| labelled(source, on));
        reloaded(("char", old.as_str()), ("char", new.as_str()), value)
    };
    assert_eq!(reload("input = { key = \"t\" }", Some(b"A")), (b"A".to_vec(), true));
    assert_eq!(reload("const = \"B\"", None), (b"C".to_vec(), true));
}
