//! The exact line of a record of an instance, in each format.

use layout::{FieldSpec, RecordView, Scalar, Schema};
use render::{Format, LineText, Reading, View};

fn schema() -> Schema {
    Schema::builder("R").field(FieldSpec::new("x", Scalar::U8)).build().unwrap()
}

/// The lines of x = 7 of these instances, one after the other.
fn lines(view: &View, instances: &[Option<&str>]) -> String {
    let (schema, mut out) = (schema(), Vec::new());
    let record = RecordView::new(&schema, &[7]).unwrap();
    let mut renderer = view.of(&schema).unwrap();
    for &instance in instances {
        renderer.render(&Reading { record, instance, origin: None }, &mut out).unwrap();
    }
    String::from_utf8(out).unwrap()
}

#[test]
fn each_format_names_the_instance_where_it_is_documented() {
    let of = |format| lines(&View { format, ..View::default() }, &[Some("eth0")]);
    assert_eq!(of(Format::Text), "eth0\tx=7\n");
    assert_eq!(of(Format::Status), "eth0\t-\t-\t-\tx=7\n");
    let json = r#"{"lineage":null,"sequence":null,"instance":"eth0","published_at":null,"age_ns":null,"state":null,"epoch":null,"record":{"x":7}}"#;
    assert_eq!(of(Format::Json), format!("{json}\n"));
    let header = "lineage,sequence,instance,published_at,age_ns,state,epoch,record.x";
    assert_eq!(of(Format::Csv), format!("{header}\n,,eth0,,,,,7\n"));
}

#[test]
fn a_line_of_the_readers_own_has_the_name_where_it_asks_for_it() {
    let line = LineText::Literal("{x} of {instance:>5}.".to_owned());
    let own = View { line: Some(line), ..View::default() };
    assert_eq!(lines(&own, &[Some("eth0"), None]), "7 of  eth0.\n7 of     -.\n");
    let status = View { format: Format::Status, ..own };
    assert_eq!(lines(&status, &[Some("lo")]), "lo\t-\t-\t-\t7 of    lo.\n");
}

#[test]
fn a_configurations_line_that_the_region_carries_is_printed_as_the_regions() {
    let field = FieldSpec::new("x", Scalar::U8);
    let schema = Schema::builder("R").field(field).line("x is {x}").build().unwrap();
    let record = RecordView::new(&schema, &[7]).unwrap();
    let reading = Reading { record, instance: Some("eth0"), origin: None };
    let print = |line: Option<LineText>, format| {
        let mut out = Vec::new();
        let view = View { line, format, ..View::default() };
        view.of(&schema).unwrap().render(&reading, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    for format in [Format::Text, Format::Status] {
        let shared = LineText::Literal("x is {x}".to_owned());
        assert_eq!(print(Some(shared), format), print(None, format), "{format:?}");
    }
    let other = LineText::Literal("{x}".to_owned());
    assert_eq!(print(Some(other), Format::Text), "7\n");
    let option = LineText::Escaped("x is {x}".to_owned());
    assert_eq!(print(Some(option), Format::Text), "x is 7\n", "the reader's own");
}

#[test]
fn a_name_is_quoted_in_csv_and_a_formula_is_marked_on_request() {
    let csv = View { format: Format::Csv, ..View::default() };
    assert!(lines(&csv, &[Some("a,\"b")]).ends_with("\n,,\"a,\"\"b\",,,,,7\n"));
    let safe = View { csv_safe: true, ..csv };
    assert!(lines(&safe, &[Some("=1+2")]).ends_with("\n,,'=1+2,,,,,7\n"));
}

#[test]
fn a_csv_header_follows_when_there_are_instances_and_when_there_are_none_again() {
    let csv = View { format: Format::Csv, ..View::default() };
    let lines = lines(&csv, &[None, None, Some("a"), Some("b"), None]);
    let is_header = lines.lines().map(|line| line.starts_with("lineage"));
    assert_eq!(
        is_header.collect::<Vec<_>>(),
        [true, false, false, true, false, false, true, false]
    );
}
