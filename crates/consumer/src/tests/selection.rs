//! Which of the records that are read are printed: `--where`, `--on-change`, `--rate`.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use daemon::Exit;
use layout::{FieldSpec, Record as _, Scalar, Schema, Stu};
use region::Options;

use super::view::config;
use super::{Stage, Step};

#[test]
fn only_records_of_which_the_condition_is_true_are_printed() {
    let stage = Stage::of_students();
    stage.publishes([1])();
    let args =
        ["--follow", "--where", "id >= 3 and id != 5 and name == 'xiaoming'", "--count", "3"];
    let played = stage.play(&args, [stage.publishes(2..=4), stage.publishes(5..=9)]);
    assert_eq!(played.ids(), [3, 4, 6]);
}

#[test]
fn a_poll_of_a_record_that_is_not_selected_prints_nothing() {
    let stage = Stage::of_students();
    stage.publishes([1])();
    let steps = [stage.publishes([2]), stage.publishes([3])];
    let mut ids = stage.play(&["--poll", "1ms", "--where", "id != 2"], steps).ids();
    ids.dedup();
    assert_eq!(ids, [1, 3]);
}

#[test]
fn one_record_that_is_not_selected_is_no_value_unless_it_may_wait_for_one() {
    let stage = Stage::of_students();
    stage.publishes([1])();
    let (exit, message) = stage.play(&["--once", "--where", "id > 1"], []).failure();
    assert!(exit == Exit::NoValue && message.contains("--where is not true"), "{message}");
    let args = ["--once", "--where", "id > 1", "--timeout", "1m"];
    assert_eq!(stage.play(&args, [stage.publishes([1]), stage.publishes([2])]).ids(), [2]);
    let args = ["--once", "--where", "id > 7", "--timeout", "20ms"];
    let (exit, message) = stage.play(&args, (0..50).map(|_| stage.publishes([3]))).failure();
    let want = "no record for which --where is true within 20ms; look at its producer, or allow a \
                longer --timeout";
    assert!(exit == Exit::NoValue && message.ends_with(want), "{message}");
}

#[test]
fn a_record_without_a_change_is_not_printed() {
    let stage = Stage::of_students();
    stage.publishes([1, 1])();
    let steps = [stage.publishes([1, 2, 2]), stage.publishes([2, 1, 1])];
    assert_eq!(stage.play(&["--follow", "--on-change"], steps).ids(), [1, 2, 1]);
    let mut steps = vec![stage.publishes([])];
    steps.extend((0..4).map(|_| stage.publishes([1])));
    assert_eq!(stage.play(&["--poll", "1ms", "--on-change"], steps).ids(), [1]);
}

/// A region of `a`, `v[2]` and a text, and its records.
fn changing(records: &[[u8; 7]]) -> Stage {
    let stage = Stage::empty();
    let field =
        |name: &str, ctype: &str| FieldSpec::new(name, ctype.parse::<layout::CType>().unwrap());
    let schema = Schema::builder("C")
        .fields([field("a", "u8"), field("v", "u8[2]"), field("t", "char[4]")])
        .build()
        .unwrap();
    stage.opens(&schema)();
    for record in records {
        stage.publishes_bytes(record)();
    }
    stage
}

#[test]
fn a_change_is_looked_for_in_the_chosen_fields() {
    // Behind the NUL of a text there is nothing.
    let stage =
        changing(&[*b"\x01\x01\x01a\0\0\0", *b"\x02\x01\x01a\0x\0", *b"\x02\x01\x02a\0y\0"]);
    let lines = |args: &[&str]| {
        let args = [&["--follow", "--from", "oldest", "--on-change"], args].concat();
        let played = stage.play(&args, []);
        played.lines().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(lines(&[]).len(), 3);
    assert_eq!(lines(&["--fields", "a"]), ["a=1", "a=2"]);
    assert_eq!(lines(&["--fields", "v[0],t"]), ["v[0]=1\tt=a"]);
    assert_eq!(lines(&["--line", "{v[1]} {sequence}"]), ["1 1", "2 3"]);
    assert_eq!(lines(&["--format", "csv", "--fields", "v"]).len(), 3, "with the header");
}

#[test]
fn a_change_is_looked_for_in_the_configurations_line_only_if_that_is_printed() {
    let stage = changing(&[*b"\x01\x01\x01a\0\0\0", *b"\x02\x01\x01a\0\0\0"]);
    let lines = |fields: &str, line: &str, args: &[&str]| {
        let args = [&["--follow", "--from", "oldest", "--on-change"], args].concat();
        stage.play_source(&config(&stage, fields, line), &args, []).lines().len()
    };
    let fields = "{ name = \"a\", type = \"u8\" }, { name = \"v\", type = \"u8[2]\" }, \
                  { name = \"t\", type = \"char[4]\" }";
    assert_eq!(lines(fields, "{t}", &[]), 1);
    assert_eq!(lines(fields, "{t}", &["--format", "json"]), 2);
    let other = "{ name = \"x\", type = \"u8\" }";
    assert_eq!(lines(other, "{x}", &["--format", "json"]), 2, "the line does not fit the region");
}

#[test]
fn with_a_rate_the_newest_of_many_records_is_printed() {
    let stage = Stage::of_students();
    stage.publishes([1])();
    let steps = [stage.publishes(2..=4), stage.publishes(5..=7)];
    let args = ["--follow", "--rate", "0.001"];
    assert_eq!(stage.play(&args, steps).ids(), [1, 7], "the others waited for their time");

    let args = ["--follow", "--rate", "20", "--count", "3"];
    let steps = (0..100_000).map(|round| stage.publishes(10 * round..10 * round + 5));
    let ids = stage.play(&args, steps).ids();
    assert!(ids.len() == 3 && ids[0] == 7 && ids[1..].is_sorted(), "{ids:?}");
    // The first of a burst if it is due, else the last.
    assert!(ids[1..].iter().all(|id| id % 10 == 4 || id % 10 == 0), "{ids:?}");
}

#[test]
fn a_record_that_is_held_back_is_printed_before_the_end_but_none_beyond_the_count() {
    let slow = ["--follow", "--rate", "0.001"];
    let with = |options: &[&'static str]| [&slow, options].concat();
    let stage = Stage::of_students();
    stage.publishes([1])();
    let steps = || [stage.publishes([2]), stage.publishes([3])];
    assert_eq!(stage.play(&slow, steps()).ids(), [1, 3]);
    assert_eq!(stage.play(&with(&["--count", "1"]), steps()).ids(), [3]);
    assert_eq!(stage.play(&with(&["--count", "2"]), steps()).ids(), [3, 3]);
    let pauses = (0..1000).map(|_| stage.publishes([]));
    let played = stage.play(
        &with(&["--line", "{id}", "--timeout", "500ms"]),
        std::iter::once(stage.publishes([4, 5])).chain(pauses),
    );
    assert_eq!((played.failure().0, &*played.out), (Exit::NoValue, "3\n5\n"), "before the error");
    let steps = [stage.publishes([6]), stage.closes(), stage.publishes([])];
    let played = stage.play(&with(&["--line", "{id}", "--require", "live"]), steps);
    assert_eq!((played.failure().0, &*played.out), (Exit::Unhealthy, "5\n6\n"), "before the error");
}

#[test]
fn a_record_that_is_held_back_is_printed_in_time_though_records_never_end() {
    let stage = Stage::of_students();
    stage.with_writer(|writer| {
        writer.change(&Stu::schema(), &Options::new().slots(64)).unwrap();
    })();
    stage.publishes([1, 2])();
    let writer = Rc::clone(&stage.writer);
    let deadline = Instant::now() + Duration::from_mins(1);
    let busy = move |lines: usize| {
        assert!(Instant::now() < deadline, "the second line is not printed");
        let mut writer = writer.borrow_mut();
        let writer = writer.as_mut().expect("a writer");
        for _ in 0..if lines < 2 { 32 } else { 0 } {
            writer.publish(bytemuck::bytes_of(&Stu::new(100, "xiaoming", 'm'))).unwrap();
        }
    };
    let args = ["--follow", "--from", "oldest", "--where", "id < 100", "--rate", "1000"];
    assert_eq!(stage.play_turns(&args, Box::new(busy)).ids(), [1, 2]);
}

#[test]
fn a_record_that_is_held_back_is_printed_before_another_region_takes_the_name() {
    let stage = Stage::of_students();
    stage.publishes([1])();
    let other = Schema::builder("P").field(FieldSpec::new("x", Scalar::U8)).build().unwrap();
    let steps = [
        stage.publishes([2, 3]),
        stage.with_writer(move |writer| {
            writer.change(&other, &region::Options::new()).unwrap();
        }),
    ];
    let played = stage.play(&["--follow", "--rate", "0.001"], steps);
    assert_eq!(played.ids(), [1, 3]);
}

#[test]
fn a_condition_that_does_not_fit_the_record_ends_it_with_the_place() {
    let stage = Stage::of_students();
    stage.publishes([1])();
    for (condition, why) in [
        ("id > 1 and naem == 'x'", "--where: at byte 11: \"naem\" is no field; did you mean name?"),
        ("id", "--where: at byte 0: \"id\" is a number; compare it with one, as in > 0"),
    ] {
        let (exit, message) = stage.play(&["--follow", "--where", condition], []).failure();
        assert_eq!(exit, Exit::Usage);
        assert!(message.ends_with(why), "{message}");
    }
}

#[test]
fn a_change_that_was_taken_back_before_its_time_is_not_printed() {
    let stage = Stage::of_students();
    stage.publishes([1])();
    // What is held back is printed when another file takes the place of its region.
    let change = |slots| {
        stage.with_writer(move |writer| {
            writer.change(&Stu::schema(), &Options::new().slots(slots)).unwrap();
        })
    };
    let args = ["--follow", "--on-change", "--rate", "0.001"];
    assert_eq!(stage.play(&args, [stage.publishes([2, 1]), change(16)]).ids(), [1]);
    assert_eq!(stage.play(&args, [stage.publishes([2]), change(8)]).ids(), [1, 2]);
}

#[test]
fn last_records_of_which_none_is_selected_are_no_value() {
    let stage = Stage::of_students();
    stage.publishes([1, 2])();
    assert_eq!(stage.play(&["--last", "2", "--where", "id == 1"], []).ids(), [1]);
    let (exit, message) = stage.play(&["--last", "1", "--where", "id == 1"], []).failure();
    assert!(exit == Exit::NoValue && message.contains("--where is true of none"), "{message}");
}

#[test]
fn a_record_that_was_held_back_is_printed_with_the_state_of_its_own_region() {
    let stage = Stage::of_students();
    stage.publishes([1])();
    let change = stage.with_writer(|writer| {
        writer.change(&Stu::schema(), &Options::new().slots(16)).unwrap();
    });
    let args = ["--follow", "--rate", "0.001", "--format", "json"];
    let played = stage.play(&args, [stage.publishes([2]), change]);
    let lines = played.lines();
    let epochs = lines.iter().map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        (line["record"]["id"].as_i64(), line["epoch"].as_i64(), line["state"].to_string())
    });
    let live = "\"live\"".to_owned();
    let expected = [(Some(1), Some(1), live.clone()), (Some(2), Some(1), live)];
    assert_eq!(epochs.collect::<Vec<_>>(), expected);
}

#[test]
fn the_last_record_of_the_count_ends_it_also_if_another_file_releases_it() {
    let stage = Stage::of_students();
    stage.publishes([1])();
    let change = stage.with_writer(|writer| {
        writer.change(&Stu::schema(), &Options::new().slots(16)).unwrap();
    });
    let steps = [stage.publishes([2]), change];
    let steps = steps.into_iter().chain((0..100).map(|id| stage.publishes([id])));
    let left = Rc::new(Cell::new(0));
    let steps = steps.map(|step| {
        let left = Rc::clone(&left);
        Box::new(move || {
            left.set(left.get() + 1);
            step();
        }) as Step
    });
    let args = ["--follow", "--rate", "0.001", "--count", "2"];
    assert_eq!(stage.play(&args, steps).ids(), [1, 2]);
    assert_eq!(left.get(), 2, "it goes on after its last record");
}

#[test]
fn a_record_whose_time_has_come_when_another_file_is_found_has_the_epoch_of_its_own() {
    let stage = Stage::of_students();
    stage.publishes([1, 2])();
    let late_change = stage.with_writer(|writer| {
        std::thread::sleep(Duration::from_millis(600));
        writer.change(&Stu::schema(), &Options::new().slots(16)).unwrap();
    });
    let args = ["--follow", "--from", "oldest", "--rate", "2", "--line", "{id} {epoch}"];
    assert_eq!(stage.play(&args, [late_change]).lines(), ["1 1", "2 1"]);
}
