//! C programs share the struct with ours as in the tutorial, without a header or library.
//!
//! tests/c/writer.c and tests/c/reader.c do what the tutorial's pair does: they open the file, map
//! 28 bytes and close the descriptor; then the writer copies a struct in and increments it, and the
//! reader prints `id=%d\tname=%s\t%c`. Their `_Static_assert`s are the C side of the record's
//! contract. A bare region must be their file, byte for byte.

use std::fs;
use std::num::NonZeroU32;
use std::os::unix::fs::MetadataExt;

use e2e::{Daemon, Place, Program, compile_c, wait_until};
use layout::{Record as _, Stu};
use region::{BareReader, BareWriter, Options};
use serde_json::Value;

use crate::{consumer, producer};

/// Both C programs, compiled.
struct Compiled {
    /// Where they are; programs cannot be executed in every memory file system.
    _place: Place,
    reader: Program,
    writer: Program,
}

impl Compiled {
    fn new() -> Self {
        let place = Place::on_disk();
        let [reader, writer] = ["reader", "writer"].map(|name| compile_c(name, &place));
        Self { _place: place, reader, writer }
    }
}

/// The tutorial's record in a bare file, `stu.bin`, with short ticks.
fn with_bare_config() -> Place {
    let place = Place::new();
    let stu = fs::read_to_string(e2e::shipped_config("stu.toml")).expect("shipped");
    let bare = [
        ("name = \"stu\"", "path = \"./stu.bin\""),
        ("format = \"mapcast\"", "format = \"bare\""),
        ("tick = \"1s\"", "tick = \"5ms\""),
        ("poll = \"2s\"", "poll = \"5ms\""),
    ];
    let bare = bare.iter().fold(stu, |text, (from, to)| {
        assert!(text.contains(from), "stu.toml has no {from}");
        text.replacen(from, to, 1)
    });
    place.write("bare.toml", bare);
    place
}

/// The number in `id=N\tname=xiaoming\tm`, and nothing but such a line.
#[track_caller]
fn id_of(line: &str) -> i64 {
    let id = line.strip_prefix("id=").and_then(|rest| rest.strip_suffix("\tname=xiaoming\tm"));
    id.and_then(|id| id.parse().ok()).unwrap_or_else(|| panic!("not a student: {line:?}"))
}

/// Reads until the number is `goal`; it must never decrease.
#[track_caller]
fn counts_up_to(goal: i64, reader: &mut Daemon) {
    let mut last = 10;
    while last < goal {
        let id = id_of(&reader.next_out());
        assert!(id >= last, "{id} after {last}");
        last = id;
    }
}

/// The tick of a producer whose first record stays for the whole test.
const SLOW: &str = "--tick 1h";

/// Starts the producer with the bare configuration; its first record is there afterwards.
fn start_producer(place: &Place, more: &str) -> Daemon {
    let mut producer = producer().start(place, &format!("bare.toml {more}"));
    producer.says("publishing STU to ./stu.bin");
    let path = place.path("stu.bin");
    wait_until("the first record", || fs::read(&path).is_ok_and(|bytes| bytes[0] != 0));
    producer
}

#[test]
fn the_c_programs_read_each_others_records() {
    let (c, place) = (Compiled::new(), Place::new());
    let _writer = c.writer.start(&place, "stu.bin 5");
    let path = place.path("stu.bin");
    wait_until("a record", || fs::read(&path).is_ok_and(|bytes| bytes.first() > Some(&0)));
    counts_up_to(30, &mut c.reader.start(&place, "stu.bin 3"));
}

#[test]
fn the_c_reader_prints_what_the_producer_publishes() {
    let (c, place) = (Compiled::new(), with_bare_config());
    let mut producer = start_producer(&place, "");
    assert_eq!(place.path("stu.bin").metadata().expect("a file").len(), 28);
    let mut reader = c.reader.start(&place, "stu.bin 3");
    counts_up_to(40, &mut reader);
    producer.stop();
    // The last record stays, as in the tutorial.
    let last = fs::read(place.path("stu.bin")).expect("still there");
    let id = i64::from(i32::from_le_bytes([last[0], last[1], last[2], last[3]]));
    counts_up_to(id, &mut reader);
}

#[test]
fn the_c_reader_continues_when_the_producer_is_killed_and_restarted() {
    let (c, place) = (Compiled::new(), with_bare_config());
    let mut first = start_producer(&place, "");
    let inode = place.path("stu.bin").metadata().expect("a file").ino();
    let mut reader = c.reader.start(&place, "stu.bin 3");
    counts_up_to(40, &mut reader);
    first.kill9();
    let mut second = start_producer(&place, SLOW);
    // A bare file has no sequence: the counter starts over, in the same file.
    reader.out_line("the counter's start", |line| id_of(line) == 10);
    assert_eq!(place.path("stu.bin").metadata().expect("a file").ino(), inode);
    second.stop();
}

#[test]
fn the_consumer_prints_what_the_c_writer_writes() {
    let (c, place) = (Compiled::new(), with_bare_config());
    let _writer = c.writer.start(&place, "stu.bin 5");
    let path = place.path("stu.bin");
    wait_until("a record", || fs::read(&path).is_ok_and(|bytes| bytes.first() > Some(&0)));
    let mut consumer = consumer().start(&place, "bare.toml");
    counts_up_to(40, &mut consumer);
    consumer.stop();
}

#[test]
fn bare_records_as_json_have_null_for_sequence_and_time() {
    let (c, place) = (Compiled::new(), with_bare_config());
    let mut writer = c.writer.start(&place, "stu.bin 5");
    let path = place.path("stu.bin");
    wait_until("a record", || fs::read(&path).is_ok_and(|bytes| bytes.first() > Some(&0)));
    writer.kill9();
    let mut consumer = consumer().start(&place, "bare.toml --once --format json");
    let line: Value = serde_json::from_str(&consumer.next_out()).expect("JSON");
    assert_eq!(consumer.exit_code(), 0);
    assert_eq!(
        (&line["record"]["name"], &line["record"]["sex"]),
        (&"xiaoming".into(), &"m".into())
    );
    for unknown in ["lineage", "sequence", "published_at", "age_ns", "state", "epoch"] {
        assert_eq!(line.get(unknown), Some(&Value::Null), "{line}");
    }
}

#[test]
fn the_consumer_waits_for_a_c_writer_that_starts_later() {
    let c = Compiled::new();
    // Repeated, because the writer creates an empty file and sets its size a moment later.
    for _ in 0..10 {
        let place = with_bare_config();
        let mut consumer = consumer().start(&place, "bare.toml");
        consumer.says("waiting for ./stu.bin");
        let _writer = c.writer.start(&place, "stu.bin 5");
        consumer.out_line("a student", |line| line.ends_with("\tname=xiaoming\tm"));
        consumer.stop();
    }
}

#[test]
fn the_producer_continues_in_a_c_writers_file() {
    let (c, place) = (Compiled::new(), with_bare_config());
    let mut writer = c.writer.start(&place, "stu.bin 5");
    let path = place.path("stu.bin");
    wait_until("a few records", || fs::read(&path).is_ok_and(|bytes| bytes.first() > Some(&20)));
    let mut reader = c.reader.start(&place, "stu.bin 3");
    counts_up_to(20, &mut reader);
    writer.kill9();
    let mut producer = start_producer(&place, SLOW);
    reader.out_line("the producer's counter", |line| id_of(line) == 10);
    producer.stop();
}

/// A class of 30 students, each of whose numbers is in the file `numbers`.
fn class_config() -> Place {
    let place = Place::new();
    let field = |name: &str, ctype: &str, source: &str| {
        format!(
            "[[record.field]]\nname = \"{name}\"\ntype = \"{ctype}\"\nsource = {{ {source} }}\n"
        )
    };
    let number = "file = { path = \"./numbers\", key = \"{instance}\" }";
    let class = [
        "[region]\npath = \"./class.bin\"\nformat = \"bare\"\n".to_owned(),
        "[record]\nname = \"STU\"\ninstances = 30\n".to_owned(),
        field("id", "i32", number),
        field("name", "char[20]", "const = \"hong\""),
        field("sex", "char", "const = \"f\""),
        "[producer]\ntick = \"1h\"\n".to_owned(),
        "[consumer]\nline = \"{instance}\\tid={id}\\tname={name}\\t{sex}\"\n".to_owned(),
    ];
    place.write("class.toml", class.concat());
    let numbers: Vec<String> = (0..30).map(|place| format!("{place} {}\n", 500 + place)).collect();
    place.write("numbers", numbers.concat());
    place
}

#[test]
fn the_producer_and_the_consumer_share_an_array_with_a_c_program() {
    let (compiled, place) = (Place::on_disk(), class_config());
    let class = compile_c("class", &compiled);
    assert_eq!(class.start(&place, "class.bin write").exit_code(), 0);
    let mut table = consumer().start(&place, "class.toml --once");
    for index in 0..30 {
        assert_eq!(table.next_out(), format!("{index}\tid={}\tname=xiaoming\tm", 100 + index));
    }
    assert_eq!(table.exit_code(), 0);

    assert_eq!(producer().start(&place, "class.toml --ticks 1").exit_code(), 0);
    let mut c_reader = class.start(&place, "class.bin read");
    for index in 0..30 {
        assert_eq!(c_reader.next_out(), format!("id={}\tname=hong\tf", 500 + index));
    }
    assert_eq!(c_reader.exit_code(), 0);
}

#[test]
fn a_c_program_and_ours_share_an_array_of_structs() {
    let (compiled, place) = (Place::on_disk(), Place::new());
    let class = compile_c("class", &compiled);
    let (path, schema) = (place.path("class.bin"), Stu::schema());
    let count = NonZeroU32::new(30).expect("thirty");
    assert_eq!(class.start(&place, "class.bin write").exit_code(), 0);
    let mut reader = BareReader::open_array(&path, &schema, count).expect("its file");
    let mut student = Stu::new(0, "", ' ');
    for (index, id) in (0..30).zip(100..) {
        reader.latest_at(index, bytemuck::bytes_of_mut(&mut student)).expect("a struct");
        assert_eq!(student, Stu::new(id, "xiaoming", 'm'), "student {index}");
    }

    let mut writer =
        BareWriter::open_array(&path, &schema, count, &Options::new()).expect("the same file");
    writer.publish_at(7, bytemuck::bytes_of(&Stu::new(7, "hong", 'f'))).expect("a publish");
    let mut c_reader = class.start(&place, "class.bin read");
    for index in 0..30 {
        let expected = if index == 7 {
            "id=7\tname=hong\tf".to_owned()
        } else {
            format!("id={}\tname=xiaoming\tm", 100 + index)
        };
        assert_eq!(c_reader.next_out(), expected);
    }
}
