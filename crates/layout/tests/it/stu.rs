//! The student of the tutorial, as a struct and through its schema.

use std::sync::Arc;

use layout::{Record, RecordBuf, RecordView, Stu, Value};

#[test]
fn the_struct_and_its_schema_agree_on_size_and_offsets() {
    let schema = Stu::schema();
    assert_eq!(schema.size() as usize, size_of::<Stu>());
    assert_eq!(schema.align() as usize, align_of::<Stu>());
    let offset = |name: &str| schema.field(name).map(layout::Field::offset);
    assert_eq!((offset("id"), offset("name"), offset("sex")), (Some(0), Some(4), Some(24)));
}

#[test]
fn the_struct_read_through_its_schema_has_its_values() {
    let (schema, stu) = (Stu::schema(), Stu::new(-5, "\u{5c0f}\u{660e}", 'f'));
    let view = RecordView::new(&schema, bytemuck::bytes_of(&stu)).expect("28 bytes");
    assert_eq!(view.get("id"), Some(Value::Int(-5)));
    assert_eq!(view.get("name"), Some(Value::from("\u{5c0f}\u{660e}")));
    assert_eq!(view.get("sex"), Some(Value::from("f")));
}

#[test]
fn values_written_through_the_schema_equal_the_struct() {
    let mut record = RecordBuf::new(Arc::new(Stu::schema()));
    for (name, value) in
        [("id", Value::Int(10)), ("name", Value::from("xiaoming")), ("sex", Value::from("m"))]
    {
        record.set_by_name(name, &value).expect(name);
    }
    let stu: Stu = bytemuck::pod_read_unaligned(record.bytes());
    assert_eq!(stu, Stu::new(10, "xiaoming", 'm'));
}

#[test]
fn a_too_long_name_is_cut_at_a_character_and_ends_with_a_nul() {
    let stu = Stu::new(1, "1234567890123456789x", 'm');
    assert_eq!(stu.name_str(), "1234567890123456789");
    assert_eq!(stu.name[19], 0);
    // The 19th byte is the first half of a character.
    let stu = Stu::new(1, "123456789012345678\u{e4}", 'm');
    assert_eq!(stu.name_str(), "123456789012345678");
}

#[test]
fn a_name_ends_at_its_first_nul() {
    assert_eq!(Stu::new(1, "ab\0cd", 'm'), Stu::new(1, "ab", 'm'));
}

#[test]
fn a_sex_that_is_not_ascii_is_left_empty() {
    assert_eq!(Stu::new(1, "a", '\u{e4}').sex, 0);
    assert_eq!(Stu::new(1, "a", '\u{16d}').sex, 0);
}
