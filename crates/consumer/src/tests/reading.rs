//! Which records are printed, in each mode.

use std::num::NonZeroU64;

use layout::{FieldSpec, Scalar, Schema};

use super::Stage;
use crate::cli::Args;
use clap::Parser;

#[test]
fn the_latest_value_is_printed_at_each_poll_even_if_unchanged() {
    let stage = Stage::of_students();
    stage.publishes([10])();
    let played =
        stage.play(&["--poll", "1ms", "--count", "3"], (0..9).map(|_| stage.publishes([])));
    assert_eq!(played.ids(), [10, 10, 10]);
}

#[test]
fn only_the_latest_record_of_a_poll_is_printed() {
    let stage = Stage::of_students();
    stage.publishes([10])();
    let steps = [stage.publishes(11..=15), stage.publishes(16..=40)];
    let ids = stage.play(&["--poll", "1ms"], steps).ids();
    let mut seen = ids.clone();
    seen.dedup();
    assert_eq!(seen, [10, 15, 40], "{ids:?}");
}

#[test]
fn the_first_value_is_printed_without_waiting_for_the_next_poll() {
    let stage = Stage::of_students();
    let played = stage.play(&["--poll", "1h"], [stage.publishes([1]), stage.publishes([2])]);
    assert_eq!(played.ids(), [1]);
}

#[test]
fn a_follower_prints_every_record_starting_with_the_newest() {
    let stage = Stage::of_students();
    stage.publishes([8, 9, 10])();
    let steps = [stage.publishes(11..=14), stage.publishes([]), stage.publishes([15])];
    let played = stage.play(&["--follow"], steps);
    assert_eq!(played.ids(), (10..=15).collect::<Vec<_>>());
    assert_eq!(played.notices, [""; 0]);
}

#[test]
fn a_follower_of_an_empty_region_begins_with_the_first_record() {
    let stage = Stage::of_students();
    let played = stage.play(&["--follow"], [stage.publishes([1]), stage.publishes([2])]);
    assert_eq!(played.ids(), [1, 2]);
}

#[test]
fn a_lapped_follower_logs_exactly_how_many_records_it_missed() {
    let stage = Stage::of_students();
    stage.publishes([1])();
    // 8 slots: 7 records are kept for readers.
    let played = stage.play(&["--follow"], [stage.publishes(2..=101)]);
    let ids = played.ids();
    assert_eq!(ids, [1, 95, 96, 97, 98, 99, 100, 101]);
    assert_eq!(played.notices, ["missed 93 records"]);
}

#[test]
fn misses_in_quick_succession_are_summed_in_one_notice() {
    let stage = Stage::of_students();
    stage.publishes([0])();
    let steps = (0..5).map(|lap| stage.publishes(1 + lap * 20..=20 + lap * 20));
    let played = stage.play(&["--follow"], steps);
    let missed: usize = played
        .notices
        .iter()
        .map(|line| line.split(' ').nth(1).unwrap().parse::<usize>().unwrap())
        .sum();
    assert_eq!(played.ids().len() + missed, 101, "{:?}", played.notices);
    assert!(played.notices.len() <= 5, "{:?}", played.notices);
}

#[test]
fn count_ends_both_modes_after_that_many_records() {
    let stage = Stage::of_students();
    stage.publishes([1])();
    let steps = [stage.publishes(2..=6)];
    assert_eq!(stage.play(&["--follow", "--count", "3"], steps).ids(), [1, 2, 3]);
    let args = Args::try_parse_from(["consumer", "--count", "3"]).unwrap();
    assert_eq!(args.count, NonZeroU64::new(3));
}

#[test]
fn a_record_other_than_the_configured_one_is_printed_and_logged() {
    let stage = Stage::of_students();
    stage.publishes([10])();
    let config = stage.dir.path().join("x.toml");
    let text = format!(
        "[region]\npath = \"{}\"\n[record]\nname = \"Y\"\n[[record.field]]\nname = \"y\"\n\
         type = \"f64\"\n",
        stage.path().display()
    );
    std::fs::write(&config, text).unwrap();
    let played = stage.play_source(config.to_str().unwrap(), &["--once"], []);
    assert_eq!(played.ids(), [10]);
    let expected = "holds record STU (28 bytes), the configuration describes Y (8 bytes): \
                    its name is STU, not Y; printing what is there";
    assert_eq!(played.notices, [expected]);
}

#[test]
fn without_a_template_every_field_is_printed() {
    let stage = Stage::empty();
    let schema = Schema::builder("P")
        .fields(["x", "y"].map(|name| FieldSpec::new(name, Scalar::I16)))
        .build()
        .unwrap();
    stage.opens(&schema)();
    stage.publishes_bytes(&[1, 0, 0xff, 0xff])();
    assert_eq!(stage.play(&["--once"], []).lines(), ["x=1\ty=-1"]);
}
