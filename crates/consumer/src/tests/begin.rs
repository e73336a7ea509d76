//! With which record printing begins: `--from` and `--last`.

use daemon::Exit;

use super::Stage;

/// Eight slots with the records 13 to 20.
fn twenty() -> Stage {
    let stage = Stage::of_students();
    stage.publishes(1..=20)();
    stage
}

#[test]
fn a_follower_begins_where_it_is_told() {
    for (from, want) in [("newest", 20..=21), ("oldest", 13..=21), ("18", 18..=21), ("21", 21..=21)]
    {
        let stage = twenty();
        let played = stage.play(&["--follow", "--from", from], [stage.publishes([21])]);
        assert_eq!(played.ids(), want.collect::<Vec<_>>(), "{from}");
        assert_eq!(played.notices, [""; 0], "{from}");
    }
}

#[test]
fn records_from_a_number_on_that_are_gone_are_counted() {
    let played = twenty().play(&["--follow", "--from", "5"], []);
    assert_eq!(played.ids(), (14..=20).collect::<Vec<_>>());
    assert_eq!(played.notices, ["missed 9 records"]);
}

#[test]
fn the_last_records_are_printed_and_that_is_the_end() {
    let stage = twenty();
    let last = |count: &str| stage.play(&["--last", count], [stage.publishes([])]).ids();
    assert_eq!(last("1"), [20]);
    assert_eq!(last("3"), [18, 19, 20]);
    assert_eq!(last("100"), (13..=20).collect::<Vec<_>>());
    let one = stage.play(&["--last", "3", "--where", "id == 19"], []).ids();
    assert_eq!(one, [19], "a condition leaves out what it is not true of");
    stage.closes()();
    assert_eq!(last("2"), [19, 20], "also of a writer that ended");
}

#[test]
fn with_follow_newer_records_come_after_the_last() {
    let stage = twenty();
    let played =
        stage.play(&["--follow", "--last", "2", "--count", "3"], [stage.publishes(21..=25)]);
    assert_eq!(played.ids(), [19, 20, 21]);
}

#[test]
fn without_a_record_it_is_an_error_unless_it_may_wait_for_one() {
    let stage = Stage::of_students();
    let (exit, message) = stage.play(&["--last", "3"], []).failure();
    assert!(
        exit == Exit::NoValue && message.contains("nothing has been published yet"),
        "{message}"
    );
    let (exit, _) = Stage::empty().play(&["--last", "3"], []).failure();
    assert_eq!(exit, Exit::NoValue);
    let played = stage.play(&["--last", "3", "--timeout", "1m"], [stage.publishes([7])]);
    assert_eq!(played.ids(), [7]);
}

#[test]
fn a_region_that_comes_later_is_printed_from_its_first_record_on() {
    let stage = Stage::empty();
    let steps = [
        stage.with_region(|stage| {
            stage.opens(&<layout::Stu as layout::Record>::schema())();
            stage.publishes([1, 2, 3])();
        }),
        stage.publishes([4]),
    ];
    assert_eq!(stage.play(&["--follow", "--from", "oldest"], steps).ids(), [1, 2, 3, 4]);
}

#[test]
fn an_old_first_record_is_healthy_if_the_newest_is_young() {
    let stage = twenty();
    let args = ["--follow", "--from", "oldest", "--max-age", "1h", "--require", "live"];
    assert_eq!(stage.play(&args, []).ids().len(), 8);
}
