//! The file is deleted, replaced and recreated all the time, with changing inodes and records:
//! every line that a reader prints is whole, it does not keep old files, and it ends with the last
//! writer's record.
//!
//! `E2E_CHURN_MS` makes it longer.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use e2e::{Daemon, Place, proc, torn, wait_until};
use layout::Schema;
use region::{DynWriter, Options};
use serde_json::Value;

use crate::consumer;

const MILLISECONDS: u64 = 2000;
const HOW: [&str; 4] = ["--follow", "--follow", "--poll 1ms", "--poll 20ms"];
/// Most files of the region that a reader may hold: one, and the next during a switch.
const MOST: usize = 2;

/// Makes the files; record number n repeats the word n.
struct Maker<'a> {
    path: &'a Path,
    aside: &'a Path,
    schemas: [Schema; 2],
    number: u64,
}

impl Maker<'_> {
    /// Replaces the region, in another way each time.
    fn replace(&mut self, round: u64) {
        let schema = &self.schemas[usize::from(round.is_multiple_of(3))].clone();
        match round % 4 {
            // Deleted, then recreated; no writer publishes in between.
            0 => {
                drop(fs::remove_file(self.path));
                drop(self.publish(self.path, schema));
            }
            // Retired by the next writer if it has another record, else kept.
            1 => drop(self.publish(self.path, schema)),
            // Deleted under its writer, which publishes for some time longer.
            2 => {
                let mut writer = self.publish(self.path, schema);
                fs::remove_file(self.path).expect("removed");
                self.publish_some(&mut writer);
            }
            // Another region takes the name.
            _ => {
                drop(self.publish(self.aside, schema));
                fs::rename(self.aside, self.path).expect("renamed");
            }
        }
    }

    fn publish(&mut self, path: &Path, schema: &Schema) -> DynWriter {
        let mut writer = DynWriter::open_with(path, schema, &Options::new()).expect("a region");
        self.publish_some(&mut writer);
        writer
    }

    fn publish_some(&mut self, writer: &mut DynWriter) {
        let mut record = vec![0; writer.schema().size() as usize];
        for _ in 0..3 {
            self.number += 1;
            torn::fill(&mut record, self.number);
            writer.publish(&record).expect("a publish");
        }
    }
}

/// The one number that all words of a line's record are.
#[track_caller]
fn number_in(line: &str) -> u64 {
    let value: Value = serde_json::from_str(line).expect("a whole line");
    let words = value["record"]["words"].as_array().expect("words");
    assert!(words.iter().all(|word| word == &words[0]), "torn: {line}");
    words[0].as_u64().expect("a number")
}

#[test]
fn readers_of_a_file_that_is_replaced_all_the_time_never_tear_hang_or_leak() {
    let place = Place::new();
    let (path, aside) = (place.path("x.region"), place.path("aside.region"));
    let schemas = [64, 4096].map(|size| torn::schema(size).expect("a schema"));
    let mut maker = Maker { path: &path, aside: &aside, schemas, number: 0 };
    drop(maker.publish(&path, &maker.schemas[0].clone()));
    let start = |how: &&str| {
        let mut reader = consumer().start(&place, &format!("./x.region --format json {how}"));
        reader.next_out();
        reader
    };
    let mut readers: Vec<Daemon> = HOW.iter().map(start).collect();

    let span = std::env::var("E2E_CHURN_MS").ok().and_then(|text| text.parse().ok());
    let span = Duration::from_millis(span.unwrap_or(MILLISECONDS));
    let (begin, mut rounds, mut late) = (Instant::now(), 0_u64, Vec::new());
    let is_short = |readers: &[Daemon]| readers.iter().any(|reader| reader.out().len() <= 10);
    while begin.elapsed() < span || (begin.elapsed() < e2e::DEADLINE && is_short(&readers)) {
        rounds += 1;
        maker.replace(rounds);
        if rounds.is_multiple_of(64) {
            readers.iter().for_each(holds_little);
            late.push(consumer().start(&place, "./x.region --once --format json"));
        }
        // Some hundred a second, so that the readers can follow.
        std::thread::sleep(Duration::from_millis(1));
    }
    for once in &mut late {
        let code = once.exit_code();
        assert!(code == 0 || code == 3, "{code}: {:?}", once.err());
        for line in once.out() {
            assert!(number_in(&line) <= maker.number, "{line}");
        }
    }

    let last = maker.publish(&path, &maker.schemas[0].clone());
    let newest = maker.number;
    for reader in &mut readers {
        reader.out_line("the last record of all", |line| number_in(line) == newest);
        holds_little(reader);
        let held = || proc::held(reader.pid(), "x.region");
        wait_until("it holds the last file, and no other", || held() == (1, 1));
        reader.stop();
        let out = reader.out();
        assert!(out.len() > 10, "{out:?}");
        for line in out {
            assert!(number_in(&line) <= newest, "{line}");
        }
    }
    drop(last);
    show(&format!("{rounds} files in {:?}: {} lines", begin.elapsed(), lines(&readers)));
}

fn lines(readers: &[Daemon]) -> usize {
    readers.iter().map(|reader| reader.out().len()).sum()
}

/// Asserts that no descriptor and no mapping is leaked. A leak is permanent; a count during a
/// switch of files may see one twice.
#[track_caller]
fn holds_little(reader: &Daemon) {
    let held = || proc::held(reader.pid(), "region");
    wait_until(&format!("at most {MOST} files are open and mapped: {:?}", held()), || {
        let (descriptors, mappings) = held();
        descriptors <= MOST && mappings <= MOST
    });
}

/// For `cargo test -- --show-output`.
#[allow(clippy::print_stdout, reason = "print! is what the test harness captures")]
fn show(text: &str) {
    println!("{text}");
}
