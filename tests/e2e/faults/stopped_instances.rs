//! SIGSTOP while an instance is published to and retired, and its place gets the next ones.
//!
//! ```text
//!   producer    A 1   A 2 .. A 10   A retired   B 1 .. 5   B retired   C 1
//!   follower    A 1   stopped                                               A missed 9, missed 5, C 1
//! ```

use e2e::{Daemon, Place, wait_until};
use nix::sys::signal::Signal;
use region::DynInstanceReader;

use crate::kill::logged_as_missed;
use crate::{consumer, mapcast, producer};

const CONFIG: &str = r#"
[region]
path = "./x.region"
[record]
name = "R"
instances = { input = "symbol", max = 1, full = "retire-oldest" }
[[record.field]]
name = "n"
type = "u64"
source = { input = {} }
"#;

/// Whether a line of CSV has a record of this instance.
fn is_of(name: &str, line: &str) -> bool {
    line.split(',').nth(2) == Some(name)
}

/// Has so many records published of an instance, and waits until they are.
fn publishes(producer: &mut Daemon, place: &Place, symbol: &str, records: u64) {
    for n in 1..=records {
        producer.say(&format!(r#"{{"symbol": "{symbol}", "n": {n}}}"#));
    }
    let mut record = [0; 8];
    wait_until("it is published", || {
        let Ok(mut reader) = DynInstanceReader::open(place.path("x.region")) else { return false };
        let Some(instance) = reader.find(symbol) else { return false };
        reader.latest(instance, &mut record).is_ok_and(|found| found.is_some())
            && u64::from_le_bytes(record) == records
    });
}

/// Lets 9 records of A, all of B and one of C be published while `follower` is stopped.
fn passes(place: &Place, producer: &mut Daemon, follower: &mut Daemon) {
    follower.pause();
    publishes(producer, place, "A", 9);
    publishes(producer, place, "B", 5);
    publishes(producer, place, "C", 1);
    follower.signal(Signal::SIGCONT);
}

#[test]
fn a_stopped_consumer_learns_how_many_records_of_retired_instances_it_missed() {
    let place = Place::new();
    place.write("x.toml", CONFIG);
    let mut producer = producer().start_with_input(&place, "x.toml");
    publishes(&mut producer, &place, "A", 1);
    let mut consumer = consumer().start(&place, "./x.region --follow --format csv");
    consumer.out_line("A", |line| is_of("A", line));
    passes(&place, &mut producer, &mut consumer);
    consumer.out_line("C", |line| is_of("C", line));
    consumer.signal(Signal::SIGTERM);
    assert_eq!(consumer.exit_code(), 0, "{:?}", consumer.err());
    let given = consumer.out().len() - 1;
    assert_eq!((given, logged_as_missed(&consumer)), (2, 9 + 5), "{:?}", consumer.err());
    assert_eq!(consumer.said("missed 9 records of A"), 1, "{:?}", consumer.err());
}

#[test]
fn a_stopped_recorder_counts_the_records_of_retired_instances_that_it_missed() {
    let place = Place::new();
    place.write("x.toml", CONFIG);
    let mut producer = producer().start_with_input(&place, "x.toml");
    publishes(&mut producer, &place, "A", 1);
    let mut recorder = mapcast().start(&place, "record --csv x.csv ./x.region");
    let has = |name: &str| {
        let lines = std::fs::read_to_string(place.path("x.csv")).unwrap_or_default();
        lines.lines().any(|line| is_of(name, line))
    };
    wait_until("A is recorded", || has("A"));
    passes(&place, &mut producer, &mut recorder);
    wait_until("C is recorded", || has("C"));
    recorder.signal(Signal::SIGTERM);
    assert_eq!(recorder.exit_code(), 0, "{:?}", recorder.err());
    assert_eq!(recorder.said("recorded 2 records, 14 missed"), 1, "{:?}", recorder.err());
}
