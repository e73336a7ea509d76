//! Health by exit status: each state of a region, provoked, and what a check says about it.

use e2e::{Daemon, Place, Reading, wait_until};
use nix::sys::signal::Signal;

use crate::{consumer, producer};

/// What docs/operate.md uses, for a machine that is busy with other tests.
const CHECK: &str = "x --once --require live --max-age 1h";

/// Starts a producer that counts into the region `x`.
fn publishing(place: &Place) -> Daemon {
    place.write(
        "x.toml",
        "[region]\nname = \"x\"\n[record]\nname = \"X\"\n[[record.field]]\nname = \"n\"\n\
         type = \"u32\"\nsource = { counter = {} }\n[producer]\ntick = \"10ms\"\n",
    );
    let producer = producer().start(place, "./x.toml");
    let mut first = consumer().start(place, "x --once --timeout 1m --require live");
    assert_eq!(first.exit_code(), 0, "{:?}", first.err());
    producer
}

/// Runs a check; its exit code and its one line on stderr.
#[track_caller]
fn check(place: &Place, args: &str) -> (i32, String) {
    let mut consumer = consumer().start(place, args);
    let code = consumer.exit_code();
    let (out, mut err) = (consumer.out(), consumer.err());
    assert_eq!(out.len(), usize::from(code == 0), "{out:?}");
    if args.contains("--require live ") {
        assert_eq!(err.len(), usize::from(code != 0), "{err:?}");
    }
    (code, err.pop().unwrap_or_default())
}

/// The code, and that the line ends with `message`.
#[track_caller]
fn checks(place: &Place, args: &str, code: i32, message: &str) {
    let (found, line) = check(place, args);
    assert_eq!(found, code, "{line}");
    assert!(line.contains(message), "{line}");
}

#[test]
fn a_live_region_is_healthy() {
    let place = Place::new();
    let mut producer = publishing(&place);
    wait_until("a machine that lets the producer run", || check(&place, CHECK).0 == 0);
    producer.stop();
}

#[test]
fn no_region_is_exit_code_3() {
    checks(&Place::new(), CHECK, 3, "x.region: no such region; start its producer");
}

#[test]
fn a_killed_producer_is_dead_and_exit_code_4() {
    let place = Place::new();
    publishing(&place).kill9();
    checks(&place, CHECK, 4, "x.region: the region is dead, and not live; start its producer");
    checks(&place, "x --once --require live,dead", 0, "");
}

#[test]
fn a_stopped_process_is_stalled_and_exit_code_4() {
    let place = Place::new();
    let mut producer = publishing(&place);
    producer.pause();
    let args = "x --once --timeout 1m --require stalled";
    checks(&place, args, 0, "");
    checks(&place, CHECK, 4, "x.region: the region is stalled, and not live; look at its producer");
    producer.signal(Signal::SIGCONT);
    checks(&place, "x --once --timeout 1m --require live", 0, "");
}

#[test]
fn a_closed_region_is_exit_code_4() {
    let place = Place::new();
    publishing(&place).stop();
    checks(&place, CHECK, 4, "x.region: the region is closed, and not live; start its producer");
}

#[test]
fn a_record_that_is_too_old_is_exit_code_4_whatever_the_state() {
    let place = Place::new();
    publishing(&place).stop();
    checks(&place, "x --once --max-age 1ns", 4, " old, and --max-age is 1ns; look at its producer");
    checks(&place, "x --once --max-age 1h", 0, "");
}

#[test]
fn a_reader_that_follows_or_polls_ends_with_4_when_the_producer_is_killed() {
    for mode in ["--follow", "--poll 1h"] {
        let place = Place::new();
        let mut producer = publishing(&place);
        let mut reader = consumer().start(&place, &format!("x {mode} --require live,stalled"));
        reader.next_out();
        producer.kill9();
        assert_eq!(reader.exit_code(), 4, "{mode}: {:?}", reader.err());
        reader.says("the region is dead, and not live or stalled; start its producer");
    }
}

#[test]
fn a_reader_ends_with_4_when_records_stop_coming() {
    for mode in ["--follow", "--poll 1h"] {
        let place = Place::new();
        let mut producer = publishing(&place);
        let mut reader = consumer().start(&place, &format!("x {mode} --max-age 20s"));
        reader.next_out();
        producer.pause();
        // Not in 20 s of the test's own: the age is measured from the last record on.
        let mut impatient = consumer().start(&place, &format!("x {mode} --max-age 600ms"));
        assert_eq!(impatient.exit_code(), 4, "{mode}: {:?}", impatient.err());
        impatient.says(" old, and --max-age is 600ms; look at its producer");
        assert!(reader.is_running(), "{mode}: {:?}", reader.err());
    }
}

#[test]
fn a_misspelt_state_is_wrong_usage_with_the_nearest_word() {
    let mut consumer = consumer().start(&Place::new(), "x --require alive");
    assert_eq!(consumer.exit_code(), 2);
    consumer.says("invalid value 'alive' for '--require <STATES>'");
    consumer.says("similar value exists: 'live'");
}

#[test]
fn a_bare_file_has_neither_state_nor_age() {
    let place = Place::new();
    place.write(
        "bare.toml",
        "[region]\npath = \"./bare\"\nformat = \"bare\"\n[record]\nname = \"X\"\n\
         [[record.field]]\nname = \"n\"\ntype = \"u32\"\n",
    );
    for option in ["--require live", "--max-age 1s"] {
        let mut consumer = consumer().start(&place, &format!("./bare.toml --once {option}"));
        assert_eq!(consumer.exit_code(), 2, "{option}");
        consumer.says("./bare: a bare file has neither a state nor an age; leave out --require");
    }
}

// ---- an input with a deadline ----

/// A producer of lines such as `{"n": 1}` into the region `x`.
fn fed(place: &Place, deadline: &str) -> Daemon {
    place.write(
        "x.toml",
        format!(
            "[region]\nname = \"x\"\n[record]\nname = \"X\"\n[[record.field]]\nname = \"n\"\n\
             type = \"u32\"\nsource = {{ input = {{}} }}\n[producer]\ntick = \"10ms\"\n\
             input_deadline = \"{deadline}\"\n"
        ),
    );
    let mut producer = producer().start_with_input(place, "./x.toml");
    producer.say(r#"{"n": 1}"#); // the deadline runs from the start
    producer.says("publishing X to");
    producer
}

#[test]
fn an_input_that_falls_silent_is_stalled_and_the_next_good_line_makes_it_live() {
    let place = Place::new();
    let mut producer = fed(&place, "500ms");
    let mut reader = consumer().start(&place, "x --follow");
    reader.out_line("the record", |line| line == "n=1");
    reader.says(": stalled: ");
    producer.says("no good line of input for 500ms: readers see the region as stalled; look at");
    checks(&place, CHECK, 4, "x.region: the region is stalled, and not live; look at its producer");
    wait_until("a look at the region while it is live", || {
        producer.say(r#"{"n": 2}"#);
        reader.said(": live: ") > 0
    });
    producer.says("a good line of input again: readers see the region as live");
}

#[test]
fn bad_lines_are_no_sign_of_life() {
    let place = Place::new();
    let mut producer = fed(&place, "500ms");
    let mut reader = consumer().start(&place, "x --follow");
    reader.next_out();
    wait_until("the region is stalled", || {
        producer.say("n = 2");
        reader.said(": stalled: ") > 0
    });
    producer.says("no good line of input for 500ms");
    producer.end_input();
    assert_eq!(producer.exit_code(), 0);
    assert_eq!(producer.said("no good line of input"), 1, "{:?}", producer.err());
}

#[test]
fn a_reload_sets_and_takes_away_the_deadline() {
    let place = Place::new();
    let mut producer = fed(&place, "1h");
    let mut reader = consumer().start(&place, "x --follow");
    reader.next_out();
    let text = std::fs::read_to_string(place.path("x.toml")).expect("the configuration");
    place.write("x.toml", text.replace("\"1h\"", "\"500ms\""));
    producer.signal(Signal::SIGHUP);
    reader.says(": stalled: ");
    producer.says("no good line of input for 500ms");
    place.write("x.toml", text.replace("input_deadline = \"1h\"\n", ""));
    producer.signal(Signal::SIGHUP);
    reader.says(": live: ");
}

#[test]
fn values_older_than_the_deadline_are_not_published_again() {
    let place = Place::new();
    let mut producer = fed(&place, "500ms");
    producer.says("no good line of input for 500ms");
    let newest = || {
        let line = consumer().start(&place, "x --once --format json").next_out();
        (Reading::of(&line).sequence, Reading::of(&line).line["published_at"].clone())
    };
    let before = newest();
    std::fs::remove_file(place.path("x.region")).expect("remove");
    producer.says("was deleted while in use; recreated");
    assert_eq!(newest(), before, "the same record, of the same time");
    checks(&place, CHECK, 4, "the region is stalled");
}

// ---- values that are not known ----

#[test]
fn null_in_a_float_field_is_nan_for_readers_and_bare_nan_is_named_in_the_log() {
    let place = Place::new();
    place.write(
        "x.toml",
        "[region]\nname = \"x\"\n[record]\nname = \"X\"\n[[record.field]]\nname = \"volts\"\n\
         type = \"f32\"\nsource = { input = {} }\n[[record.field]]\nname = \"n\"\n\
         type = \"u32\"\nsource = { input = {} }\n",
    );
    let mut producer = producer().start_with_input(&place, "./x.toml");
    producer.says("publishing X to");
    let mut reader = consumer().start(&place, "x --follow --format json");
    for (line, volts) in [
        (r#"{"volts": 12.5, "n": 1}"#, "12.5"),
        (r#"{"volts": null}"#, "null"),
        (r#"{"volts": "NaN"}"#, "null"),
    ] {
        producer.say(line);
        let printed = reader.next_out();
        assert!(printed.contains(&format!("{{\"volts\":{volts},\"n\":1}}")), "{printed}");
    }
    producer.say(r#"{"volts": NaN, "n": 1}"#);
    producer.says("line 4 skipped: NaN at column 11 is not JSON; write null, or it in quotes");
    producer.say(r#"{"n": null}"#);
    producer
        .says("line 5 skipped: key \"n\" is null, which only floats can be, and not u32; leave");
}

#[test]
fn a_value_that_is_left_out_is_refused_replaced_or_kept_as_its_field_says() {
    let place = Place::new();
    let field = |name: &str, ctype: &str, input: &str| {
        format!(
            "[[record.field]]\nname = \"{name}\"\ntype = \"{ctype}\"\n\
             source = {{ input = {{ {input} }} }}\n"
        )
    };
    let fields = [
        field("volts", "f32", "required = true"),
        field("mode", "u8", "default = 9"),
        field("amps", "f32", "max_age = \"1ns\""),
        field("fan", "u8", "max_age = \"1h\", default = 7"),
        field("room", "char[8]", ""),
    ];
    let text = format!("[region]\nname = \"x\"\n[record]\nname = \"X\"\n{}", fields.concat());
    place.write("x.toml", text);
    let mut producer = producer().start_with_input(&place, "./x.toml");
    producer.says("publishing X to");
    let mut reader = consumer().start(&place, "x --follow");
    producer.say(r#"{"volts": 12, "mode": 1, "amps": 2, "fan": 3, "room": "lab"}"#);
    assert_eq!(reader.next_out(), "volts=12\tmode=1\tamps=2\tfan=3\troom=lab");
    producer.say(r#"{"volts": 11}"#);
    assert_eq!(reader.next_out(), "volts=11\tmode=9\tamps=NaN\tfan=3\troom=lab");
    producer.say(r#"{"amps": 2}"#);
    producer.says("line 3 skipped: key \"volts\" is missing, and it is required; write it in each");
}
