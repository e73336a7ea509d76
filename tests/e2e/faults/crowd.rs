//! A thousand reader processes of one region, and a thousand regions on one machine.
//!
//! `E2E_CROWD` replaces the thousand.

use std::fs::{self, File};
use std::process::{Child, Stdio};

use e2e::counters::{self, Counters};
use e2e::{Daemon, Place, Program, Reading, wait_until};

use super::publishing;
use crate::{consumer, producer};

fn many() -> usize {
    std::env::var("E2E_CROWD").ok().and_then(|text| text.parse().ok()).unwrap_or(1000)
}

/// Records that each reader prints.
const RECORDS: usize = 5;

/// A reader whose lines are written to a file, so that it needs no thread.
struct Reader {
    process: Child,
    out: std::path::PathBuf,
}

impl Reader {
    fn start(place: &Place, number: usize) -> Self {
        let out = place.path(&format!("{number}.out"));
        let file = |path: &std::path::Path| File::create(path).expect("a file");
        let mut command = consumer().command(place);
        command
            .args(["./x.region", "--follow", "--format", "json", "--timeout", "1m"])
            .args(["--count", &RECORDS.to_string()])
            .stdin(Stdio::null())
            .stdout(file(&out))
            .stderr(file(&out.with_extension("err")));
        Self { process: command.spawn().expect("started"), out }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // Has ended already, unless the test has failed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_thousand_readers_get_whole_records_without_slowing_the_writer() {
    let place = Place::new();
    Counters { region: "./x.region", fields: 8, slots: 64, tick: "100ms" }.write(&place, "x.toml");
    let mut producer = publishing(&place, "./x.toml");
    let mut readers: Vec<Reader> =
        (0..many()).map(|number| Reader::start(&place, number)).collect();
    for Reader { process, out } in &mut readers {
        let mut code = None;
        wait_until("a reader has its records", || {
            code = process.try_wait().expect("wait").map(|status| status.code());
            code.is_some()
        });
        let said = fs::read_to_string(out.with_extension("err")).expect("stderr");
        assert_eq!(code, Some(Some(0)), "{said}");
        let text = fs::read_to_string(out).expect("stdout");
        let readings: Vec<Reading> = text.lines().map(Reading::of).collect();
        assert_eq!(readings.len(), RECORDS);
        let numbers = readings.iter().map(|reading| {
            assert_eq!(counters::value(reading), reading.sequence);
            reading.sequence
        });
        assert!(numbers.is_sorted_by(|a, b| a < b), "{text}");
    }
    producer.stop();
    let said = producer.says("closed ./x.region");
    show(&format!("{} readers: {said}", readers.len()));
}

#[test]
fn a_thousand_regions_on_one_machine_are_all_live_and_all_whole() {
    let place = Place::new();
    let crowd = Program::new("crowd", env!("CARGO_BIN_EXE_crowd"));
    let count = many();
    let mut writers = crowd.start_with_input(&place, &format!("write . {count}"));
    writers.out_line("ready", |line| line == "ready");
    let mut readers = crowd.start(&place, &format!("read . {count}"));
    let line = readers.next_out();
    assert!(line.starts_with(&format!("regions={count} live={count} ")), "{line}");
    assert!(line.ends_with(" torn=0 backward=0"), "{line}");
    assert_eq!(readers.exit_code(), 0);

    // Among them, some dozen of the real programs, each with a region of its own.
    let start =
        |number: usize| producer().start(&place, &format!("--region unit-{number} --tick 50ms"));
    let mut producers: Vec<Daemon> = (0..count.min(30)).map(start).collect();
    for (number, producer) in producers.iter_mut().enumerate() {
        producer.says(&format!("unit-{number}.region"));
        let arguments = format!("unit-{number} --once --timeout 1m --format json");
        let mut reader = consumer().start(&place, &arguments);
        assert_eq!(reader.exit_code(), 0, "{:?}", reader.err());
        assert!(Reading::of(&reader.next_out()).is_held());
    }
    producers.iter_mut().for_each(Daemon::stop);
    assert_eq!(writers.exit_code(), 0, "it ends with its stdin");
    show(&line);
}

/// For `cargo test -- --show-output`.
#[allow(clippy::print_stdout, reason = "print! is what the test harness captures")]
fn show(text: &str) {
    println!("{text}");
}
