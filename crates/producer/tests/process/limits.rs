//! What regions of one process share, and which options are for one region only.

use std::fs;
use std::process::Stdio;

use rustix::process::Signal;

use crate::many::{COUNTER, config, configure, publish_all, publishes, start};
use crate::place::{Place, TICK, wait_until};

/// The processors that a process may run on, such as `0-3,8`.
fn processors(pid: &str) -> String {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("read");
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    list.expect("a list").trim().to_owned()
}

#[test]
fn settings_of_the_process_are_those_of_any_configuration_and_may_not_differ() {
    let place = Place::new();
    let all = processors("self");
    let first = all.split([',', '-']).next().expect("a processor");
    let wants =
        |cpu: &str| format!("[producer]\ntick = \"10ms\"\nbusy_wait = \"50us\"\ncpu = {cpu}\n");
    configure(&place, "a", COUNTER, &wants(first));
    configure(&place, "b", COUNTER, &wants("1023"));
    configure(&place, "c", COUNTER, TICK);
    let mut producer = start(&place, &["."]);
    publish_all(&place, &["a", "c"]);
    producer.wait_for(&format!(
        "./b.toml: asks for cpu = 1023, ./a.toml for cpu = {first}, and a process has one"
    ));
    let pid = producer.child.id().to_string();
    assert_eq!(processors(&pid), first);
    // Without the configuration that asked for it the process may run anywhere again.
    fs::remove_file(config(&place, "a")).expect("remove");
    fs::remove_file(config(&place, "b")).expect("remove");
    producer.signal(Signal::HUP);
    wait_until("all processors", || processors(&pid) == all);
    producer.signal(Signal::TERM);
    producer.ends_with(0);
}

#[test]
fn a_setting_of_the_process_changes_in_all_configurations_at_once() {
    let place = Place::new();
    let configure_both = |cpu: u32| {
        for name in ["a", "b"] {
            let more = format!("[producer]\ntick = \"10ms\"\ncpu = {cpu}\n");
            configure(&place, name, COUNTER, &more);
        }
    };
    configure_both(0);
    let mut producer = start(&place, &["."]);
    publish_all(&place, &["a", "b"]);
    configure_both(1);
    producer.signal(Signal::HUP);
    // In force, or an error of the system where there is one processor.
    wait_until("both reloads", || producer.log().matches("SIGHUP: ").count() >= 2);
    producer.signal(Signal::TERM);
    let log = producer.ends_with(0);
    assert!(!log.contains("asks for cpu"), "{log}");
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

#[test]
fn a_check_warns_of_what_this_machine_does_not_have() {
    let place = Place::new();
    place.configure(&[("u32", "const = 1")], "[producer]\ncpu = 1023\n");
    place.reconfigure("[record]", "group = \"no-such-group\"\n[record]");
    let log = place.start("log", Stdio::null(), &["--check"]).ends_with(0);
    assert!(log.contains("there is no group \"no-such-group\" here"), "{log}");
    assert!(log.contains("[producer] cpu = 1023: "), "{log}");
}
