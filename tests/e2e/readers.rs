//! The readers that were written from docs/format.md alone, against a writer at full speed: no torn record, and a
//! follower's count of missed records is exact.
//!
//! Every word of record n is n. The writer never sleeps; one reader in C and one in Python read the newest records, and
//! one each follows all of them.

use std::path::Path;
use std::time::{Duration, Instant};

use e2e::{Daemon, Place, Program, as_json, judge_lines, readers, short_readers};

/// Bytes and slots: in the front, in one line, in many; with 4 slots a follower is lapped all the time.
const SHAPES: [(u32, u32); 4] = [(28, 4), (64, 64), (1020, 4), (4096, 64)];
/// Records that each reader prints of each shape, unless `E2E_READER_RECORDS` says otherwise.
const RECORDS: u64 = 300;

#[test]
fn readers_made_from_the_format_alone_get_no_torn_record_and_count_the_missed_ones() {
    let compiled = Place::on_disk();
    let readers = readers(&compiled);
    for shape in SHAPES {
        read_under_fire(&readers, shape);
    }
}

#[test]
fn the_short_readers_get_no_torn_record_either() {
    let compiled = Place::on_disk();
    let readers = short_readers(&compiled);
    for shape in SHAPES {
        let place = Place::new();
        let mut writer = start_writer(&place, shape);
        let arguments = format!("torn.region {}", records());
        let start = |reader: &Program| reader.start(&place, &arguments);
        for mut reader in readers.iter().map(start).collect::<Vec<_>>() {
            assert_eq!(reader.exit_code(), 0, "{:?}", reader.err());
            let lines: Vec<String> = reader.out().iter().map(|line| as_json(line)).collect();
            assert_eq!(judge_lines(false, &lines).0, records(), "{shape:?}");
        }
        assert_eq!(writer.exit_code(), 0, "it ends with its stdin");
    }
}

#[test]
fn the_short_readers_continue_in_the_file_that_takes_the_name() {
    let compiled = Place::on_disk();
    for reader in short_readers(&compiled) {
        let place = Place::new();
        let mut first = start_writer(&place, (28, 4));
        let mut reader = reader.start(&place, "torn.region 1000000000");
        reader.next_out();
        first.kill9();
        takes_its_name_away_and_gives_it_back(&place.path("torn.region"));
        std::fs::remove_file(place.path("torn.region")).expect("the first file");
        let _second = start_writer(&place, (1020, 64));
        reader.out_line("a record of the second file", |line| line.len() > 2 * 1020);
    }
}

/// Over and over, for some hundred looks of a reader at what has the name.
fn takes_its_name_away_and_gives_it_back(region: &Path) {
    let (aside, end) =
        (region.with_extension("aside"), Instant::now() + Duration::from_millis(300));
    while Instant::now() < end {
        std::fs::rename(region, &aside).expect("away");
        std::fs::rename(&aside, region).expect("and back");
    }
}

#[test]
fn the_short_readers_are_short() {
    for (name, most) in [("latest.c", 100), ("latest.py", 60)] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/readers");
        let text = std::fs::read_to_string(path.join(name)).expect("a reader");
        assert!(text.lines().count() <= most, "{name} has more than {most} lines");
        assert!(text.lines().all(|line| line.len() <= 120), "{name} has a long line");
    }
}

/// Records that each reader prints of each shape.
fn records() -> u64 {
    let records = std::env::var("E2E_READER_RECORDS").map_or(Ok(RECORDS), |count| count.parse());
    records.expect("a number of records")
}

/// A writer that never sleeps, of records of so many bytes in so many slots; it ends with its stdin.
fn start_writer(place: &Place, (size, slots): (u32, u32)) -> Daemon {
    let writer = Program::new("torn_writer", env!("CARGO_BIN_EXE_torn_writer"));
    let mut writer = writer.start_with_input(place, &format!("torn.region {size} {slots}"));
    writer.out_line("ready", |line| line.starts_with("ready "));
    writer
}

fn read_under_fire(readers: &[Program], shape: (u32, u32)) {
    let (place, records) = (Place::new(), records());
    let mut writer = start_writer(&place, shape);
    let start = |reader: &Program, mode| {
        (mode, reader.start(&place, &format!("torn.region {mode} {records}")))
    };
    let both = |reader| ["latest", "follow"].map(|mode| start(reader, mode));
    let running: Vec<(&str, Daemon)> = readers.iter().flat_map(both).collect();
    for (mode, mut reader) in running {
        assert_eq!(reader.exit_code(), 0, "{mode} {:?}", reader.err());
        let (found, _) = judge_lines(mode == "follow", &reader.out());
        assert_eq!(found, records, "{shape:?}, {mode}");
    }
    assert_eq!(writer.exit_code(), 0, "it ends with its stdin");
}
