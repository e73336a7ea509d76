//! Snapshots of a region that is published to at full speed, and their uses.

use std::fs;
use std::path::Path;

use e2e::torn::{self, Verdict};
use e2e::{Place, Program, Reading, names_in};
use nix::sys::signal::Signal;
use region::{DynReader, State};

use crate::{consumer, producer};

/// Snapshots of each shape.
const TIMES: u32 = 100;

fn writer() -> Program {
    Program::new("torn_writer", env!("CARGO_BIN_EXE_torn_writer"))
}

fn names(place: &Place) -> Vec<String> {
    names_in(place.dir()).into_iter().collect()
}

/// The number of the only record in the region at `path`, if the record is whole.
fn whole_record(path: &Path) -> Option<u64> {
    let mut reader = DynReader::open(path).expect("a region");
    assert_eq!(reader.state(), State::Closed);
    let mut record = vec![0; reader.schema().size() as usize];
    let publication = reader.latest(&mut record).expect("readable").expect("a record");
    let verdict = torn::judge(&record, publication.sequence);
    (verdict == Verdict::Whole).then_some(publication.sequence)
}

/// `cp` cannot do this: of 40 copies of such a region 2 held a torn record and 5 none.
#[test]
fn every_snapshot_under_a_writer_at_full_speed_is_whole() {
    for size in [4096, 1 << 20] {
        let place = Place::new();
        let mut writer = writer().start_with_input(&place, &format!("./hot.region {size} 4"));
        writer.out_line("ready", |line| line.starts_with("ready "));
        let mut last = 0;
        for round in 0..TIMES {
            let mut saver = consumer().start(&place, "./hot.region --snapshot ./copy");
            assert_eq!(saver.exit_code(), 0, "{size}, {round}: {:?}", saver.err());
            let sequence = whole_record(&place.path("copy")).expect("a whole record");
            assert!(sequence >= last, "{size}, {round}: {sequence} after {last}");
            last = sequence;
        }
        assert_eq!(writer.exit_code(), 0, "it ends with its stdin");
        assert_eq!(names(&place), ["copy", "hot.region"]);
    }
}

#[test]
fn a_snapshot_is_read_by_consumers_and_continued_by_producers_in_a_lineage_of_its_own() {
    let place = Place::new();
    let mut first = producer().start(&place, "--region ./stu.region --tick 1ms --ticks 3");
    assert_eq!(first.exit_code(), 0);
    let mut saver = consumer().start(&place, "./stu.region --snapshot ./copy");
    assert_eq!((saver.exit_code(), saver.out()), (0, vec![]));
    saver.says("./stu.region: record 3 saved as ./copy");
    let line_of = |region: &str| {
        let args = format!("{region} --once --format json");
        Reading::of(&consumer().start(&place, &args).next_out())
    };
    let (region, copy) = (line_of("./stu.region"), line_of("./copy"));
    assert_eq!((region.sequence, region.epoch, &region.record), (3, 1, &copy.record));
    for member in ["lineage", "sequence", "published_at", "state", "epoch"] {
        assert_eq!(region.line[member], copy.line[member], "{member}");
    }
    let mut next = producer().start(&place, "--region ./copy --tick 1ms --ticks 1");
    next.says("(replaced (the old one is a copy), epoch 2, after record 3)");
    assert_eq!(next.exit_code(), 0);
    let continued = line_of("./copy");
    assert_eq!(continued.sequence, 4);
    assert!(continued.lineage > copy.lineage, "{} then {}", copy.line, continued.line);
}

#[test]
fn a_snapshot_waits_for_a_record_until_its_timeout() {
    let place = Place::new();
    for (how, words) in [("", "no such region"), ("--timeout 50ms", "no region within 50ms")] {
        let mut saver = consumer().start(&place, &format!("./x.region --snapshot copy {how}"));
        assert_eq!(saver.exit_code(), 3, "{how}");
        saver.says(words);
    }
    let mut saver = consumer().start(&place, "./x.region --snapshot copy --timeout 1m");
    saver.says("waiting for");
    let mut producer = producer().start(&place, "--region ./x.region --ticks 1");
    assert_eq!((saver.exit_code(), producer.exit_code()), (0, 0));
    assert_eq!(names(&place), ["copy", "x.region"]);

    let mut stopped = consumer().start(&place, "./none.region --snapshot other --timeout 1h");
    stopped.says("waiting for");
    stopped.signal(Signal::SIGTERM);
    assert_eq!(stopped.exit_code(), 1);
    stopped.says("stopped before there was a record; no snapshot was made");
    assert_eq!(names(&place), ["copy", "x.region"]);
}

#[test]
fn a_snapshot_does_not_replace_other_files() {
    let place = Place::new();
    let mut producer = producer().start(&place, "--region ./stu.region --tick 5ms");
    producer.says("publishing");
    fs::write(place.path("letter"), "a letter").expect("written");
    for (file, words) in [
        ("letter", "letter: is a file that is not a region, which a snapshot does not replace"),
        ("stu.region", "stu.region: is the region itself"),
        ("none/copy", "none/copy: its directory does not exist"),
        (".", "a directory, not a regular file"),
    ] {
        let args = format!("./stu.region --snapshot {file} --timeout 1m");
        let mut saver = consumer().start(&place, &args);
        assert_eq!(saver.exit_code(), 1, "{file}");
        saver.says(words);
    }
    assert_eq!(fs::read_to_string(place.path("letter")).expect("text"), "a letter");
    assert_eq!(names(&place), ["letter", "stu.region"]);
    producer.stop();

    place.write("bare.toml", BARE);
    let mut saver = consumer().start(&place, "bare.toml --snapshot copy");
    assert_eq!(saver.exit_code(), 2);
    saver.says("a bare file has no stamps, so no copy of it can be known to be whole");
}

const BARE: &str = "[region]\npath = \"./bare\"\nformat = \"bare\"\n[record]\nname = \"X\"\n\
                    [[record.field]]\nname = \"x\"\ntype = \"i32\"\n";
