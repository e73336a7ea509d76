//! A producer and a consumer: two processes that share only the region.

use e2e::counters::{self, Counters};
use e2e::{Daemon, Place, Program, Reading};

use crate::{consumer, copier, producer};

/// The record of the tutorial at its first tick, as its reader prints it.
const FIRST: &str = "id=10\tname=xiaoming\tm";
/// Arguments for a producer with short ticks on the embedded configuration.
const FAST: &str = "--region ./stu.region --tick 10ms";

/// Whether `line` is the text of a record of the embedded configuration.
fn is_stu(line: &str) -> bool {
    let rest = line.strip_prefix("id=").and_then(|rest| rest.strip_suffix("\tname=xiaoming\tm"));
    rest.is_some_and(|id| id.parse::<i32>().is_ok_and(|id| id >= 10))
}

/// A closed region with three records.
fn three_records(place: &Place) {
    let mut producer = producer().start(place, "--region ./stu.region --tick 1ms --ticks 3");
    assert_eq!(producer.exit_code(), 0, "{:?}", producer.err());
}

#[test]
fn a_consumer_prints_what_a_producer_publishes() {
    let place = Place::new();
    let mut producer = producer().start(&place, "--region ./stu.region --tick 10ms --ticks 1");
    assert_eq!(producer.exit_code(), 0);
    let mut consumer = consumer().start(&place, "./stu.region --once");
    assert_eq!(consumer.exit_code(), 0);
    assert_eq!(consumer.out(), [FIRST]);
}

#[test]
fn without_arguments_both_use_the_region_stu() {
    let place = Place::new();
    let mut consumer = consumer().start(&place, "");
    consumer.says("waiting for");
    let mut producer = producer().start(&place, "");
    producer.says("publishing STU to");
    let line = consumer.next_out();
    assert!(is_stu(&line), "{line}");
    assert!(place.path("stu.region").exists());
    consumer.stop();
    producer.stop();
}

#[test]
fn one_configuration_serves_both() {
    let place = Place::new();
    place.shipped("stu.toml");
    let _producer = producer().start(&place, "stu.toml --tick 10ms");
    let mut consumer = consumer().start(&place, "stu.toml --once --timeout 1m");
    assert_eq!(consumer.exit_code(), 0, "{:?}", consumer.err());
    assert!(is_stu(&consumer.next_out()));
}

#[test]
fn ticks_are_counted_and_then_the_producer_ends() {
    let place = Place::new();
    let mut producer = producer().start(&place, "--region ./stu.region --tick 1ms --ticks 3");
    assert_eq!(producer.exit_code(), 0);
    assert_eq!(producer.said("3 records"), 1, "{:?}", producer.err());
    assert!(producer.out().is_empty(), "stdout is for records alone");
    let mut consumer = consumer().start(&place, "./stu.region --once --format json");
    assert_eq!(consumer.exit_code(), 0);
    let last = Reading::of(&consumer.next_out());
    assert_eq!((last.sequence, last.epoch, last.state.as_str()), (3, 1, "closed"));
    assert_eq!(last.number("id"), 12);
}

#[test]
fn json_is_one_object_a_line_with_the_documented_members() {
    let place = Place::new();
    let mut producer = producer().start(&place, FAST);
    let mut consumer =
        consumer().start(&place, "./stu.region --count 2 --poll 20ms --format json --timeout 1m");
    assert_eq!(consumer.exit_code(), 0, "{:?}", consumer.err());
    let lines = consumer.out();
    assert_eq!(lines.len(), 2);
    for line in &lines {
        let reading = Reading::of(line);
        assert_eq!(reading.epoch, 1);
        assert!(reading.is_held(), "{line}");
        let id = reading.number("id");
        assert_eq!(id, i64::try_from(reading.sequence).unwrap() + 9, "record 1 has id 10");
        assert_eq!(
            reading.record,
            serde_json::json!({"id": id, "name": "xiaoming", "sex": "m"}),
            "{line}"
        );
        assert!(reading.line["age_ns"].is_u64(), "{line}");
        let time = reading.line["published_at"].as_str().expect("a text");
        let shape: String =
            time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        assert_eq!(shape, "0000-00-00T00:00:00.000000000Z", "RFC 3339: {line}");
        let members: Vec<usize> =
            ["lineage", "sequence", "published_at", "age_ns", "state", "epoch", "record"]
                .iter()
                .map(|name| line.find(&format!("\"{name}\":")).expect("a member"))
                .collect();
        assert!(members.is_sorted(), "the members keep their order: {line}");
    }
    producer.stop();
}

#[test]
fn csv_is_a_header_and_a_row_for_each_record() {
    let place = Place::new();
    let _producer = producer().start(&place, FAST);
    let mut consumer =
        consumer().start(&place, "./stu.region --follow --count 3 --format csv --timeout 1m");
    assert_eq!(consumer.exit_code(), 0, "{:?}", consumer.err());
    let lines = consumer.out();
    assert_eq!(
        lines[0],
        "lineage,sequence,published_at,age_ns,state,epoch,record.id,record.name,record.sex"
    );
    assert_eq!(lines.len(), 4);
    for row in &lines[1..] {
        let cells: Vec<&str> = row.split(',').collect();
        assert_eq!(cells.len(), 9, "{row}");
        let (sequence, id): (i64, i64) = (cells[1].parse().unwrap(), cells[6].parse().unwrap());
        assert_eq!(id, sequence + 9, "{row}");
        assert_eq!((cells[5], cells[7], cells[8]), ("1", "xiaoming", "m"));
        assert!(["live", "stalled"].contains(&cells[4]), "{row}");
    }
}

#[test]
fn following_prints_every_record_in_order() {
    let place = Place::new();
    // With slots for as long as a busy machine may keep the consumer from running.
    Counters { region: "./x.region", fields: 2, slots: 4096, tick: "10ms" }.write(&place, "x.toml");
    let _producer = producer().start(&place, "x.toml");
    let mut consumer =
        consumer().start(&place, "./x.region --follow --count 50 --format json --timeout 1m");
    assert_eq!(consumer.exit_code(), 0, "{:?}", consumer.err());
    let readings: Vec<Reading> = consumer.out().iter().map(|line| Reading::of(line)).collect();
    assert_eq!(readings.len(), 50);
    for pair in readings.windows(2) {
        assert_eq!(pair[1].sequence, pair[0].sequence + 1, "{:?}", consumer.err());
        assert_eq!(counters::value(&pair[1]), pair[1].sequence, "{}", pair[1].line);
    }
    assert_eq!(consumer.said("missed"), 0, "{:?}", consumer.err());
}

#[test]
fn polling_prints_the_latest_value_repeatedly() {
    let place = Place::new();
    three_records(&place);
    let mut consumer = consumer().start(&place, "./stu.region --poll 5ms --count 4");
    assert_eq!(consumer.exit_code(), 0);
    assert_eq!(consumer.out(), ["id=12\tname=xiaoming\tm"; 4]);
}

#[test]
fn once_does_not_wait_for_a_missing_region() {
    let place = Place::new();
    let mut consumer = consumer().start(&place, "./none.region --once");
    assert_eq!(consumer.exit_code(), 3);
    assert!(consumer.out().is_empty());
    let err = consumer.err();
    assert_eq!(err.len(), 1, "one line says it: {err:?}");
    assert!(err[0].contains("./none.region: no such region; start its producer"), "{err:?}");
    assert!(e2e::names_in(place.dir()).is_empty(), "a reader makes no file");
}

#[test]
fn a_timeout_without_a_region_ends_with_3() {
    let place = Place::new();
    let mut consumer = consumer().start(&place, "./none.region --timeout 50ms");
    assert_eq!(consumer.exit_code(), 3);
    consumer.says("no region within 50ms");
}

#[test]
fn a_timeout_without_a_new_record_ends_with_3_after_printing_the_last() {
    let place = Place::new();
    three_records(&place);
    for how in ["--follow", "--poll 5ms"] {
        let args = format!("./stu.region {how} --timeout 100ms");
        let mut consumer = consumer().start(&place, &args);
        assert_eq!(consumer.exit_code(), 3, "{how}");
        assert_eq!(consumer.out()[0], "id=12\tname=xiaoming\tm", "{how}");
        consumer.says("no new record for 100ms");
    }
}

#[test]
fn a_consumer_started_first_logs_its_wait_once() {
    let place = Place::new();
    for how in ["--follow", "--poll 10ms"] {
        let region = format!("./{}.region", how.len());
        let mut consumer = consumer().start(&place, &format!("{region} {how}"));
        consumer.says(&format!("waiting for {region}"));
        let mut producer = producer().start(&place, &format!("--region {region} --tick 10ms"));
        consumer.says(": attached, record STU");
        let first = consumer.next_out();
        assert!(is_stu(&first), "{first}");
        consumer.stop();
        assert_eq!(consumer.said("waiting for"), 1, "{:?}", consumer.err());
        assert_eq!(consumer.said(": attached, record STU"), 1, "{:?}", consumer.err());
        producer.stop();
    }
}

#[test]
fn sigterm_and_sigint_end_a_consumer_with_0() {
    use nix::sys::signal::Signal;
    let place = Place::new();
    three_records(&place);
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        for args in ["./stu.region --follow", "./stu.region", "./none.region"] {
            let mut consumer = consumer().start(&place, args);
            if args.contains("none") {
                consumer.says("waiting for");
            } else {
                consumer.next_out();
            }
            consumer.signal(signal);
            assert_eq!(consumer.exit_code(), 0, "{signal} {args}");
        }
    }
}

#[test]
fn a_closed_output_pipe_ends_the_consumer_with_0() {
    let place = Place::new();
    let _producer = producer().start(&place, FAST);
    for how in ["--follow", "--poll 10ms", "--follow --format json", "--follow --format csv"] {
        let script = "{ \"$0\" \"$@\"; echo \"ended with $?\" >&2; } | head -1";
        let mut shell = consumer().command_under(&["/bin/sh", "-c", script], &place);
        shell.arg("./stu.region").args(how.split_whitespace());
        let mut pipeline = Daemon::start("consumer | head -1", &mut shell);
        assert_eq!(pipeline.exit_code(), 0, "{how}");
        assert_eq!(pipeline.out().len(), 1, "{how}");
        assert_eq!(pipeline.said("ended with 0"), 1, "{how}: {:?}", pipeline.err());
        assert_eq!(pipeline.said("panicked"), 0, "{how}");
    }
}

#[test]
fn a_full_disk_behind_stdout_is_a_failure_and_not_a_normal_end() {
    let place = Place::new();
    three_records(&place);
    let mut command = consumer().command_after("exec >/dev/full", &place);
    let mut consumer =
        Daemon::start("consumer >/dev/full", command.args(["./stu.region", "--once"]));
    assert_eq!(consumer.exit_code(), 1);
    consumer.says("cannot write to stdout");
    let mut command = producer().command_after("exec >/dev/full", &place);
    let mut check = Daemon::start("producer --check >/dev/full", command.arg("--check"));
    assert_eq!(check.exit_code(), 1);
    let line = check.says("cannot write to stdout: No space left on device");
    assert!(line.ends_with("; free space there, or redirect it to another file"), "{line}");
}

/// Rust opens /dev/null in place of a closed stdout, and every write to that succeeds.
#[test]
fn a_closed_stdout_is_a_failure_for_what_prints_and_for_nothing_else() {
    let place = Place::new();
    three_records(&place);
    let prints: [(Program, &[&str]); 4] = [
        (consumer(), &["./stu.region", "--once"]),
        (consumer(), &["./stu.region", "--follow"]),
        (producer(), &["--check"]),
        (copier(), &["--help"]),
    ];
    for (program, args) in prints {
        let mut command = program.command_after("exec >&-", &place);
        let mut printing = Daemon::start(program.name(), command.args(args));
        assert_eq!(printing.exit_code(), 1, "{args:?}: {:?}", printing.err());
        printing.says("cannot write to stdout: it is closed; redirect it, to /dev/null if");
    }
    for (before, program, args) in [
        ("exec >&-", consumer(), &["./stu.region", "--snapshot", "copy"][..]),
        ("exec >&-", producer(), &["--region", "./x.region", "--ticks", "1"]),
        ("exec >/dev/null", consumer(), &["./stu.region", "--once"]),
        ("exec <>/dev/null >&0", consumer(), &["./stu.region", "--once"]),
    ] {
        let mut command = program.command_after(before, &place);
        let mut silent = Daemon::start(program.name(), command.args(args));
        assert_eq!(silent.exit_code(), 0, "{before} {args:?}: {:?}", silent.err());
    }
}

#[test]
fn wrong_usage_ends_with_2() {
    let place = Place::new();
    for args in ["--loud", "--once --follow", "--count 0", "a b", "--format xml"] {
        let mut consumer = consumer().start(&place, args);
        assert_eq!(consumer.exit_code(), 2, "consumer {args}");
    }
    for args in ["--loud", "--ticks 0", "--tick 0s", "a b --region x"] {
        let mut producer = producer().start(&place, args);
        assert_eq!(producer.exit_code(), 2, "producer {args}");
    }
}
