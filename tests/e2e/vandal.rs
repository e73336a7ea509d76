//! A process that may write the region corrupts it at full speed, in every way, under all kinds of
//! readers: they may read wrong values, but survive, use little memory, respond, and stop on
//! request.

use std::fs;

use e2e::{Daemon, Place, Program, proc, wait_until};
use layout::{CType, FieldSpec, Scalar, Schema};
use region::{DynWriter, Options};

use crate::consumer;

/// Reads after which a reader has been tested enough.
const ENOUGH: u64 = 3000;
/// Most memory of a reader of the vandal's regions, in KiB: that of the largest schema (16 MiB) and
/// a program with its libraries.
const MEMORY: u64 = 48 << 10;

fn vandal(place: &Place, deeds: &str) -> Daemon {
    let vandal = Program::new("vandal", env!("CARGO_BIN_EXE_vandal"));
    let mut vandal = vandal.start_with_input(place, &format!("./a.region 256 {deeds}"));
    vandal.out_line("ready", |line| line.starts_with("ready"));
    vandal
}

fn victim(place: &Place, mode: &str) -> Daemon {
    let victim = Program::new("victim", env!("CARGO_BIN_EXE_victim"));
    victim.start_with_input(place, &format!("./a.region {mode}"))
}

/// The count of `what` in a line such as `looks=812 attached=3`.
fn count(line: &str, what: &str) -> u64 {
    let mut words = line.split(' ').filter_map(|word| word.split_once('='));
    let found = words.find(|(name, _)| *name == what);
    found.and_then(|(_, count)| count.parse().ok()).unwrap_or_else(|| panic!("{what}? {line:?}"))
}

/// Waits until `victim` has read enough and met enough errors, then stops it.
#[track_caller]
fn suffers(victim: &mut Daemon, wanted: &[&str]) -> String {
    let enough = |line: &str| {
        count(line, "looks") >= ENOUGH && wanted.iter().all(|what| count(line, what) > 0)
    };
    let line = victim.out_line("enough looks, and each of them met", enough);
    let peak = proc::status(victim.pid(), "VmHWM");
    assert!(peak <= MEMORY, "{peak} KiB at {line}");
    assert_eq!(victim.exit_code(), 0, "it ends with its stdin");
    line
}

const EVERYTHING: &str = "word,slot,forge,line,header,schema,cut,swap";

/// Each kind of corruption alone, so that none hides another; then all together.
#[test]
fn a_reader_survives_a_writer_that_writes_anything_anywhere() {
    for deeds in ["word,slot,forge", "forge,line", "forge,cut", "forge,swap", EVERYTHING] {
        let place = Place::new();
        let mut vandal = vandal(&place, deeds);
        let mut victims = ["dyn", "typed"].map(|mode| victim(&place, mode));
        let tallies = victims.each_mut().map(|victim| suffers(victim, &["records"]));
        assert!(vandal.is_running(), "{deeds}: {tallies:?}");
        assert_eq!(vandal.exit_code(), 0, "it ends with its stdin");
    }
}

#[test]
fn every_attach_to_a_header_that_changes_at_full_speed_ends_with_a_reader_or_an_error() {
    for deeds in ["header,schema", "cut", EVERYTHING] {
        let place = Place::new();
        let mut vandal = vandal(&place, deeds);
        let mut victim = victim(&place, "attach");
        suffers(&mut victim, &["attached", "refused"]);
        // And by the program itself.
        for _ in 0..5 {
            let mut once = consumer().start(&place, "./a.region --once --format json");
            assert!([0, 1, 3].contains(&once.exit_code()), "{:?}", once.err());
        }
        assert_eq!(vandal.exit_code(), 0, "it ends with its stdin");
    }
}

/// A consumer whose many lines go to a file.
struct Printing {
    consumer: Daemon,
    file: String,
}

impl Printing {
    fn start(place: &Place, format: &str, how: &str) -> Self {
        let file = format!("{format}{}", how.replace(' ', ""));
        let mut command = consumer().command_after(&format!("exec >./{file}"), place);
        let arguments = format!("./a.region --format {format} {how}");
        let consumer = Daemon::start(&file, command.args(arguments.split_whitespace()));
        Self { consumer, file }
    }

    fn len(&self, place: &Place) -> u64 {
        fs::metadata(place.path(&self.file)).map_or(0, |meta| meta.len())
    }
}

#[test]
fn a_consumer_survives_it_and_prints_whole_lines_without_control_characters() {
    let place = Place::new();
    // Started with a valid region: an unreadable one at the start is an error.
    let mut quiet = vandal(&place, "forge");
    let start = |(format, how)| Printing::start(&place, format, how);
    let formats = ["text", "json", "csv"];
    let all = formats.map(|format| ["--follow", "--poll 1ms"].map(|how| (format, how)));
    let mut printing: Vec<Printing> = all.into_iter().flatten().map(start).collect();
    wait_until("each has printed something", || printing.iter().all(|one| one.len(&place) > 0));
    assert_eq!(quiet.exit_code(), 0);
    let mut vandal = vandal(&place, EVERYTHING);
    let mut victim = victim(&place, "dyn");
    suffers(&mut victim, &["attached", "refused", "records"]);
    for one in &mut printing {
        assert!(one.consumer.is_running(), "{}: {:?}", one.file, one.consumer.err());
        let peak = proc::status(one.consumer.pid(), "VmHWM");
        assert!(peak <= MEMORY, "{}: {peak} KiB", one.file);
        // Stopped by SIGTERM, while the vandal continues.
        one.consumer.stop();
    }
    assert_eq!(vandal.exit_code(), 0);
    for Printing { file, .. } in printing {
        let printed = fs::read_to_string(place.path(&file)).expect("UTF-8");
        assert!(printed.ends_with('\n'), "{file}: half a line at the end");
        for line in printed.lines() {
            let harmful = |c: char| (c.is_control() && c != '\t') || c == '\u{202e}';
            assert!(!line.contains(harmful), "{file}: {line:?}");
            if file.starts_with("json") {
                serde_json::from_str::<serde_json::Value>(line).expect("a line of JSON");
            }
        }
    }
}

/// The worst schema to print: many small numbers.
#[test]
fn a_large_record_is_printed_within_a_few_times_its_size() {
    let place = Place::new();
    let array = CType::array(Scalar::U8, 1 << 18).expect("an array");
    let field = FieldSpec::new("a".repeat(64), array);
    let schema = Schema::builder("A").field(field).build().expect("a record");
    let options = Options::new().slots(4);
    let mut writer =
        DynWriter::open_with(place.path("a.region"), &schema, &options).expect("a region");
    writer.publish(&vec![0xff; 1 << 18]).expect("a record");
    for format in ["text", "json", "csv"] {
        // 256 KiB of record; at most 3 MiB of memory that is not the file's. The header of the CSV has 18 MB.
        let limited = "ulimit -d 3072 && exec >./out";
        let mut command = consumer().command_after(limited, &place);
        command.args(["./a.region", "--once", "--format", format]);
        let mut consumer = Daemon::start(format, &mut command);
        assert_eq!(consumer.exit_code(), 0, "{format}: {:?}", consumer.err());
        let len = fs::metadata(place.path("out")).expect("its output").len();
        assert!(len > 3 << 18, "{format}: {len} bytes");
    }
}
