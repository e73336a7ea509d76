//! Hosts whose clocks are not the same: the order of records, states and the ages that readers see do not depend on it.
//!
//! What does is the difference of two fields of the bridge's region: `published` is by the clock of the source's writer,
//! `received` by that of the mirror's bridge.

use std::time::{SystemTime, UNIX_EPOCH};

use e2e::wait_until;
use region::{DynReader, State};

use crate::net::{Host, Net};
use crate::source::Source;
use crate::{export, import};

const HOUR: i64 = 3600;
/// How long a record may take to come on a busy machine, in seconds.
const SLACK: i64 = 120;

/// Seconds since 1970.
fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    now.as_secs().try_into().expect("before the end")
}

/// Publishes, and waits for the record.
#[track_caller]
fn publish(source: &mut Source, b: &Host) {
    source.publish();
    wait_until("the next record", || b.number("A.x") == source.number);
    wait_until("a live mirror", || b.state("A.x") == Some(State::Live));
    wait_until("its row", || {
        b.number("A.x") == source.number && b.link("A.x") == "live" && {
            let [sequence] = b.numbers("A.x", ["mirror_sequence"]).unwrap_or_default();
            sequence == sequence_of(b)
        }
    });
}

fn sequence_of(b: &Host) -> u64 {
    let mut reader = b.reader("A.x");
    let mut record = vec![0; reader.schema().size() as usize];
    reader.latest(&mut record).expect("a region").expect("a record").sequence
}

/// How old its readers call the newest record of a mirror, in seconds.
fn age(b: &Host) -> u64 {
    let mut reader: DynReader = b.reader("A.x");
    let mut record = vec![0; reader.schema().size() as usize];
    let publication = reader.latest(&mut record).expect("a region").expect("a record");
    reader.age(&publication).expect("an age").as_secs()
}

/// Asserts when the newest record was published, by the clock of this program, and received, by one that is so far
/// `ahead`; and that its readers do not call it old.
#[track_caller]
fn assert_times(b: &Host, ahead: i64) {
    let nanos = b.numbers("A.x", ["published", "received"]).expect("a row");
    let [published, received] =
        nanos.map(|nanos| i64::try_from(nanos / 1_000_000_000).expect("a time"));
    assert!((now() - published).abs() < SLACK, "published {published}, now {}", now());
    assert!((now() + ahead - received).abs() < SLACK, "received {received}, now {}", now());
    assert!(age(b) < SLACK.unsigned_abs(), "{} s old", age(b));
}

#[test]
fn the_clock_of_an_exporting_bridge_changes_no_order_state_or_time_of_a_mirror() {
    let Some(net) = Net::<2>::new() else { return };
    let [a, b] = &net.hosts;
    let mut source = Source::new(a, "x", 56);
    source.publish();
    let Some((on_a, clock)) = a.start_with_clock(&export()) else { return };
    let _on_b = b.start(&import("B"));
    for ahead in [0, HOUR, -HOUR, 0] {
        clock.set(ahead);
        publish(&mut source, b);
        assert_times(b, 0);
    }
    // A start at an earlier time, as far as that clock knows.
    drop((on_a, clock));
    let Some((_on_a, clock)) = a.start_with_clock(&export()) else { return };
    clock.set(-HOUR);
    publish(&mut source, b);
}

#[test]
fn the_clock_of_an_importing_bridge_changes_the_time_at_which_records_came_and_nothing_else() {
    let Some(net) = Net::<2>::new() else { return };
    let [a, b] = &net.hosts;
    let mut source = Source::new(a, "x", 56);
    source.publish();
    let _on_a = a.start(&export());
    let Some((_on_b, clock)) = b.start_with_clock(&import("B")) else { return };
    for ahead in [0, HOUR, -HOUR] {
        clock.set(ahead);
        publish(&mut source, b);
        assert_times(b, ahead);
    }
}

#[test]
fn a_bridge_in_a_time_namespace_a_year_ahead_mirrors_and_dates_records_as_any_other() {
    for is_source in [true, false] {
        let Some(net) = Net::<2>::new() else { return };
        let [a, b] = &net.hosts;
        let mut source = Source::new(a, "x", 56);
        source.publish();
        let bridges = if is_source {
            (a.start_later(&export()), Some(b.start(&import("B"))))
        } else {
            (Some(a.start(&export())), b.start_later(&import("B")))
        };
        let (Some(_on_a), Some(_on_b)) = bridges else { return };
        for _ in 0..3 {
            publish(&mut source, b);
            assert_times(b, 0);
        }
    }
}
