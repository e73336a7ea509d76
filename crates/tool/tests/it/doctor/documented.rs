//! `docs/doctor.md` has each finding, and a test here provokes it.

use std::fmt::Write as _;
use std::fs;

use clap::ValueEnum as _;
use tool::doctor::Id;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/doctor.md");
const TESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/doctor");

#[test]
fn the_document_has_a_row_for_each_finding() {
    let mut table = "| finding | means |\n|---|---|\n".to_owned();
    for id in Id::value_variants() {
        let _ = writeln!(table, "| `{}` | {} |", id.name(), id.meaning());
    }
    let text = fs::read_to_string(DOCUMENT).expect("docs/doctor.md");
    let start = text.find("| finding | means |").expect("a table");
    let end = start + text[start..].find("\n\n").expect("an empty line behind it") + 1;
    if std::env::var_os("MAPCAST_BLESS").is_some() {
        fs::write(DOCUMENT, format!("{}{table}{}", &text[..start], &text[end..])).expect("written");
        return;
    }
    assert_eq!(&text[start..end], table, "MAPCAST_BLESS=1 writes it anew");
}

#[test]
fn each_finding_is_provoked_by_a_test() {
    let files = fs::read_dir(TESTS).expect("the tests").flatten();
    let sources: String =
        files.map(|file| fs::read_to_string(file.path()).expect("a source")).collect();
    for id in Id::value_variants() {
        let is_asserted = format!("\"{}\"", id.name());
        assert!(sources.contains(&is_asserted), "no test provokes {is_asserted}");
    }
}
