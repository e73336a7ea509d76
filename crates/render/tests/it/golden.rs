//! The exact line of a record of every type, in each format. Without an origin: a bare file has none.

use layout::{CType, FieldSpec, RecordView, Schema, SchemaBuilder};
use render::{Format, Reading, View};

/// Every scalar, arrays, labels of each kind, text of each awkward kind.
pub(crate) fn builder() -> SchemaBuilder {
    let field = |name: &str, ctype: &str| FieldSpec::new(name, ctype.parse::<CType>().unwrap());
    Schema::builder("ALL").fields([
        field("a", "i8"),
        field("b", "i16"),
        field("c", "i32"),
        field("d", "i64").unit("ns"),
        field("e", "u8").label(7, "seven"),
        field("f", "u16"),
        field("g", "u32"),
        field("h", "u64"),
        field("i", "f32").unit("m/s"),
        field("j", "f64"),
        field("k", "bool").label(1, "yes"),
        field("l", "char").label(109, "male"),
        field("m", "char[12]"),
        field("n", "u8[3]").label(2, "two"),
        field("o", "f32[2]"),
        field("p", "bool[2]"),
    ])
}

pub(crate) fn bytes(schema: &Schema) -> Vec<u8> {
    let mut bytes = vec![0xee; schema.size() as usize];
    let mut put = |name: &str, value: &[u8]| {
        let at = schema.field(name).unwrap().offset() as usize;
        bytes[at..at + value.len()].copy_from_slice(value);
    };
    put("a", &(-128_i8).to_le_bytes());
    put("b", &(-300_i16).to_le_bytes());
    put("c", &i32::MIN.to_le_bytes());
    put("d", &i64::MIN.to_le_bytes());
    put("e", &[7]);
    put("f", &u16::MAX.to_le_bytes());
    put("g", &u32::MAX.to_le_bytes());
    put("h", &u64::MAX.to_le_bytes());
    put("i", &0.1_f32.to_le_bytes());
    put("j", &(-1e300_f64).to_le_bytes());
    put("k", &[1]);
    put("l", b"m");
    put("m", b"a,\"\x1b\xff\n\xc2\x9b\\\0x");
    put("n", &[1, 2, 3]);
    put("o", &[f32::NAN.to_le_bytes(), f32::INFINITY.to_le_bytes()].concat());
    put("p", &[0, 9]);
    bytes
}

/// What `view` makes of the record.
pub(crate) fn view(schema: &Schema, view: &View) -> String {
    let (bytes, mut out) = (bytes(schema), Vec::new());
    let record = RecordView::new(schema, &bytes).unwrap();
    view.of(schema)
        .unwrap()
        .render(&Reading { record, instance: None, origin: None }, &mut out)
        .unwrap();
    String::from_utf8(out).unwrap()
}

fn print(schema: &Schema, format: Format) -> String {
    view(schema, &View { format, ..View::default() })
}

#[test]
fn text_without_a_template_names_every_field() {
    let line = "a=-128\tb=-300\tc=-2147483648\td=-9223372036854775808\te=seven\tf=65535\t\
                g=4294967295\th=18446744073709551615\ti=0.1\tj=-1e300\tk=yes\tl=male\t\
                m=a,\"\\x1b\u{fffd}\\x0a\\x9b\\\tn=[1, two, 3]\to=[NaN, inf]\tp=[false, true]\n";
    let schema = builder().build().unwrap();
    assert_eq!(print(&schema, Format::Text), line);
    assert_eq!(print(&schema, Format::Status), format!("-\t-\t-\t{line}"));
}

#[test]
fn text_is_printed_by_the_template_of_the_region() {
    let template = "{{{e}}} {i:.3}\t{j:.0} {m}|{l}{n} {o:.1} \\n";
    let schema = builder().line(template).build().unwrap();
    let line = print(&schema, Format::Text);
    let (start, rest) = line.split_once('\t').unwrap();
    assert_eq!(start, "{seven} 0.100");
    let (number, rest) = rest.split_once(' ').unwrap();
    assert_eq!((number.len(), number.parse()), (302, Ok(-1e300_f64)));
    assert_eq!(rest, "a,\"\\x1b\u{fffd}\\x0a\\x9b\\|male[1, two, 3] [NaN, inf] \\n\n");
}

#[test]
fn json_has_numbers_in_full_and_escapes_what_controls_a_terminal() {
    let record = "{\"a\":-128,\"b\":-300,\"c\":-2147483648,\"d\":-9223372036854775808,\"e\":7,\
                  \"f\":65535,\"g\":4294967295,\"h\":18446744073709551615,\"i\":0.1,\"j\":-1e+300,\
                  \"k\":true,\"l\":\"m\",\"m\":\"a,\\\"\\u001b\u{fffd}\\n\\u009b\\\\\",\
                  \"n\":[1,2,3],\"o\":[null,null],\"p\":[false,true]}";
    let line = format!(
        "{{\"lineage\":null,\"sequence\":null,\"published_at\":null,\"age_ns\":null,\
         \"state\":null,\"epoch\":null,\"record\":{record}}}\n"
    );
    assert_eq!(print(&builder().build().unwrap(), Format::Json), line);
}

#[test]
fn csv_has_a_column_for_each_element_and_quotes_text_that_needs_it() {
    let names = "a b c d e f g h i j k l m n[0] n[1] n[2] o[0] o[1] p[0] p[1]";
    let names: Vec<String> = names.split(' ').map(|name| format!("record.{name}")).collect();
    let header = format!("lineage,sequence,published_at,age_ns,state,epoch,{}", names.join(","));
    let row = ",,,,,,-128,-300,-2147483648,-9223372036854775808,7,65535,4294967295,\
               18446744073709551615,0.1,-1e300,true,m,\"a,\"\"\\x1b\u{fffd}\\x0a\\x9b\\\",1,2,3,\
               NaN,inf,false,true";
    assert_eq!(print(&builder().build().unwrap(), Format::Csv), format!("{header}\n{row}\n"));
}
