//! `--max-age` and `--require`: what is printed, and the exit code of what is not.

use std::time::Duration;

use daemon::Exit;
use layout::{Record, Stu};
use region::Options;

use super::{Played, Stage, Step};

/// A region with one record.
fn stage() -> Stage {
    let stage = Stage::of_students();
    stage.publishes([10])();
    stage
}

/// Time passes until the consumer has ended.
fn patience(stage: &Stage) -> impl Iterator<Item = Step> + '_ {
    (0..10_000).map(|_| stage.file(|_| {}))
}

#[track_caller]
fn refuses(played: &Played, message: &str) {
    let (exit, found) = played.failure();
    assert_eq!(exit, Exit::Unhealthy, "{found}");
    assert!(found.contains(message), "{found}");
}

/// The three ways to read a region.
const MODES: [&str; 3] = ["--once", "--poll=1ms", "--follow"];

#[test]
fn a_state_that_is_required_changes_nothing() {
    let stage = stage();
    for mode in MODES {
        let args = [mode, "--require", "closed,live", "--max-age", "1h"];
        assert_eq!(stage.play(&args, []).ids().first(), Some(&10), "{mode}");
    }
}

#[test]
fn a_record_of_a_writer_in_another_state_is_not_printed() {
    let stage = stage();
    stage.dies()();
    for mode in MODES {
        let played = stage.play(&[mode, "--require", "live,closed"], []);
        refuses(
            &played,
            "x.region: the region is dead, and not live or closed; start its producer",
        );
        assert_eq!(played.out, "", "{mode}");
    }
}

#[test]
fn a_record_that_is_too_old_is_not_printed() {
    let stage = stage();
    std::thread::sleep(Duration::from_millis(2));
    for mode in MODES {
        let played = stage.play(&[mode, "--max-age", "1ms"], []);
        refuses(&played, "x.region: record 1 is ");
        refuses(&played, " old, and --max-age is 1ms; look at its producer");
        assert_eq!(played.out, "", "{mode}");
    }
}

#[test]
fn a_writer_that_ends_meanwhile_ends_the_consumer() {
    for mode in ["--poll=1h", "--follow"] {
        let stage = stage();
        let steps = [stage.publishes([11]), stage.closes()];
        let steps: Vec<_> = steps.into_iter().chain(patience(&stage)).collect();
        let played = stage.play(&[mode, "--require", "live"], steps);
        refuses(&played, "x.region: the region is closed, and not live; start its producer");
        assert!(played.out.starts_with("id=10\t"), "{mode}: {}", played.out);
    }
}

#[test]
fn a_record_that_becomes_too_old_ends_the_consumer() {
    for mode in ["--poll=1ms", "--poll=1h", "--follow"] {
        let stage = Stage::of_students();
        let steps: Vec<_> = [stage.publishes([10])].into_iter().chain(patience(&stage)).collect();
        let played = stage.play(&[mode, "--max-age", "300ms"], steps);
        refuses(&played, "x.region: record 1 is ");
        assert!(played.out.starts_with("id=10\t"), "{mode}: {}", played.out);
    }
}

#[test]
fn a_record_that_becomes_too_old_in_the_next_file_ends_the_consumer() {
    for mode in ["--poll=1ms", "--follow"] {
        let stage = stage();
        let more_slots = stage.with_writer(|writer| {
            writer.change(&Stu::schema(), &Options::new().slots(16)).map(drop).unwrap();
        });
        let steps: Vec<_> = std::iter::once(more_slots).chain(patience(&stage)).collect();
        let played = stage.play(&[mode, "--max-age", "300ms"], steps);
        refuses(&played, "x.region: record 1 is ");
        assert_eq!(played.words(), ["re-attached"], "{mode}");
    }
}

#[test]
fn records_that_come_in_time_keep_it_going_printed_or_not() {
    for mode in ["--poll=1ms", "--poll=1h", "--follow"] {
        let stage = stage();
        let steps = (11..=130).map(|id| stage.publishes([id]));
        let played = stage.play(&[mode, "--max-age", "2s"], steps);
        assert!(played.result.is_ok(), "{mode}: {:?}", played.result);
    }
}

#[test]
fn a_region_that_is_not_there_yet_is_waited_for() {
    for mode in ["--poll=1ms", "--follow"] {
        let stage = Stage::empty();
        let steps = [stage.opens(&Stu::schema()), stage.publishes([10])];
        let played = stage.play(&[mode, "--require", "live", "--max-age", "1h"], steps);
        assert_eq!(played.ids().first(), Some(&10), "{mode}");
    }
    let (exit, _) = Stage::empty().play(&["--once", "--require", "live"], []).failure();
    assert_eq!(exit, Exit::NoValue);
}

#[test]
fn once_with_a_timeout_waits_for_health() {
    let stage = stage();
    stage.dies()();
    let steps = [stage.opens(&Stu::schema()), stage.publishes([11])];
    let played = stage.play(&["--once", "--timeout", "1h", "--require", "live"], steps);
    assert!(matches!(played.ids()[..], [10 | 11]), "{}", played.out);
    stage.dies()();
    let args = ["--once", "--timeout", "20ms", "--require", "live"];
    refuses(&stage.play(&args, patience(&stage)), "the region is dead, and not live");
}

#[test]
fn a_region_that_was_cut_short_is_not_healthy() {
    for mode in ["--poll=1ms", "--follow"] {
        let stage = stage();
        let cut = stage.file(|path| {
            std::fs::File::options().write(true).open(path).unwrap().set_len(100).unwrap();
        });
        let steps: Vec<_> = std::iter::once(cut).chain(patience(&stage)).collect();
        let played = stage.play(&[mode, "--require", "live"], steps);
        refuses(&played, "x.region: truncated: the file was cut short; start its producer again");
    }
}
