//! A region of instances: from a list, from a pattern, from lines of input.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::process::Stdio;

use layout::RecordBuf;
use region::{DynInstanceReader, State};
use rustix::process::Signal;

use crate::place::{Place, Running, TICK, wait_until};

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
    let folder = place.path("if").join(name);
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("n"), value).expect("write");
}

/// A producer of lines.
struct Feed {
    producer: Running,
    stdin: std::process::ChildStdin,
}

impl Feed {
    fn start(place: &Place, args: &[&str]) -> Self {
        let mut producer = place.start("log", Stdio::piped(), args);
        let stdin = producer.child.stdin.take().expect("stdin");
        Self { producer, stdin }
    }

    fn say(&mut self, line: &str) {
        self.stdin.write_all(format!("{line}\n").as_bytes()).expect("write");
    }

    /// Ends the input; returns the log.
    fn end(self) -> String {
        let Self { mut producer, stdin } = self;
        drop(stdin);
        producer.ends_with(0)
    }
}

const INPUT: &[(&str, &str)] = &[("u32", "input = { key = \"x\" }")];

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
fn a_line_publishes_the_instance_that_it_names_and_no_other() {
    let place = Place::new();
    let fields = [INPUT[0], ("u8", "input = { key = \"y\" }")];
    configure(&place, "{ input = \"s\", max = 2 }", &fields, "[producer]\ntick = \"1h\"\n");
    let mut feed = Feed::start(&place, &[]);
    for line in [
        r#"{"s": "A", "x": 1, "y": 2}"#,
        r#"{"s": "B", "x": 5}"#, // 2: B has no y yet
        r#"{"x": 9, "s": "A"}"#,
        r#"{"x": 9}"#, // 4 to 9: bad
        r#"{"s": 7, "x": 9}"#,
        r#"{"s": "", "x": 9}"#,
        r#"{"s": "C", "x": 9, "y": 1}"#,
        r#"{"s": "A", "x": 10, "s": "A"}"#,
        r#"{"s": "A", "z": 1}"#,
        r#"{"s": "B", "y": 6}"#,
    ] {
        feed.say(line);
    }
    wait_for(&place, &[("A", 2, "9"), ("B", 1, "5")]);
    let log = feed.end();
    for part in [
        "line 2: nothing is published before there is a value for y",
        "line 4 skipped: key \"s\" is missing, and it names the instance; write it in each line",
        "line 5 skipped: key \"s\" names the instance and is a number; write a text, \"name\"",
        "line 6 skipped: an instance needs a name of 1 to 64 bytes; write 1 to 64 bytes of text",
        "line 7 skipped: instance \"C\" has no place among the 2 that are there; raise max, or",
        "line 8 skipped: key \"s\" appears twice",
        "line 9 skipped: key \"z\" is unknown",
        "(end of input): 3 records, 6 bad lines",
    ] {
        assert!(log.contains(part), "{part}\n{log}");
    }
}

#[test]
fn one_name_more_takes_the_place_of_the_oldest() {
    let place = Place::new();
    let instances = "{ input = \"s\", max = 2, full = \"retire-oldest\" }";
    configure(&place, instances, INPUT, "");
    let mut feed = Feed::start(&place, &[]);
    for line in [
        r#"{"s": "A", "x": 1}"#,
        r#"{"s": "B", "x": 2}"#,
        r#"{"s": "A", "x": 3}"#,
        r#"{"s": "C", "x": "no"}"#, // a bad line retires none
        r#"{"s": "C", "x": 4}"#,
    ] {
        feed.say(line);
    }
    // C begins after all that were retired.
    wait_for(&place, &[("A", 2, "3"), ("C", 2, "4")]);
    feed.end();
}

#[test]
fn a_name_that_leads_out_of_a_folder_is_a_bad_line() {
    let place = Place::new();
    make(&place, "a", "7");
    let fields = [("u32", file_of_each(&place)), ("u8", "input = { key = \"x\" }".to_owned())];
    let fields = fields.each_ref().map(|(ctype, source)| (*ctype, source.as_str()));
    configure(&place, "{ input = \"s\" }", &fields, "");
    let mut feed = Feed::start(&place, &[]);
    feed.say(r#"{"s": "..", "x": 1}"#);
    feed.say(r#"{"s": "../if/a", "x": 1}"#);
    feed.say(r#"{"s": "a", "x": 1}"#);
    wait_for(&place, &[("a", 1, "7")]);
    let log = feed.end();
    assert!(log.contains("line 1 skipped: \"..\" would lead out of a folder"), "{log}");
    assert!(log.contains("line 2 skipped: \"../if/a\" would lead out of a folder"), "{log}");
}

#[test]
fn names_numbers_and_places_stay_over_a_killed_producer() {
    let place = Place::new();
    configure(&place, "{ input = \"s\", max = 2 }", INPUT, "");
    let mut feed = Feed::start(&place, &[]);
    feed.say(r#"{"s": "A", "x": 1}"#);
    feed.say(r#"{"s": "B", "x": 2}"#);
    wait_for(&place, &[("A", 1, "1"), ("B", 1, "2")]);
    feed.producer.signal(Signal::KILL);
    feed.producer.end();
    let mut feed = Feed::start(&place, &[]);
    feed.say(r#"{"s": "C", "x": 3}"#);
    feed.say(r#"{"s": "B", "x": 4}"#);
    wait_for(&place, &[("A", 1, "1"), ("B", 2, "4")]);
    let log = feed.end();
    assert!(log.contains("resumed, epoch 2, 2 instances"), "{log}");
    assert!(log.contains("line 1 skipped: instance \"C\" has no place among the 2"), "{log}");
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
fn a_maximum_that_is_too_small_for_those_that_are_there_is_refused() {
    let place = Place::new();
    configure(&place, "{ input = \"s\", max = 2 }", INPUT, "");
    let mut feed = Feed::start(&place, &[]);
    feed.say(r#"{"s": "A", "x": 1}"#);
    feed.say(r#"{"s": "B", "x": 2}"#);
    wait_for(&place, &[("A", 1, "1"), ("B", 1, "2")]);
    place.reconfigure("max = 2", "max = 1");
    feed.producer.signal(Signal::HUP);
    feed.producer
        .wait_for("allow more of them (max), or retire one; keeping the old configuration");
    place.reconfigure("max = 1", "max = 3");
    feed.producer.signal(Signal::HUP);
    feed.producer.wait_for("is in force");
    feed.say(r#"{"s": "C", "x": 3}"#);
    feed.say(r#"{"s": "A", "x": 4}"#);
    wait_until("all three", || newest(&place).len() == 3 && newest(&place)["A"].1 == "4");
    assert_eq!(newest(&place)["B"].1, "2", "the new file has its record");
    feed.end();
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
fn a_standby_publishes_what_lines_had_for_each_instance_meanwhile() {
    let place = Place::new();
    configure(&place, "{ input = \"s\", max = 9 }", INPUT, "");
    let mut active = Feed::start(&place, &[]);
    active.say(r#"{"s": "A", "x": 1}"#);
    wait_for(&place, &[("A", 1, "1")]);
    let mut standby = place.start("standby", Stdio::piped(), &["--standby"]);
    let mut stdin = standby.child.stdin.take().expect("stdin");
    standby.wait_for("waiting to take over");
    stdin.write_all(b"{\"s\": \"A\", \"x\": 2}\n{\"s\": \"B\", \"x\": 3}\n").expect("write");
    active.end();
    wait_for(&place, &[("A", 2, "2"), ("B", 1, "3")]);
    drop(stdin);
    standby.ends_with(0);
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
fn recorded_records_are_published_again_under_their_instances() {
    let place = Place::new();
    configure(&place, "[\"a\", \"b\"]", &[("u32", "const = 1")], "");
    let mut feed = Feed::start(&place, &["--replay"]);
    for (name, sequence, value) in [("a", 7, 5), ("b", 9, 6), ("a", 8, 7)] {
        feed.say(&format!(
            r#"{{"lineage":1,"sequence":{sequence},"instance":"{name}","record":{{"f0":{value}}}}}"#
        ));
    }
    feed.say(r#"{"lineage":1,"sequence":1,"record":{"f0":1}}"#);
    wait_for(&place, &[("a", 2, "7"), ("b", 1, "6")]);
    let log = feed.end();
    assert!(log.contains("line 4 skipped: key \"instance\" is missing"), "{log}");
}

#[test]
fn a_region_of_instances_is_closed_and_says_how_many_records_it_had() {
    let place = Place::new();
    configure(&place, "[\"a\", \"b\"]", &[("u32", "const = 1")], TICK);
    let mut producer = place.start_quietly("log");
    wait_until("records", || newest(&place).values().filter(|(n, _)| *n > 2).count() == 2);
    let reader = DynInstanceReader::open(place.region()).expect("a region");
    assert_eq!(reader.state(), State::Live);
    producer.signal(Signal::TERM);
    producer.ends_with(0);
    assert_eq!(reader.state(), State::Closed);
}
