//! What regions of one process share, and which options are for one region only.

use std::fs;
use std::process::Stdio;

use rustix::process::Signal;

use crate::many::{COUNTER, config, configure, publish_all, publishes, start};
use crate::place::{Place, TICK, wait_until};

#[test]
fn settings_of_the_process_are_those_of_any_configuration_and_may_not_differ() {
    let place = Place::new();
    configure(&place, "a", COUNTER, "[producer]\ntick = \"10ms\"\nbusy_wait = \"50us\"\ncpu = 0\n");
    configure(&place, "b", COUNTER, "[producer]\ntick = \"10ms\"\ncpu = 1\n");
    configure(&place, "c", COUNTER, TICK);
    let mut producer = start(&place, &["."]);
    publish_all(&place, &["a", "c"]);
    producer.wait_for("./b.toml: asks for cpu = 1, ./a.toml for cpu = 0, and a process has one");
    let status = fs::read_to_string(format!("/proc/{}/status", producer.child.id())).expect("read");
    assert!(status.contains("Cpus_allowed_list:\t0\n"), "{status}");
    // Without the configuration that asked for it the process may run anywhere again.
    fs::remove_file(config(&place, "a")).expect("remove");
    fs::remove_file(config(&place, "b")).expect("remove");
    let all = fs::read_to_string("/proc/self/status").expect("read");
    let all = all.lines().find(|line| line.starts_with("Cpus_allowed_list")).expect("a list");
    producer.signal(Signal::HUP);
    wait_until("all processors", || {
        let path = format!("/proc/{}/status", producer.child.id());
        fs::read_to_string(path).is_ok_and(|status| status.contains(all))
    });
    producer.signal(Signal::TERM);
    producer.ends_with(0);
}

#[test]
fn a_processor_that_is_not_there_is_an_error_with_the_next_step() {
    let place = Place::new();
    configure(&place, "a", COUNTER, "[producer]\ncpu = 1000\n");
    let log = start(&place, &["a.toml"]).ends_with(1);
    let want =
        "[producer] cpu = 1000: Invalid argument (os error 22); give the number of a processor";
    assert!(log.contains(want), "{log}");
}

#[test]
fn a_soft_limit_of_open_files_is_raised_and_a_hard_one_is_named() {
    let place = Place::new();
    let names: Vec<String> = (10..50).map(|number| format!("r{number}")).collect();
    for name in &names {
        configure(&place, name, COUNTER, TICK);
    }
    let start_after = |before: &str| {
        let mut command = place.command("/bin/sh");
        let script = format!("{before} && exec \"$0\" .");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_producer")]);
        place.spawn("log", command.current_dir(place.path("d")).stdin(Stdio::null()))
    };
    let mut producer = start_after("ulimit -Sn 40");
    for name in &names {
        publishes(&place, name);
    }
    producer.signal(Signal::TERM);
    producer.ends_with(0);

    let mut producer = start_after("ulimit -n 40");
    producer.wait_for("allow this process more open files (ulimit -n, LimitNOFILE=)");
    publishes(&place, &names[0]);
    producer.signal(Signal::TERM);
    producer.ends_with(0);
}

#[test]
fn options_for_one_region_and_configurations_given_twice_are_wrong_usage() {
    let place = Place::new();
    configure(&place, "a", COUNTER, TICK);
    configure(&place, "b", COUNTER, TICK);
    for (args, want) in [
        (&[".", "--region", "./x"][..], "--region is for one region"),
        (&["a.toml", "b.toml", "--memfd"], "--memfd is for one region"),
        (&["a.toml", "a.toml"], "a.toml: given twice; leave one out"),
    ] {
        let log = start(&place, args).ends_with(2);
        assert!(log.contains(want), "{log}");
    }
}
