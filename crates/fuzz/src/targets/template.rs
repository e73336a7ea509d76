//! A line template for a record with one of everything, and the bytes of that record.
//!
//! ```text
//!   | 72 bytes: the record | the template |
//! ```

use layout::{RecordView, Template};

use super::schema::rich;

pub(super) fn run(input: &[u8]) {
    let schema = rich();
    let Some((record, text)) = input.split_at_checked(schema.size() as usize) else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    match Template::parse(text, schema.fields()) {
        Ok(template) => {
            assert_eq!(template.text(), text);
            let view = RecordView::new(schema, record).expect("the right length");
            assert!(super::is_harmless(&view.line_by(&template).to_string()));
        }
        Err(error) => assert!(super::is_harmless(&error.to_string()), "{error}"),
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let texts = [
        "{mode}\t{speed:.2} {{{who}}} {initial}",
        "{place:.32}{place}{alarms}{far}{far}",
        "{speed:.33}",
        "{nobody} }",
    ];
    let record: Vec<u8> = (0..rich().size().try_into().expect("small")).collect();
    texts.map(|text| [&record, text.as_bytes()].concat()).into()
}
