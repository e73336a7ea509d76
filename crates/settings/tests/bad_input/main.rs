//! Every way in which a configuration can be wrong, and the exact message it is answered with.
//!
//! A message is one line, `FILE:LINE:COLUMN: KEY: fact; next step`. A commit that changes one
//! changes this table, and `docs/configuration.md` where it quotes the message.

mod bridge;
mod case;
mod daemons;
mod file;
mod instances;
mod measured;
mod record;
mod region;
mod source;

use std::collections::BTreeSet;

use case::Case;
use settings::{Settings, SettingsErrorKind};

#[track_caller]
fn check(cases: &[Case]) {
    for case in cases {
        let (claim, text) = (case.claim, case.text());
        let Err(error) = Settings::parse(&text, "x.toml") else {
            panic!("{claim}: accepted\n{text}");
        };
        assert_eq!(error.to_string(), format!("x.toml:{}", case.message), "{claim}\n{text}");
    }
}

fn all() -> impl Iterator<Item = &'static Case> {
    let tables = [
        file::CASES,
        region::CASES,
        record::CASES,
        instances::CASES,
        source::CASES,
        measured::CASES,
        daemons::CASES,
    ];
    tables.into_iter().flatten()
}

#[test]
fn a_file_that_is_no_configuration_is_refused_in_its_own_words() {
    check(file::CASES);
}

#[test]
fn a_region_that_cannot_be_is_refused_in_its_own_words() {
    check(region::CASES);
}

#[test]
fn a_record_that_cannot_be_is_refused_in_its_own_words() {
    check(record::CASES);
}

#[test]
fn instances_that_cannot_be_are_refused_in_their_own_words() {
    check(instances::CASES);
}

#[test]
fn a_source_that_does_not_fit_its_field_is_refused_in_its_own_words() {
    check(source::CASES);
    check(measured::CASES);
}

#[test]
fn a_producer_or_consumer_that_cannot_run_is_refused_in_its_own_words() {
    check(daemons::CASES);
}

#[test]
fn every_message_is_one_line_with_a_place_and_a_next_step() {
    for case in all() {
        let (claim, text) = (case.claim, case.text());
        let error = Settings::parse(&text, "x.toml").expect_err(claim);
        let message = error.to_string();
        let printable = message.chars().all(|c| !c.is_control() && c != '\u{202e}');
        assert!(printable, "{claim}: {message:?}");
        assert!(message.len() < 400, "{claim}: {message}");
        let place = error.place.expect(claim);
        assert!(place.line <= text.lines().count().max(1), "{claim}: {message}");
        let is_syntax = matches!(error.kind, SettingsErrorKind::Syntax { .. });
        assert_eq!(error.key.is_none(), is_syntax, "{claim}: {message}");
        assert!(message.contains("; "), "{claim}: no next step in {message}");
    }
}

/// The messages that the manual shows are the ones people will get.
#[test]
fn every_message_in_the_manual_is_one_that_is_given() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
    let manual = std::fs::read_to_string(path).expect("the manual");
    let given: BTreeSet<&str> =
        all().map(|case| case.message).chain(bridge::messages()).map(without_place).collect();
    let shown: Vec<_> = manual.lines().filter_map(|line| line.strip_prefix("my.toml:")).collect();
    assert!(shown.len() > 20, "the manual shows only {} messages", shown.len());
    for line in shown {
        assert!(given.contains(without_place(line)), "nothing is answered with: {line}");
    }
}

/// The message behind `LINE:COLUMN: `.
fn without_place(message: &str) -> &str {
    message.splitn(3, ':').last().map_or(message, str::trim_start)
}
