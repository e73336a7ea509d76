//! One writer per region: the second one is refused, or waits and takes over.

use e2e::counters::Counters;
use e2e::region_dump::RegionDump;
use e2e::{Daemon, Place, Reading, wait_until};

use crate::{consumer, producer};

/// With enough slots for a follower's pauses on a busy machine.
const REGION: Counters<'_> =
    Counters { region: "./x.region", fields: 2, slots: 4096, tick: "10ms" };
const FAST: &str = "--region ./stu.region --tick 10ms";
const STANDBY: &str = "--region ./stu.region --tick 10ms --standby";

/// A producer that has published something.
fn first(place: &Place) -> Daemon {
    let mut first = producer().start(place, FAST);
    first.says("publishing");
    RegionDump::wait_for_record(&place.path("stu.region"));
    first
}

#[test]
fn a_second_producer_is_refused_immediately_and_the_first_is_named() {
    let place = Place::new();
    let mut first = first(&place);
    let mut second = producer().start(&place, FAST);
    assert_eq!(second.exit_code(), 1);
    let said = second.err();
    assert_eq!(said.len(), 1, "{said:?}");
    let want = format!("./stu.region: process {} publishes here already", first.pid());
    assert!(said[0].contains(&want), "{said:?}");
    assert!(said[0].contains("--standby"), "and what to do: {said:?}");
    // The first one is not affected.
    let mut consumer = consumer().start(&place, "./stu.region --follow --count 3 --format json");
    assert_eq!(consumer.exit_code(), 0);
    assert_eq!(Reading::of(&consumer.next_out()).epoch, 1);
    first.stop();
}

#[test]
fn a_second_producer_with_another_record_is_refused() {
    let place = Place::new();
    let first = first(&place);
    place.shipped("wave.toml");
    let mut second = producer().start(&place, "./wave.toml --region ./stu.region");
    assert_eq!(second.exit_code(), 1);
    second.says(&format!("process {} publishes here already", first.pid()));
    let mut consumer = consumer().start(&place, "./stu.region --once");
    assert_eq!(consumer.exit_code(), 0);
    assert!(consumer.next_out().contains("xiaoming"));
}

#[test]
fn a_standby_takes_over_when_the_first_is_killed() {
    let place = Place::new();
    REGION.write(&place, "x.toml");
    let mut first = producer().start(&place, "x.toml");
    first.says("publishing");
    let mut standby = producer().start(&place, "x.toml --standby");
    standby.says(&format!("./x.region: process {} publishes here; waiting", first.pid()));
    let mut consumer = consumer().start(&place, "./x.region --follow --format json");
    assert_eq!(Reading::of(&consumer.next_out()).epoch, 1);
    first.kill9();
    standby.says("(resumed, epoch 2, after record");
    let is_second = |line: &str| Reading::of(line).epoch == 2;
    let after = Reading::of(&consumer.out_line("a record of the standby", is_second));
    let before = consumer.out().iter().map(|line| Reading::of(line)).rfind(|r| r.epoch == 1);
    let before = before.expect("records of the first");
    assert_eq!(after.sequence, before.sequence + 1, "{:?}", consumer.err());
    standby.stop();
    consumer.says(": closed: ");
}

#[test]
fn a_standby_takes_over_when_the_first_closes() {
    let place = Place::new();
    let mut first = first(&place);
    let mut standby = producer().start(&place, STANDBY);
    standby.says("waiting to take over");
    first.stop();
    standby.says("(resumed, epoch 2, after record");
    standby.stop();
}

#[test]
fn of_two_standbys_one_takes_over_and_the_other_keeps_waiting() {
    let place = Place::new();
    let mut first = first(&place);
    let mut standbys = [(); 2].map(|()| producer().start(&place, STANDBY));
    for standby in &mut standbys {
        standby.says(&format!("process {} publishes here; waiting", first.pid()));
    }
    first.kill9();
    wait_until("one standby publishes", || standbys.iter().any(|s| s.said("epoch 2") == 1));
    if standbys[1].said("epoch 2") == 1 {
        standbys.swap(0, 1);
    }
    let [mut second, mut third] = standbys;
    third.says(&format!("process {} publishes here; waiting", second.pid()));
    second.kill9();
    third.says("epoch 3");
    third.stop();
}

#[test]
fn of_two_standbys_of_a_bare_file_one_writes_and_the_other_waits() {
    let place = Place::new();
    place.write(
        "bare.toml",
        "[region]\npath = \"./stu.bare\"\nformat = \"bare\"\n[record]\nname = \"B\"\n\
         [[record.field]]\nname = \"n\"\ntype = \"i32\"\nsource = { counter = {} }\n",
    );
    for _ in 0..10 {
        let mut both =
            [(); 2].map(|()| producer().start(&place, "./bare.toml --tick 10ms --standby"));
        let said = |which: usize, both: &[e2e::Daemon; 2]| {
            both[which].said("publishing B") + 2 * both[1 - which].said("waiting to take over")
        };
        e2e::wait_until("one writes and one waits", || said(0, &both) == 3 || said(1, &both) == 3);
        if said(1, &both) == 3 {
            both.swap(0, 1);
        }
        both[0].kill9();
        both[1].says("publishing B");
        both[1].stop();
        std::fs::remove_file(place.path("stu.bare")).expect("removed");
    }
}

#[test]
fn a_standby_without_a_rival_publishes_at_once() {
    let place = Place::new();
    let mut alone = producer().start(&place, STANDBY);
    alone.says("(created, epoch 1)");
    alone.stop();
}

#[test]
fn a_standby_stopped_while_it_waits_does_not_touch_the_region() {
    let place = Place::new();
    let mut first = first(&place);
    let mut standby = producer().start(&place, STANDBY);
    standby.says("waiting to take over");
    standby.stop();
    let mut consumer = consumer().start(&place, "./stu.region --once --format json");
    assert_eq!(consumer.exit_code(), 0);
    let read = Reading::of(&consumer.next_out());
    assert!(read.epoch == 1 && read.is_held(), "{}", read.line);
    // Nor does it keep the lock: another writer can start after the first.
    first.kill9();
    let mut next = producer().start(&place, FAST);
    next.says("epoch 2");
    next.stop();
}

#[test]
fn a_standby_with_another_record_replaces_the_region() {
    let place = Place::new();
    let mut first = first(&place);
    place.shipped("wave.toml");
    let mut standby = producer().start(&place, "./wave.toml --region ./stu.region --standby");
    standby.says("waiting to take over");
    let mut consumer = consumer().start(&place, "./stu.region --follow --format json");
    assert!(Reading::of(&consumer.next_out()).record.get("id").is_some());
    first.kill9();
    standby.says("replaced (the old one holds another record), epoch 2");
    let wave = |line: &str| Reading::of(line).record.get("pump").is_some();
    let first_of_new = Reading::of(&consumer.out_line("the other record", wave));
    assert_eq!(first_of_new.epoch, 2);
    standby.stop();
}
