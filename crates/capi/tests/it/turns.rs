//! Writers in C and C++ in turn take one region over from each other, each killed in the middle of its work, while
//! a reader in Rust follows all of it.

use std::path::Path;
use std::time::Duration;

use mapcast::dynamic::{Reader, Value};
use mapcast::{Begin, Event};
use tempfile::TempDir;

use crate::tree::{Running, compiled, have, place, source, wait_until};

/// What the reader has seen.
#[derive(Debug, Default)]
struct Seen {
    last: u64,
    records: u64,
    languages: Vec<u64>,
}

impl Seen {
    /// Counts a record, which has to be whole, the next one, and the one that its writer meant.
    fn record(&mut self, sequence: u64, [count, inverse, language]: [u64; 3]) {
        assert_eq!(inverse, !count, "record {sequence} is torn");
        assert_eq!(count, sequence, "a record was lost or doubled at a take-over");
        assert_eq!(
            sequence,
            self.last + 1,
            "a record came twice, or one is missing without a word"
        );
        (self.last, self.records) = (sequence, self.records + 1);
        if self.languages.last() != Some(&language) {
            self.languages.push(language);
        }
    }
}

/// Follows some of what is there.
fn follow(reader: &mut Reader, seen: &mut Seen) {
    for event in reader.follow().idle(Duration::from_millis(1)).take(100) {
        match event.expect("a region that can be read") {
            Event::Record(sample) => {
                let field = |index| match sample.record.value(index) {
                    Value::Uint(number) => number,
                    other => panic!("{other:?} is no uint64_t"),
                };
                seen.record(sample.sequence(), [0, 1, 2].map(field));
            }
            Event::Missed(count) => seen.last += count,
            Event::Writer(_) => return,
            other => panic!("unexpected: {other:?}"),
        }
    }
}

/// The writers, in turn.
fn writers(place: &TempDir) -> [std::path::PathBuf; 2] {
    let c = compiled("cc", &["-std=c11"], &source("tests/c/turn.c"), place);
    [c, compiled("c++", &["-std=c++17"], &source("tests/c/turn.cpp"), place)]
}

fn start(program: &Path, place: &TempDir) -> Running {
    Running::start(program, &["turn"], place)
}

#[test]
fn killed_writers_in_c_and_cpp_leave_no_record_torn_lost_or_doubled() {
    if !have(&["cc", "c++"]) {
        return;
    }
    let place = place();
    let writers = writers(&place);
    let mut writer = start(&writers[0], &place);
    assert_eq!(writer.line(), "mine");
    let mut reader = Reader::open(place.path().join("turn.region")).expect("a region");
    reader.begin(Begin::Sequence(1));
    let mut seen = Seen::default();
    for turn in 1..=12 {
        let next = start(&writers[turn % 2], &place);
        let until = seen.records + 200;
        wait_until("records of each writer", || {
            follow(&mut reader, &mut seen);
            seen.records >= until && seen.languages.len() == turn
        });
        writer.kill();
        assert_eq!(next.line(), "mine", "the standby takes over");
        writer = next;
    }
    wait_until("a record of the last writer", || {
        follow(&mut reader, &mut seen);
        seen.languages.len() == 13
    });
}
