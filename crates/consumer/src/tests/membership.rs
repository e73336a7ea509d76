//! Instances that join and are retired: what is logged, in both modes.

use std::time::Duration;

use daemon::Exit;

use super::instances::Class;
use super::{Script, Step};

/// The two ways to read on and on.
const MODES: [&str; 2] = ["--poll=1ms", "--follow"];

/// Several things happen at once.
fn at_once<const N: usize>(steps: [Step; N]) -> Step {
    Box::new(move || steps.into_iter().for_each(|step| step()))
}

#[test]
fn who_joins_and_is_retired_is_logged_once_also_if_none_is_left() {
    for mode in MODES {
        let class = Class::of(3, &[("a", 1), ("b", 2)]);
        let all = at_once([class.retires("a"), class.retires("c")]);
        let steps = [class.publishes(&[("c", 3)]), class.retires("b"), all];
        let notices = class.stage.play(&[mode], steps).notices;
        let retired = ["b", "a", "c"].map(|name| format!("instance {name} retired"));
        assert_eq!(notices[0], "instance c joined", "{mode}");
        assert_eq!(notices[1..], retired, "{mode}");
    }
}

#[test]
fn an_instance_that_is_asked_for_is_waited_for_again_when_it_is_retired() {
    for mode in MODES {
        let class = Class::of(3, &[("a", 1), ("b", 2), ("c", 3)]);
        let steps = [class.retires("c"), class.retires("b"), class.publishes(&[("b", 4)])];
        let chosen = ["--instance=a", "--instance=b", "--instance=[bc]", "--instance=x"];
        let notices = class.stage.play(&[&[mode], &chosen[..]].concat(), steps).notices;
        let expected = [
            "waiting for instance x",
            "instance c retired",
            "instance b retired",
            "waiting for instances b, [bc], x",
            "instance b joined",
        ];
        assert_eq!(notices, expected, "{mode}");
    }
}

#[test]
fn a_region_without_an_instance_is_answered_with_what_names_them() {
    let class = Class::of(1, &[("a", 1)]);
    class.retires("a")();
    for mode in [&["--once"][..], &["--last=1"]] {
        let (exit, message) = class.stage.play(mode, []).failure();
        assert_eq!(exit, Exit::NoValue, "{mode:?}");
        assert!(
            message.contains("x.region: the region has no instances now; check what"),
            "{message}"
        );
    }
    let (_, message) = class.stage.play(&["--once", "--instance=a"], []).failure();
    assert!(message.ends_with("no instance a; the region has no instances now"), "{message}");
    class.joins("a")();
    let (_, message) = class.stage.play(&["--once"], []).failure();
    assert!(message.contains("nothing has been published yet"), "{message}");
}

#[test]
fn those_that_the_next_file_has_not_are_retired() {
    for mode in MODES {
        let class = Class::of(2, &[("a", 1), ("b", 2)]);
        let reload =
            at_once([class.retires("b"), class.opens(4), class.publishes(&[("a", 3), ("c", 4)])]);
        let notices = class.stage.play(&[mode], [reload]).notices;
        let mut of_instances: Vec<_> =
            notices.iter().filter(|notice| notice.starts_with("instance ")).collect();
        of_instances.sort();
        assert_eq!(of_instances, ["instance b retired", "instance c joined"], "{mode}");
    }
}

#[test]
fn the_age_of_a_retired_instance_is_checked_only_if_it_was_asked_for_by_its_name() {
    let run = |mode: &str, chosen: &[&str]| {
        let class = Class::of(2, &[("a", 1), ("b", 2)]);
        let late: Step = Box::new(|| std::thread::sleep(Duration::from_millis(2100)));
        let steps = [class.retires("a"), class.retires("b"), late, class.publishes(&[])];
        class.stage.play(&[&[mode, "--max-age=2s"], chosen].concat(), steps).result
    };
    std::thread::scope(|scope| {
        for mode in MODES {
            scope.spawn(move || assert!(run(mode, &[]).is_ok(), "{mode}"));
            scope.spawn(move || assert!(run(mode, &["--instance=[ab]"]).is_ok(), "{mode}"));
            scope.spawn(move || {
                let error = run(mode, &["--instance=a"]).expect_err("too old");
                let message = error.to_string();
                assert_eq!(error.exit(), Exit::Unhealthy, "{mode}: {message}");
                assert!(message.contains("record 1 of a is "), "{mode}: {message}");
            });
        }
    });
}

#[test]
fn a_poll_prints_no_bytes_of_an_instance_that_is_retired_between_its_name_and_its_record() {
    let class = Class::of(3, &[("a", 1), ("b", 2)]);
    // The names were listed when the notice is logged, and the records are not read yet.
    let mut retire = Some(at_once([class.retires("b"), class.retires("c")]));
    let logging = move |notice: &str| {
        if notice.ends_with("instance c joined") {
            retire.take().into_iter().for_each(|retire| retire());
        }
    };
    let script = Script {
        logging: Some(Box::new(logging)),
        ..Script::new([class.publishes(&[("c", 3)]), class.publishes(&[])])
    };
    let path = class.stage.path();
    let args = ["--poll=1ms", "--fields", "id"];
    let played = class.stage.play_script(path.to_str().unwrap(), &args, script);
    let lines = played.lines();
    let of_a = lines.iter().filter(|line| line.starts_with('a'));
    assert!(of_a.clone().all(|line| *line == "a\tid=1"), "{lines:?}");
    assert!(played.notices.contains(&"instance c retired".to_owned()), "{:?}", played.notices);
}
