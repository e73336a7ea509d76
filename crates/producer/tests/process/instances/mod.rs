//! A region of instances: from a list, from a pattern, and in the other files from the input.

mod lines;
mod places;
mod restart;
mod same_record;
mod standby;

use std::collections::BTreeMap;
use std::fs;
use std::process::Stdio;

use layout::RecordBuf;
use region::{DynInstanceReader, State};
use rustix::process::Signal;

use crate::manager::Manager;
use crate::place::{Place, TICK, wait_until};

/// Sequence and first field of the newest record of each instance; 0 and nothing before its first one.
type Newest = BTreeMap<String, (u64, String)>;

fn configure(place: &Place, instances: &str, fields: &[(&str, &str)], more: &str) {
    place.configure(fields, more);
    place.reconfigure("name = \"X\"\n", &format!("name = \"X\"\ninstances = {instances}\n"));
}

fn newest(place: &Place) -> Newest {
    let Ok(mut reader) = DynInstanceReader::open(place.region()) else { return Newest::new() };
    let all: Vec<_> = reader.all().collect();
    let mut record = RecordBuf::new(reader.schema().clone());
    let mut found = Newest::new();
    for (instance, name) in all {
        let Ok(latest) = reader.latest(instance, record.bytes_mut()) else { continue };
        let newest = latest.map(|latest| (latest.sequence, record.value(0).to_string()));
        found.insert(name.to_string(), newest.unwrap_or_default());
    }
    found
}

fn of(wanted: &[(&str, u64, &str)]) -> Newest {
    let one = |&(name, sequence, value): &(&str, u64, &str)| {
        (name.to_owned(), (sequence, value.to_owned()))
    };
    wanted.iter().map(one).collect()
}

#[track_caller]
fn wait_for(place: &Place, wanted: &[(&str, u64, &str)]) {
    let wanted = of(wanted);
    let mut last = Newest::new();
    wait_until(&format!("{wanted:?}"), || {
        last = newest(place);
        last == wanted
    });
}

/// Waits until these are the instances, each with a value.
#[track_caller]
fn wait_for_values(place: &Place, wanted: &[(&str, &str)]) {
    wait_until(&format!("{wanted:?}"), || {
        let newest = newest(place);
        let found = newest.iter().map(|(name, (_, value))| (name.as_str(), value.as_str()));
        found.eq(wanted.iter().copied())
    });
}

/// `{instance}/n` below the directory of the test.
fn file_of_each(place: &Place) -> String {
    format!("file = {{ path = '{}/if/{{instance}}/n' }}", place.path("").display())
}

fn pattern(place: &Place, more: &str) -> String {
    format!("{{ glob = '{}/if/*'{more} }}", place.path("").display())
}

fn make(place: &Place, name: &str, value: &str) {
    // In one step: a producer that looks in between would find an instance without a value.
    let (all, aside) = (place.path("if"), place.path("aside").join(name));
    fs::create_dir_all(&all).expect("a folder");
    fs::create_dir_all(&aside).expect("a folder");
    fs::write(aside.join("n"), value).expect("write");
    fs::rename(aside, all.join(name)).expect("rename");
}

#[test]
fn each_tick_publishes_one_record_of_each_listed_instance() {
    let place = Place::new();
    make(&place, "b", "5");
    make(&place, "a", "7");
    configure(&place, "[\"b\", \"a\"]", &[("u32", &file_of_each(&place))], TICK);
    let log = place.start("log", Stdio::null(), &["--ticks", "3"]).ends_with(0);
    assert_eq!(newest(&place), of(&[("a", 3, "7"), ("b", 3, "5")]));
    let reader = DynInstanceReader::open(place.region()).expect("a region");
    let names: Vec<_> = reader.all().map(|(_, name)| name.to_string()).collect();
    assert_eq!((names, reader.max()), (vec!["b".into(), "a".into()], 2));
    assert!(log.contains("2 instances joined: b, a"), "{log}");
    assert!(log.contains("(all ticks done): 6 records"), "{log}");
}

#[test]
fn a_path_that_appears_joins_and_one_that_is_gone_is_retired() {
    let place = Place::new();
    let instances = pattern(&place, ", rescan = \"10ms\", max = 2");
    configure(&place, &instances, &[("u32", &file_of_each(&place))], TICK);
    let mut producer = place.start_quietly("log");
    producer.wait_for("if/*: there is no instance yet; searching every 10ms");
    make(&place, "a", "1");
    wait_for_values(&place, &[("a", "1")]);
    make(&place, "b", "2");
    wait_for_values(&place, &[("a", "1"), ("b", "2")]);
    make(&place, "c", "3");
    producer.wait_for("1 more instance found than max = 2: c; raise max");
    fs::remove_dir_all(place.path("if/a")).expect("remove");
    wait_for_values(&place, &[("b", "2"), ("c", "3")]);
    producer.signal(Signal::TERM);
    let log = producer.ends_with(0);
    for part in ["1 instance joined: a", "1 instance joined: b", "1 instance retired: a"] {
        assert!(log.contains(part), "{part}\n{log}");
    }
}

#[test]
fn a_smaller_maximum_of_a_pattern_leaves_out_what_is_more_and_starts() {
    let place = Place::new();
    ["a", "b", "c"].iter().zip(["1", "2", "3"]).for_each(|(name, n)| make(&place, name, n));
    let instances = pattern(&place, ", max = 3");
    configure(&place, &instances, &[("u32", &file_of_each(&place))], TICK);
    let run = || place.start("log", Stdio::null(), &["--ticks", "1"]).ends_with(0);
    run();
    place.reconfigure("max = 3", "max = 2");
    let log = run();
    assert_eq!(newest(&place).len(), 2, "{log}");
    assert!(log.contains("1 instance retired: "), "{log}");
    assert!(log.contains("1 more instance found than max = 2: "), "{log}");
}

#[test]
fn what_is_gone_is_logged_as_retired_and_not_as_lost() {
    let place = Place::new();
    let names: Vec<_> = (0..20).map(|number| format!("n{number}")).collect();
    for name in &names {
        make(&place, name, "1");
    }
    let instances = pattern(&place, ", rescan = \"1h\"");
    configure(&place, &instances, &[("u32", &file_of_each(&place))], TICK);
    let mut producer = place.start_quietly("log");
    wait_until("records", || newest(&place).len() == 20);
    fs::rename(place.path("if"), place.path("gone")).expect("rename");
    producer.wait_for("20 instances retired: ");
    producer.signal(Signal::TERM);
    let log = producer.ends_with(0);
    assert!(!log.contains("no value") && !log.contains("cannot read"), "{log}");
}

#[test]
fn what_many_instances_lose_at_once_is_one_message() {
    let place = Place::new();
    let names: Vec<_> = (0..150).map(|number| format!("n{number:03}")).collect();
    for name in &names {
        make(&place, name, "1");
    }
    fs::remove_file(place.path("if/n007/n")).expect("remove");
    let instances = pattern(&place, "");
    let second = file_of_each(&place).replace("/n'", "/m'");
    let fields = [("u32", file_of_each(&place)), ("u32", second)];
    let fields = fields.each_ref().map(|(ctype, source)| (*ctype, source.as_str()));
    configure(&place, &instances, &fields, TICK);
    for args in [&["--ticks", "1"][..], &["--check"]] {
        let mut producer = place.start("log", Stdio::null(), args);
        let log = producer.ends_with(0);
        let warned: Vec<_> = log.lines().filter(|line| line.contains("cannot read")).collect();
        assert_eq!(warned.len(), 2, "{log}");
        let of_one = warned.iter().find(|line| line.contains("field \"f0\"")).expect("f0");
        assert!(
            of_one.contains("n007: field") && of_one.ends_with("keeps its last value"),
            "{log}"
        );
        let of_all = warned.iter().find(|line| line.contains("field \"f1\"")).expect("f1");
        let more = "; the same in 149 more instances: n001, n002, n003, n004, n005, n006, n007, n008 and 141 more";
        assert!(of_all.contains("n000: field") && of_all.ends_with(more), "{log}");
    }
}

#[test]
fn a_check_warns_of_what_a_start_would_warn_of() {
    let place = Place::new();
    let warnings = |max: &str| {
        let instances = pattern(&place, max);
        configure(&place, &instances, &[("u32", &file_of_each(&place))], TICK);
        let of = |args: &[&str]| {
            let log = place.start("log", Stdio::null(), args).ends_with(0);
            let warned =
                log.lines().filter_map(|line| Some(line.split_once(" WARN ")?.1.to_owned()));
            warned.collect::<Vec<_>>()
        };
        let checked = of(&["--check"]);
        assert_eq!(checked, of(&["--ticks", "1"]), "{max}");
        fs::remove_file(place.region()).expect("the region");
        checked.join("\n")
    };
    let none = warnings("");
    assert!(none.contains("no path matches") && none.contains("no instance yet"), "{none}");
    for name in ["a", "b", "c\n"] {
        make(&place, name, "1");
    }
    let two = warnings(", max = 1");
    assert!(two.contains("1 more instance found than max = 1: b; raise max; "), "{two}");
    assert!(
        two.contains("instance name \"c\\n\" has a control character: it is left out"),
        "{two}"
    );
}

#[test]
fn an_instance_that_joins_between_two_ticks_has_its_first_record_at_once() {
    let place = Place::new();
    let instances = pattern(&place, ", rescan = \"10ms\"");
    configure(&place, &instances, &[("u32", &file_of_each(&place))], "[producer]\ntick = \"1h\"\n");
    make(&place, "a", "1");
    let _producer = place.start_quietly("log");
    wait_for(&place, &[("a", 1, "1")]);
    make(&place, "b", "2");
    wait_for(&place, &[("a", 1, "1"), ("b", 1, "2")]);
}

#[test]
fn the_first_record_of_each_instance_has_rates() {
    let place = Place::new();
    make(&place, "a", "1");
    make(&place, "b", "2");
    let rate = file_of_each(&place).replace(" }", ", rate = true, default = nan }");
    configure(&place, "[\"a\", \"b\"]", &[("f64", &rate)], "");
    place.start("log", Stdio::null(), &["--ticks", "1"]).ends_with(0);
    assert_eq!(newest(&place), of(&[("a", 1, "0"), ("b", 1, "0")]));
}

#[test]
fn a_reload_retires_and_adds_names_and_the_others_continue() {
    let place = Place::new();
    let fields = [("u64", "counter = { start = 1 }")];
    configure(&place, "[\"a\", \"b\"]", &fields, TICK);
    let mut producer = place.start_quietly("log");
    let has = |name: &str, least: u64| newest(&place).get(name).is_some_and(|(n, _)| *n > least);
    wait_until("records", || has("b", 5));
    let inode = place.inode();
    place.reconfigure("[\"a\", \"b\"]", "[\"b\", \"c\"]");
    producer.signal(Signal::HUP);
    wait_until("the new instance", || has("c", 0) && !has("a", 0));
    assert_eq!(place.inode(), inode, "as many instances: the same file");
    let continued = newest(&place).remove("b").expect("b");
    assert_eq!(continued.0.to_string(), continued.1, "its counter and numbers continue");

    place.reconfigure("[\"b\", \"c\"]", "[\"b\", \"c\", \"d\"]");
    producer.signal(Signal::HUP);
    wait_until("the third instance", || has("d", 0));
    assert_ne!(place.inode(), inode, "one more: a new file");
    let continued = newest(&place).remove("b").expect("b");
    assert_eq!(continued.0.to_string(), continued.1, "its counter and numbers continue");

    place.reconfigure("[\"b\", \"c\", \"d\"]", "[\"d\"]");
    producer.signal(Signal::HUP);
    wait_until("one instance", || newest(&place).len() == 1);
    producer.wait_for("2 instances retired: b, c");
    place.reconfigure("instances = [\"d\"]\n", "");
    producer.signal(Signal::HUP);
    producer
        .wait_for("instances cannot come or go while it is published; start the producer again");
    let now = newest(&place)["d"].0;
    wait_until("the old configuration stays in force", || has("d", now));
    producer.signal(Signal::TERM);
    producer.ends_with(0);
}

#[test]
fn a_region_that_was_deleted_has_all_instances_again() {
    let place = Place::new();
    let fields = [("u64", "counter = { start = 1 }")];
    configure(&place, "[\"a\", \"b\"]", &fields, TICK);
    let _producer = place.start_quietly("log");
    let count = || newest(&place).values().filter(|(sequence, _)| *sequence > 0).count();
    wait_until("records", || count() == 2);
    fs::remove_file(place.region()).expect("remove");
    wait_until("a new file", || count() == 2);
}

#[test]
fn a_check_samples_each_instance_and_publishes_nothing() {
    let place = Place::new();
    make(&place, "eth0", "7");
    let instances = pattern(&place, "");
    let fields =
        [("u32", file_of_each(&place)), ("u32", file_of_each(&place).replace("/n'", "/m'"))];
    let fields = fields.each_ref().map(|(ctype, source)| (*ctype, source.as_str()));
    configure(&place, &instances, &fields, "");
    let text = place.start("log", Stdio::null(), &["--check"]).stdout_of_success();
    assert!(text.contains("instances    at most 256, one for each "), "{text}");
    assert!(text.ends_with("\ninstance  values\neth0      f0=7 f1=-\n"), "{text}");
    assert!(text.contains("/if/{instance}/n"), "{text}");
    assert!(!place.region().exists());
}

#[test]
fn a_region_of_instances_is_closed_and_says_how_many_records_it_had() {
    let place = Place::new();
    configure(&place, "[\"a\", \"b\"]", &[("u32", "const = 1")], TICK);
    let mut producer = place.start_quietly("log");
    wait_until("records", || newest(&place).values().filter(|(n, _)| *n > 2).count() == 2);
    let reader = DynInstanceReader::open(place.region()).expect("a region");
    wait_until("a live region", || reader.state() == State::Live);
    producer.signal(Signal::TERM);
    producer.ends_with(0);
    assert_eq!(reader.state(), State::Closed);
}

#[test]
fn the_key_of_a_line_is_the_name_of_its_instance() {
    let place = Place::new();
    let file = place.path("dev");
    fs::write(&file, "bytes packets\neth0: 5 6\n  lo: 7 8\n").expect("write");
    let source =
        format!("file = {{ path = '{}', key = '{{instance}}', column = 2 }}", file.display());
    configure(&place, "[\"lo\", \"eth0\"]", &[("u32", &source)], "");
    place.start("log", Stdio::null(), &["--ticks", "1"]).ends_with(0);
    assert_eq!(newest(&place), of(&[("eth0", 1, "6"), ("lo", 1, "8")]));
}

#[test]
fn a_regular_expression_finds_the_value_of_its_instance_alone() {
    let place = Place::new();
    let file = place.path("dev");
    fs::write(&file, "eth0.1: 15\neth0x1: 16\na|b: 17\n").expect("write");
    let source =
        format!(r"file = {{ path = '{}', regex = '^{{instance}}: (\d{{1,3}})' }}", file.display());
    configure(&place, "[\"eth0.1\", \"eth0x1\", \"a|b\"]", &[("u32", &source)], "");
    place.start("log", Stdio::null(), &["--ticks", "1"]).ends_with(0);
    assert_eq!(newest(&place), of(&[("a|b", 1, "17"), ("eth0.1", 1, "15"), ("eth0x1", 1, "16")]));
}

#[test]
fn a_pattern_that_matches_nothing_is_ready_and_the_status_counts_instances() {
    let place = Place::new();
    let instances = pattern(&place, ", rescan = \"10ms\"");
    configure(&place, &instances, &[("u32", &file_of_each(&place))], TICK);
    let mut manager = Manager::new(&place);
    let mut producer = manager.start("log", None, &[]);
    manager.wait_for("READY=1");
    let waits = |status: &String| status.contains(": no instance, no path matches ");
    assert!(manager.heard().iter().any(waits), "{:?}", manager.heard());
    make(&place, "a", "1");
    make(&place, "b", "2");
    wait_until("the count of instances", || {
        manager.heard().iter().any(|status| status.contains(": 2 instances, "))
    });
    producer.signal(Signal::TERM);
    producer.ends_with(0);
}
