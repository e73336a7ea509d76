//! How long a consumer waits, and its message at the end.

use std::time::Duration;

use daemon::Exit;
use layout::{Record, Stu};

use super::{Stage, Step};

/// Steps that let time pass without end.
fn patience(stage: &Stage) -> impl Iterator<Item = Step> + '_ {
    (0..10_000).map(|_| stage.file(|_| {}))
}

#[test]
fn once_without_a_region_fails_immediately_without_a_notice() {
    let stage = Stage::empty();
    let played = stage.play(&["--once"], []);
    let (exit, message) = played.failure();
    assert_eq!(exit, Exit::NoValue);
    assert!(
        message.ends_with("no such region; start its producer, or check the name"),
        "{message}"
    );
    assert_eq!(played.notices, [""; 0]);
}

#[test]
fn once_without_a_value_fails_immediately() {
    let (exit, message) = Stage::of_students().play(&["--once"], []).failure();
    assert_eq!(exit, Exit::NoValue);
    assert!(message.contains("nothing has been published yet"), "{message}");
}

#[test]
fn once_with_a_timeout_waits_for_region_and_value() {
    let stage = Stage::empty();
    let steps = [stage.opens(&Stu::schema()), stage.publishes([10])];
    let played = stage.play(&["--once", "--timeout", "1h"], steps);
    assert_eq!(played.ids(), [10]);
    assert_eq!(played.words(), [&format!("waiting for {}", stage.path().display()), "attached"]);
}

#[test]
fn a_value_that_came_in_time_is_printed_however_late_the_next_look_is() {
    for mode in [["--once", "--timeout=1s"], ["--last=1", "--timeout=1s"]] {
        let stage = Stage::of_students();
        let publish = stage.publishes([10]);
        let late = Box::new(move || {
            publish();
            std::thread::sleep(Duration::from_millis(1100));
        });
        assert_eq!(stage.play(&mode, [late as Step]).ids(), [10]);
    }
}

#[test]
fn a_timeout_names_what_did_not_arrive() {
    let cases =
        [(Stage::empty(), "no region within 20ms"), (Stage::of_students(), "no value within 20ms")];
    for (stage, what) in cases {
        for mode in ["--once", "--follow", "--count=9"] {
            let played = stage.play(&[mode, "--timeout", "20ms"], patience(&stage));
            let (exit, message) = played.failure();
            assert_eq!(exit, Exit::NoValue);
            assert!(message.contains(what), "{mode}: {message}");
        }
    }
}

#[test]
fn an_unchanged_value_does_not_restart_the_timeout() {
    let stage = Stage::of_students();
    stage.publishes([10])();
    for mode in ["--poll=1ms", "--poll=1h", "--follow"] {
        let played = stage.play(&[mode, "--timeout", "20ms"], patience(&stage));
        let (exit, message) = played.failure();
        assert_eq!(exit, Exit::NoValue);
        assert!(message.contains("no new record for 20ms"), "{mode}: {message}");
        assert!(played.out.starts_with("id=10\t"), "{mode}: {}", played.out);
    }
}

#[test]
fn each_new_record_restarts_the_timeout_printed_or_not() {
    let stage = Stage::of_students();
    stage.publishes([0])();
    // Longer than the timeout in sum, each far shorter.
    let steps = || (1..=120).map(|id| stage.publishes([id]));
    for mode in ["--poll=1h", "--follow"] {
        let played = stage.play(&[mode, "--timeout", "600ms"], steps());
        assert!(played.result.is_ok(), "{mode}: {:?}", played.result);
    }
}
