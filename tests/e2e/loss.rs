//! The region's file is cut, emptied, deleted or replaced while it is in use: the programs log that
//! clearly, do not die of SIGBUS, and continue.

use std::fs::{self, File};
use std::path::Path;
use std::time::SystemTime;

use e2e::{Daemon, Place, Reading};
use layout::header::Header;

use crate::{consumer, producer};

const FAST: &str = "--region ./stu.region --tick 10ms";

fn start_producer(place: &Place) -> Daemon {
    let mut producer = producer().start(place, FAST);
    producer.says("publishing");
    producer
}

/// Both ways of reading, each with a record on its stdout.
fn start_consumers(place: &Place) -> [Daemon; 2] {
    ["--follow", "--poll 10ms"].map(|how| {
        let mut consumer = consumer().start(place, &format!("./stu.region --format json {how}"));
        consumer.next_out();
        consumer
    })
}

/// Consumers that look at a region whose producer was killed.
fn orphaned(place: &Place) -> [Daemon; 2] {
    let mut producer = start_producer(place);
    let mut consumers = start_consumers(place);
    producer.kill9();
    for consumer in &mut consumers {
        consumer.says(": dead: ");
    }
    consumers
}

fn cut(region: &Path, len: u64) {
    let file = File::options().write(true).open(region).expect("open");
    file.set_len(len).expect("truncate");
}

/// An unused region of another producer, called `other.region`.
fn other_region(place: &Place) {
    let mut other = producer().start(place, "--region ./other.region --tick 1ms --ticks 2");
    assert_eq!(other.exit_code(), 0);
}

/// Waits until `consumer` prints records of a living producer again, then ends it.
#[track_caller]
fn goes_on(consumer: &mut Daemon) {
    let now = SystemTime::now();
    let is_fresh = |line: &str| Reading::of(line).is_fresh(now);
    let first = Reading::of(&consumer.out_line("a new record of a live producer", is_fresh));
    let later = |line: &str| Reading::of(line).sequence > first.sequence;
    consumer.out_line("a later one", later);
    consumer.stop();
}

// ---- under a consumer, without a writer ----

/// Lengths that leave the header, some slots, or not even the header.
const CUTS: [u64; 4] = [4096, 0x180, 100, 1];

#[test]
fn a_consumer_survives_a_region_that_is_cut_and_finds_the_next_one() {
    for len in CUTS {
        let place = Place::new();
        // Longer than a page, so that the cut removes pages.
        place.write(
            "big.toml",
            "[region]\npath = \"./stu.region\"\nslots = 1024\n[record]\nname = \"BIG\"\n\
             [[record.field]]\nname = \"id\"\ntype = \"u64\"\nsource = { counter = {} }\n\
             [producer]\ntick = \"10ms\"\n",
        );
        let mut old = producer().start(&place, "./big.toml");
        old.says("publishing");
        let mut consumers = start_consumers(&place);
        old.kill9();
        for consumer in &mut consumers {
            consumer.says(": dead: ");
        }
        cut(&place.path("stu.region"), len);
        for consumer in &mut consumers {
            consumer.says("truncated: the file was cut short");
            assert!(consumer.is_running());
        }
        // A file shorter than a header is not a region; an administrator has to remove it.
        if len < 256 {
            let mut refused = producer().start(&place, "./big.toml");
            assert_eq!(refused.exit_code(), 1);
            refused.says("./stu.region: is not a region");
            fs::remove_file(place.path("stu.region")).expect("remove");
        }
        let mut new = producer().start(&place, "./big.toml");
        new.says("publishing");
        for consumer in &mut consumers {
            goes_on(consumer);
            assert_eq!(consumer.said("truncated"), 1, "{len}: {:?}", consumer.err());
        }
        new.stop();
    }
}

/// A record of four fields that agree, and its region, which is less than a page long.
fn twins(place: &Place) {
    let field = |name| {
        format!(
            "[[record.field]]\nname = \"{name}\"\ntype = \"u64\"\n\
             source = {{ counter = {{ start = 1 }} }}\n"
        )
    };
    let head = "[region]\npath = \"./stu.region\"\nslots = 4\n[record]\nname = \"COUNTERS\"\n";
    place.write("counters.toml", format!("{head}{}", ["a", "b", "c", "d"].map(field).concat()));
}

/// Cuts after fields a and b of record `newest`: its stamp stays, and the rest becomes zeros.
fn cut_in_half(region: &Path, newest: u64) {
    let header = Header::decode(&fs::read(region).expect("read")[..256]).expect("a header");
    let slot = header.slots_offset + newest % 4 * u64::from(header.slot_stride);
    cut(region, slot + 16 + 2 * 8);
}

#[test]
fn half_of_a_record_is_never_printed_after_a_cut() {
    for is_killed in [true, false] {
        let place = Place::new();
        twins(&place);
        // One record; after that the producer only checks its file from time to time.
        let mut producer = producer().start(&place, "./counters.toml --tick 1h");
        producer.says("publishing");
        let mut consumers = start_consumers(&place);
        if is_killed {
            producer.kill9();
            for consumer in &mut consumers {
                consumer.says(": dead: ");
            }
        }
        cut_in_half(&place.path("stu.region"), 1);
        for consumer in &mut consumers {
            consumer.err_line("truncated, or made anew", |line| {
                line.contains("truncated: the file was cut short") || line.contains("re-attached")
            });
            consumer.stop();
            for line in consumer.out() {
                let reading = Reading::of(&line);
                let fields = ["a", "b", "c", "d"].map(|field| reading.number(field));
                assert_eq!(fields, [1; 4], "killed: {is_killed}, torn: {line}");
            }
        }
    }
}

#[test]
fn a_consumer_survives_a_region_that_is_emptied_and_finds_the_next_one() {
    let place = Place::new();
    let region = place.path("stu.region");
    let mut consumers = orphaned(&place);
    cut(&region, 0);
    for consumer in &mut consumers {
        consumer.says("truncated: the file was cut short");
        assert!(consumer.is_running());
    }
    fs::remove_file(&region).expect("remove");
    let _new = start_producer(&place);
    for consumer in &mut consumers {
        goes_on(consumer);
        assert_eq!(consumer.said("truncated"), 1, "{:?}", consumer.err());
    }
}

#[test]
fn a_consumer_survives_a_region_that_is_deleted_and_finds_the_next_one() {
    let place = Place::new();
    let mut consumers = orphaned(&place);
    fs::remove_file(place.path("stu.region")).expect("remove");
    for consumer in &mut consumers {
        consumer.says("missing: the file was deleted");
    }
    let _new = start_producer(&place);
    for consumer in &mut consumers {
        consumer.says("re-attached");
        goes_on(consumer);
        assert_eq!(consumer.said("missing"), 1, "{:?}", consumer.err());
    }
}

#[test]
fn a_consumer_switches_to_a_region_that_takes_the_name() {
    let place = Place::new();
    let mut consumers = orphaned(&place);
    other_region(&place);
    fs::rename(place.path("other.region"), place.path("stu.region")).expect("rename");
    for consumer in &mut consumers {
        consumer.says("re-attached");
    }
    let _new = start_producer(&place);
    for consumer in &mut consumers {
        goes_on(consumer);
        assert_eq!(consumer.said("re-attached"), 1, "{:?}", consumer.err());
    }
}

#[test]
fn a_consumer_logs_what_replaced_its_region_and_finds_the_next_one() {
    for (name, text, what) in [
        ("text", "this is no region\n".repeat(100), "is not a region"),
        ("empty", String::new(), "is not a region"),
    ] {
        let place = Place::new();
        let region = place.path("stu.region");
        let mut consumers = orphaned(&place);
        fs::rename(place.write(name, text), &region).expect("rename");
        for consumer in &mut consumers {
            let line = consumer.says(what);
            assert!(line.contains("trying again"), "{line}");
        }
        fs::remove_file(&region).expect("remove");
        let _new = start_producer(&place);
        for consumer in &mut consumers {
            goes_on(consumer);
            assert_eq!(consumer.said(what), 1, "{name}: {:?}", consumer.err());
        }
    }
}

#[test]
fn a_consumer_survives_a_region_that_becomes_a_directory() {
    let place = Place::new();
    let region = place.path("stu.region");
    let mut consumers = orphaned(&place);
    fs::remove_file(&region).expect("remove");
    fs::create_dir(&region).expect("mkdir");
    for consumer in &mut consumers {
        consumer.says("is a directory, not a regular file");
    }
    fs::remove_dir(&region).expect("rmdir");
    let _new = start_producer(&place);
    for consumer in &mut consumers {
        goes_on(consumer);
    }
}

// ---- under a publishing producer, with its consumers ----

/// Asserts that the producer logs `said` after `harm`, and that all continue, the producer in a new
/// epoch.
#[track_caller]
fn made_anew(harm: impl Fn(&Path), said: &str) {
    let place = Place::new();
    let region = place.path("stu.region");
    let mut producer = start_producer(&place);
    let mut consumers = start_consumers(&place);
    harm(&region);
    producer.says(&format!("./stu.region {said} while in use; recreated"));
    for consumer in &mut consumers {
        let is_second = |line: &str| Reading::of(line).epoch == 2;
        consumer.out_line("a record of the new file", is_second);
        let readings: Vec<_> = consumer.out().iter().map(|line| Reading::of(line)).collect();
        let forward = readings.windows(2).all(|pair| pair[0].order() <= pair[1].order());
        let numbered = readings.windows(2).all(|pair| pair[0].sequence <= pair[1].sequence);
        assert!(forward && numbered, "the sequence continues: {:?}", consumer.out());
        goes_on(consumer);
    }
    let mut fresh = consumer().start(&place, "./stu.region --once --format json");
    assert_eq!(fresh.exit_code(), 0);
    assert_eq!(Reading::of(&fresh.next_out()).epoch, 2);
    producer.stop();
}

#[test]
fn a_producer_recreates_a_truncated_region() {
    made_anew(|region| cut(region, 100), "was cut short");
}

#[test]
fn a_producer_recreates_an_emptied_region() {
    made_anew(|region| cut(region, 0), "was cut short");
    // As `> stu.region` in a shell does it.
    made_anew(|region| drop(File::create(region).expect("create")), "was cut short");
}

#[test]
fn a_producer_recreates_a_deleted_region() {
    made_anew(|region| fs::remove_file(region).expect("remove"), "was deleted");
}

#[test]
fn a_producer_whose_name_was_taken_logs_that_and_ends() {
    for intruder in ["region", "text"] {
        let place = Place::new();
        let region = place.path("stu.region");
        let mut old = start_producer(&place);
        let mut consumers = start_consumers(&place);
        if intruder == "region" {
            other_region(&place);
        } else {
            place.write("other.region", "no region at all\n".repeat(100));
        }
        fs::rename(place.path("other.region"), &region).expect("rename");
        assert_eq!(old.exit_code(), 1, "{intruder}: {:?}", old.err());
        assert_eq!(old.said("./stu.region: "), 1, "{intruder}: {:?}", old.err());
        if intruder == "region" {
            old.says("another file has taken this name");
            for consumer in &mut consumers {
                consumer.says("re-attached");
            }
        } else {
            for consumer in &mut consumers {
                consumer.says("is not a region");
            }
            fs::remove_file(&region).expect("remove");
        }
        let _new = start_producer(&place);
        for consumer in &mut consumers {
            goes_on(consumer);
        }
    }
}

#[test]
fn a_producer_whose_directory_is_removed_logs_that_once_and_recovers() {
    let place = Place::new();
    let dir = place.path("dir");
    fs::create_dir(&dir).expect("mkdir");
    let mut producer = producer().start(&place, "--region ./dir/stu.region --tick 10ms");
    producer.says("publishing");
    let mut consumer = consumer().start(&place, "./dir/stu.region --format json --poll 10ms");
    consumer.next_out();
    // In one step: a producer that looks between two recreates the region in there.
    fs::rename(&dir, place.path("away")).expect("rename");
    producer.says("cannot be recreated");
    fs::create_dir(&dir).expect("mkdir");
    producer.says("was deleted while in use; recreated");
    goes_on(&mut consumer);
    producer.stop();
    assert_eq!(producer.said("cannot be recreated"), 1, "{:?}", producer.err());
}
