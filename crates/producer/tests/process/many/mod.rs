//! Several regions in one process: each is independent in failure and in reload.

mod failures;

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use layout::Value;
use region::{DynReader, State};
use rustix::process::Signal;

use crate::manager::Manager;
use crate::place::{Place, Running, TICK, wait_until};

pub(crate) const COUNTER: &str = "counter = { start = 1, step = 1 }";

/// Writes the configuration `NAME.toml` of the region `NAME.region`, in the directory `d`.
pub(crate) fn configure(place: &Place, name: &str, source: &str, more: &str) {
    fs::create_dir_all(place.path("d")).expect("directory");
    let region = region(place, name);
    let text = format!(
        "[region]\npath = {:?}\n[record]\nname = \"X\"\n[[record.field]]\nname = \"f0\"\n\
         type = \"u32\"\nsource = {{ {source} }}\n{more}",
        region.display().to_string()
    );
    fs::write(config(place, name), text).expect("write");
}

pub(crate) fn config(place: &Place, name: &str) -> PathBuf {
    place.path(&format!("d/{name}.toml"))
}

fn region(place: &Place, name: &str) -> PathBuf {
    place.path(&format!("{name}.region"))
}

pub(crate) fn start(place: &Place, args: &[&str]) -> Running {
    start_as(place, "log", args)
}

/// Starts one more, which logs to the file `name`.
fn start_as(place: &Place, name: &str, args: &[&str]) -> Running {
    let mut command = place.command(env!("CARGO_BIN_EXE_producer"));
    command.current_dir(place.path("d")).args(args).stdin(Stdio::null());
    place.spawn(name, &mut command)
}

/// The number and the value of the newest record.
pub(crate) fn newest(place: &Place, name: &str) -> Option<(u64, Value)> {
    let mut reader = DynReader::open(region(place, name)).ok()?;
    let mut record = layout::RecordBuf::new(reader.schema().clone());
    let found = reader.latest(record.bytes_mut()).ok()??;
    Some((found.sequence, record.value(0)))
}

/// Waits until `name` has five more records.
#[track_caller]
pub(crate) fn publishes(place: &Place, name: &str) {
    let now = newest(place, name).map_or(0, |newest| newest.0);
    wait_until(&format!("records of {name}"), || {
        newest(place, name).is_some_and(|newest| newest.0 > now + 5)
    });
}

#[track_caller]
pub(crate) fn publish_all(place: &Place, names: &[&str]) {
    for name in names {
        publishes(place, name);
    }
}

fn state(place: &Place, name: &str) -> State {
    DynReader::open(region(place, name)).expect("attach").state()
}

#[test]
fn one_process_publishes_all_configurations_of_its_arguments() {
    for args in [&["."][..], &["a.toml", "b.toml", "c.toml"]] {
        let place = Place::new();
        for name in ["a", "b", "c"] {
            configure(&place, name, COUNTER, TICK);
        }
        fs::write(place.path("d/a.toml~"), "not read").expect("write");
        let mut producer = start(&place, args);
        publish_all(&place, &["a", "b", "c"]);
        producer.signal(Signal::TERM);
        let log = producer.ends_with(0);
        for name in ["a", "b", "c"] {
            let path = region(&place, name).display().to_string();
            assert!(log.contains(&format!("{path}: closed {path} (SIGTERM): ")), "{log}");
            assert_eq!(state(&place, name), State::Closed);
        }
    }
}

#[test]
fn each_region_stops_after_its_ticks_and_the_process_with_the_last() {
    let place = Place::new();
    for name in ["a", "b"] {
        configure(&place, name, COUNTER, "");
    }
    let mut producer = start(&place, &[".", "--tick", "5ms", "--ticks", "7"]);
    producer.ends_with(0);
    assert_eq!(newest(&place, "a"), Some((7, Value::Uint(7))));
    assert_eq!(newest(&place, "b"), Some((7, Value::Uint(7))));
}

#[test]
fn a_message_about_a_source_names_its_region() {
    let place = Place::new();
    configure(&place, "a", COUNTER, TICK);
    configure(&place, "b", "file = { path = \"/nowhere\", column = 1 }", TICK);
    let mut producer = start(&place, &["."]);
    producer.wait_for(&format!(
        "{}: field \"f0\": cannot read /nowhere",
        region(&place, "b").display()
    ));
    publishes(&place, "a");
    producer.signal(Signal::TERM);
    producer.ends_with(0);
}

#[test]
fn regions_with_an_input_of_their_own_publish_their_own_lines() {
    let place = Place::new();
    for name in ["a", "b"] {
        let pipe = place.path(&format!("{name}.pipe"));
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).expect("a pipe");
        let more = format!("[producer]\ninput = {:?}\n", pipe.display().to_string());
        configure(&place, name, "input = { key = \"n\" }", &more);
    }
    configure(&place, "c", COUNTER, TICK);
    let mut producer = start(&place, &["."]);
    publishes(&place, "c");
    for round in 1..=3 {
        // Each writer leaves, so the pipe is opened again each time.
        for (name, number) in [("a", round), ("b", 10 * round)] {
            let line = format!("{{\"n\": {number}}}\n");
            fs::write(place.path(&format!("{name}.pipe")), line).expect("write");
            wait_until("the line", || newest(&place, name) == Some((round, Value::Uint(number))));
        }
    }
    publishes(&place, "c");
    producer.signal(Signal::TERM);
    producer.ends_with(0);
}

#[test]
fn a_reload_opens_closes_and_changes_regions_one_by_one() {
    let place = Place::new();
    for name in ["changed", "gone", "broken", "same"] {
        configure(&place, name, COUNTER, TICK);
    }
    fs::write(config(&place, "mended"), "nonsense = 1\n").expect("write");
    let mut producer = start(&place, &["."]);
    publish_all(&place, &["changed", "gone", "broken", "same"]);
    configure(&place, "changed", "const = 7", TICK);
    configure(&place, "mended", COUNTER, TICK);
    configure(&place, "new", COUNTER, TICK);
    fs::write(config(&place, "broken"), "nonsense = 1\n").expect("write");
    fs::remove_file(config(&place, "gone")).expect("remove");
    producer.signal(Signal::HUP);
    publish_all(&place, &["new", "mended", "same", "broken"]);
    wait_until("the change", || newest(&place, "changed").is_some_and(|it| it.1 == Value::Uint(7)));
    assert_eq!(state(&place, "gone"), State::Closed);
    assert!(newest(&place, "same").is_some_and(|(number, value)| value == Value::Uint(number)));
    producer.signal(Signal::TERM);
    let log = producer.ends_with(0);
    let broken = region(&place, "broken").display().to_string();
    for want in [
        &format!("{broken}: SIGHUP: ./broken.toml:1:1: nonsense: unknown key"),
        "SIGHUP: ./gone.toml is gone",
        "SIGHUP: ./same.toml is unchanged",
        "SIGHUP: ./changed.toml is in force: same region",
    ] {
        assert!(log.contains(want), "{want}: {log}");
    }
}

#[test]
fn a_reload_of_an_empty_directory_changes_nothing() {
    let place = Place::new();
    configure(&place, "a", COUNTER, TICK);
    let mut producer = start(&place, &["."]);
    publishes(&place, "a");
    fs::rename(config(&place, "a"), place.path("d/a.toml.off")).expect("rename");
    producer.signal(Signal::HUP);
    producer.wait_for("SIGHUP: .: holds no configuration; ");
    publishes(&place, "a");
    producer.signal(Signal::TERM);
    producer.ends_with(0);
}

#[test]
fn standbys_take_over_one_region_at_a_time() {
    let place = Place::new();
    for name in ["a", "b", "free"] {
        configure(&place, name, COUNTER, TICK);
    }
    let mut first = start(&place, &["a.toml"]);
    let mut second = start_as(&place, "second", &["b.toml"]);
    publish_all(&place, &["a", "b"]);
    let mut standby = start_as(&place, "standby", &[".", "--standby"]);
    publishes(&place, "free");
    standby.wait_for(&format!("process {} publishes here; waiting", second.child.id()));
    first.child.kill().expect("kill");
    let resumed = format!("publishing X to {} every 10ms (resumed", region(&place, "a").display());
    standby.wait_for(&resumed);
    publish_all(&place, &["a", "b", "free"]);
    second.signal(Signal::TERM);
    second.ends_with(0);
    let resumed = format!("publishing X to {} every 10ms (resumed", region(&place, "b").display());
    standby.wait_for(&resumed);
    standby.signal(Signal::TERM);
    standby.ends_with(0);
}

#[test]
fn a_service_is_ready_when_each_region_is_published_or_has_failed() {
    let place = Place::new();
    for name in ["a", "b"] {
        configure(&place, name, COUNTER, TICK);
    }
    fs::write(config(&place, "bad"), "nonsense = 1\n").expect("write");
    let mut manager = Manager::new(&place);
    let dir = place.path("d").display().to_string();
    let mut producer = manager.start_with("log", &[&dir]);
    manager.wait_for("READY=1");
    for name in ["a", "b"] {
        assert!(newest(&place, name).is_some(), "not ready before {name} has a record");
    }
    let bad = config(&place, "bad").display().to_string();
    manager.wait_for(&format!("STATUS=publishing 2 of 3 regions; 1 failing: {bad}"));
    producer.signal(Signal::TERM);
    producer.ends_with(0);
    manager.wait_for("STATUS=closed 2 regions (SIGTERM)");
    assert_eq!(manager.count("READY=1"), 1);
}

#[test]
fn a_check_prints_every_configuration_and_ends_with_the_first_error() {
    let place = Place::new();
    for name in ["a", "b"] {
        configure(&place, name, COUNTER, TICK);
    }
    let text = start(&place, &[".", "--check"]).stdout_of_success();
    for name in ["a", "b"] {
        assert!(
            text.contains(&format!("region       {}\n", region(&place, name).display())),
            "{text}"
        );
        assert!(!region(&place, name).exists());
    }
    let same = fs::read_to_string(config(&place, "a")).expect("read");
    fs::write(config(&place, "c"), same).expect("write");
    let log = start(&place, &[".", "--check"]).ends_with(1);
    assert!(log.contains("./c.toml: publishes to ") && log.contains(", as ./a.toml does"), "{log}");
}

#[test]
fn one_region_under_two_spellings_is_one_and_a_standby_does_not_wait_for_itself() {
    let place = Place::new();
    configure(&place, "a", COUNTER, TICK);
    let text = fs::read_to_string(config(&place, "a")).expect("read");
    let path = format!("path = {:?}", region(&place, "a").display().to_string());
    assert!(text.contains(&path), "{text}");
    for other in ["name = \"a\"".to_owned(), path.replace("/a.region", "/./a.region")] {
        fs::write(config(&place, "b"), text.replace(&path, &other)).expect("write");
        for options in [&[".", "--check"][..], &[".", "--ticks", "1"], &[".", "--standby"]] {
            let mut started = start(&place, options);
            started.wait_for("/b.toml: publishes to ");
            if options == [".", "--standby"] {
                publishes(&place, "a");
                started.signal(Signal::TERM);
            }
            let _ = started.end();
            let log = started.log();
            assert!(log.contains("as ./a.toml does; give each a region of its own"), "{log}");
            assert!(!log.contains("publishes here"), "{log}");
        }
    }
}
