//! The readers that were written from docs/format.md alone, against a writer at full speed: no torn record, and a
//! follower's count of missed records is exact.
//!
//! Every word of record n is n. The writer never sleeps; one reader in C and one in Python read the newest records, and
//! one each follows all of them.

use e2e::{Daemon, Place, Program, judge_lines, readers};

/// Bytes and slots: in the front, in one line, in many; with 4 slots a follower is lapped all the time.
const SHAPES: [(u32, u32); 4] = [(28, 4), (64, 64), (1020, 4), (4096, 64)];
/// Records that each reader prints of each shape, unless `E2E_READER_RECORDS` says otherwise.
const RECORDS: u64 = 300;

#[test]
fn readers_made_from_the_format_alone_get_no_torn_record_and_count_the_missed_ones() {
    let compiled = Place::on_disk();
    let readers = readers(&compiled);
    let records = std::env::var("E2E_READER_RECORDS").map_or(Ok(RECORDS), |count| count.parse());
    let records = records.expect("a number of records");
    for (size, slots) in SHAPES {
        read_under_fire(&readers, (size, slots), records);
    }
}

fn read_under_fire(readers: &[Program], (size, slots): (u32, u32), records: u64) {
    let place = Place::new();
    let writer = Program::new("torn_writer", env!("CARGO_BIN_EXE_torn_writer"));
    let mut writer = writer.start_with_input(&place, &format!("torn.region {size} {slots}"));
    writer.out_line("ready", |line| line.starts_with("ready "));
    let start = |reader: &Program, mode| {
        (mode, reader.start(&place, &format!("torn.region {mode} {records}")))
    };
    let both = |reader| ["latest", "follow"].map(|mode| start(reader, mode));
    let running: Vec<(&str, Daemon)> = readers.iter().flat_map(both).collect();
    for (mode, mut reader) in running {
        assert_eq!(reader.exit_code(), 0, "{mode} {:?}", reader.err());
        let (found, _) = judge_lines(mode == "follow", &reader.out());
        assert_eq!(found, records, "{size} bytes in {slots} slots, {mode}");
    }
    assert_eq!(writer.exit_code(), 0, "it ends with its stdin");
}
