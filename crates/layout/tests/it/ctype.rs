//! Types are written as in C; invalid ones are refused.

use layout::{CType, MAX_RECORD, Scalar, SchemaPart as Part};

fn refused(text: &str) -> String {
    text.parse::<CType>().expect_err(text).to_string()
}

#[test]
fn every_scalar_survives_its_name_and_its_code() {
    for scalar in Scalar::ALL {
        assert_eq!(scalar.to_string().parse(), Ok(scalar));
        assert_eq!(Scalar::from_code(scalar.code()), Some(scalar));
    }
    let mut codes = Scalar::ALL.map(Scalar::code);
    codes.sort_unstable();
    assert_eq!(codes, core::array::from_fn(|index| u8::try_from(index + 1).expect("12 codes")));
}

#[test]
fn code_zero_is_not_a_scalar() {
    assert_eq!(Scalar::from_code(0), None);
    assert_eq!(Scalar::from_code(13), None);
}

#[test]
fn an_array_survives_its_text() {
    for text in ["char[20]", "f32[3]", "u8[1]", "i64[2097152]", "bool[16777216]"] {
        let ctype: CType = text.parse().expect(text);
        assert_eq!(ctype.to_string(), text);
    }
}

#[test]
fn sizes_and_alignments_are_those_of_c() {
    for (text, size, align) in [
        ("i8", 1, 1),
        ("u16", 2, 2),
        ("f32", 4, 4),
        ("f64", 8, 8),
        ("bool", 1, 1),
        ("i16[3]", 6, 2),
    ] {
        let ctype: CType = text.parse().expect(text);
        assert_eq!((ctype.size(), ctype.align()), (size, align), "{text}");
    }
}

#[test]
fn only_char_and_its_arrays_are_text() {
    let text = |text: &str| text.parse::<CType>().expect(text).is_text();
    assert!(text("char") && text("char[4]"));
    assert!(!text("u8") && !text("u8[4]") && !text("bool"));
}

#[test]
fn a_field_of_zero_chars_is_refused() {
    let error = refused("char[0]");
    let why = "type char[0] has no elements; give it at least one or leave the field out";
    assert_eq!(error, why);
    assert_eq!(refused("f64[000]"), why.replace("char", "f64"));
}

#[test]
fn an_unknown_type_is_refused_with_the_known_ones() {
    for text in ["", "int", "I32", " i32", "i32 ", "char*", "[3]", "x[3]", "i32]"] {
        let why = format!(
            "type {text:?} is unknown; use i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 bool char, \
             or an array such as char[20]"
        );
        assert_eq!(refused(text), why);
    }
}

#[test]
fn a_count_that_is_not_a_number_is_refused() {
    for (text, why) in [
        ("char[]", "has no element count; write it as char[20]"),
        ("f32[", "does not end with ]; write it as f32[20]"),
        ("char[2", "does not end with ]; write it as char[20]"),
        ("u8[-1]", "has no whole number between [ and ]; write it as u8[20]"),
        ("char[+1]", "has no whole number between [ and ]; write it as char[20]"),
        ("char[ 2]", "has no whole number between [ and ]; write it as char[20]"),
        ("char[2]]", "has no whole number between [ and ]; write it as char[20]"),
        ("u8[x]", "has no whole number between [ and ]; write it as u8[20]"),
        ("f32[2][2]", "is an array of arrays; use one of all elements, as in f32[20]"),
    ] {
        assert_eq!(refused(text), format!("type {text:?} {why}"));
    }
}

#[test]
fn an_array_larger_than_a_record_is_refused() {
    assert!(CType::array(Scalar::Char, MAX_RECORD).is_ok());
    for (scalar, count) in
        [(Scalar::Char, MAX_RECORD + 1), (Scalar::F64, MAX_RECORD / 8 + 1), (Scalar::U64, u32::MAX)]
    {
        assert_eq!(CType::array(scalar, count).expect_err("too large").part(), Part::Type);
        assert_eq!(refused(&format!("{scalar}[{count}]")), too_large(scalar, count));
    }
    let digits = "99999999999999999999";
    assert_eq!(refused(&format!("u8[{digits}]")), too_large(Scalar::U8, digits));
}

fn too_large(scalar: Scalar, count: impl std::fmt::Display) -> String {
    format!(
        "type {scalar}[{count}] is larger than a record may be (16777216 bytes); shorten the array"
    )
}
