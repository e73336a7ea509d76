//! What a reload does with several regions whose configurations or directories are gone, bad or new.

use std::fs;
use std::process::Stdio;

use layout::Value;
use rustix::process::Signal;

use crate::manager::Manager;
use crate::many::{COUNTER, config, configure, newest, publish_all, publishes, start};
use crate::place::{Place, TICK, wait_until};

const BAD: &str = "nonsense = 1\n";

#[test]
fn a_reload_of_a_directory_that_is_gone_changes_nothing() {
    let place = Place::new();
    configure(&place, "a", COUNTER, TICK);
    let (here, away) = (place.path("d"), place.path("away"));
    let mut producer = start(&place, &[&here.display().to_string()]);
    publishes(&place, "a");
    fs::rename(&here, &away).expect("rename");
    producer.signal(Signal::HUP);
    producer
        .wait_for(&format!("SIGHUP: {}: cannot read the directory: No such file", here.display()));
    publishes(&place, "a");
    fs::rename(&away, &here).expect("rename");
    configure(&place, "b", COUNTER, TICK);
    producer.signal(Signal::HUP);
    publish_all(&place, &["a", "b"]);
    producer.signal(Signal::TERM);
    producer.ends_with(0);
}

#[test]
fn a_reload_reads_all_bad_configurations_before_the_process_may_end() {
    let place = Place::new();
    configure(&place, "a", COUNTER, TICK);
    for name in ["b", "c"] {
        fs::write(config(&place, name), BAD).expect("write");
    }
    let mut producer = start(&place, &["."]);
    publishes(&place, "a");
    producer.wait_for("./c.toml:1:1: nonsense");
    fs::remove_file(config(&place, "a")).expect("remove");
    configure(&place, "c", COUNTER, TICK);
    producer.signal(Signal::HUP);
    publishes(&place, "c");
    producer.signal(Signal::TERM);
    producer.ends_with(0);
}

#[test]
fn every_bad_configuration_is_named_although_the_process_ends() {
    let place = Place::new();
    fs::create_dir(place.path("d")).expect("directory");
    for name in ["a", "b"] {
        fs::write(config(&place, name), BAD).expect("write");
    }
    let log = start(&place, &["."]).ends_with(1);
    assert!(log.contains("./b.toml:1:1: nonsense"), "{log}");
}

#[test]
fn a_configuration_of_standard_input_that_failed_is_tried_again_after_a_reload() {
    let place = Place::new();
    for name in ["a", "b"] {
        configure(&place, name, COUNTER, TICK);
    }
    let mut first = start(&place, &["a.toml"]);
    publishes(&place, "a");
    let mut second = place.command(env!("CARGO_BIN_EXE_producer"));
    let stdin = fs::File::open(config(&place, "a")).expect("open");
    second.current_dir(place.path("d")).args(["-", "b.toml"]).stdin(Stdio::from(stdin));
    let mut second = place.spawn("second", &mut second);
    second.wait_for("publishes here already");
    second.signal(Signal::HUP);
    second.wait_for("SIGHUP: b.toml is unchanged");
    first.signal(Signal::TERM);
    first.ends_with(0);
    publish_all(&place, &["a", "b"]);
    second.signal(Signal::TERM);
    second.ends_with(0);
}

#[test]
fn the_first_record_of_a_region_that_a_reload_opens_has_rates() {
    let place = Place::new();
    configure(&place, "a", COUNTER, TICK);
    let mut producer = start(&place, &["."]);
    publishes(&place, "a");
    // Seconds in a second.
    let rate = "file = { path = \"/proc/uptime\", column = 1, rate = true }";
    configure(&place, "b", rate, "[producer]\ntick = \"1h\"\n");
    producer.signal(Signal::HUP);
    wait_until("the only record", || newest(&place, "b").is_some());
    assert_eq!(newest(&place, "b"), Some((1, Value::Uint(1))));
    producer.signal(Signal::TERM);
    producer.ends_with(0);
}

#[test]
fn records_of_an_earlier_producer_are_not_in_the_rate_of_the_status() {
    let place = Place::new();
    configure(&place, "b", "input = { key = \"n\" }", "");
    fs::write(place.path("lines"), "{\"n\":1}\n".repeat(20_000)).expect("write");
    let mut earlier = place.command(env!("CARGO_BIN_EXE_producer"));
    let lines = fs::File::open(place.path("lines")).expect("open");
    earlier.arg(config(&place, "b")).stdin(Stdio::from(lines));
    place.spawn("earlier", &mut earlier).ends_with(0);
    fs::remove_file(config(&place, "b")).expect("remove");

    configure(&place, "a", COUNTER, TICK);
    let mut manager = Manager::new(&place);
    let mut producer = manager.start_with("log", &[&place.path("d").display().to_string()]);
    manager.wait_for("READY=1");
    configure(&place, "b", COUNTER, TICK);
    producer.signal(Signal::HUP);
    let mut rate = None;
    wait_until("a rate", || {
        let both = |status: &String| {
            let rate = status.strip_prefix("STATUS=publishing 2 of 2 regions, ")?;
            rate.strip_suffix("/s").map(str::to_owned)
        };
        rate = manager.heard().iter().find_map(both);
        rate.is_some()
    });
    let rate: f64 = rate.expect("a rate").parse().expect("a number");
    assert!(rate < 1000.0, "{rate}");
    producer.signal(Signal::TERM);
    producer.ends_with(0);
}
