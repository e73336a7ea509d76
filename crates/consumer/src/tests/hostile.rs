//! Regions of a hostile writer.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use daemon::Exit;
use layout::header::{Header, LINE, offset};
use layout::{CType, FieldSpec, Scalar, Schema, Stu};
use render::Format;
use serde_json::Value;

use super::{Stage, write_line};

/// Clears a screen, rings, sets a title, by C0, DEL, C1 and a mark that turns the reading direction.
const HOSTILE: &str = "\x1b[2J\x07\u{7f}\n\u{9b}1m\u{202e}";

fn hostile_text() -> Stage {
    let stage = Stage::of_students();
    stage.publishes_bytes(bytemuck::bytes_of(&Stu::new(1, HOSTILE, '\x1b')))();
    stage
}

#[test]
fn no_format_prints_a_control_character() {
    for format in ["text", "json", "csv"] {
        let out = hostile_text().play(&["--once", "--format", format], []).out;
        let lines = if format == "csv" { 2 } else { 1 };
        assert_eq!(out.lines().count(), lines, "{out:?}");
        let harmful = |c: char| (c.is_control() && c != '\t' && c != '\n') || c == '\u{202e}';
        assert!(!out.contains(harmful), "{out:?}");
    }
}

#[test]
fn text_shows_the_codes_and_json_keeps_the_characters() {
    let out = hostile_text().play(&["--once"], []).out;
    assert!(out.contains(r"name=\x1b[2J\x07\x7f\x0a\x9b1m\u{202e}"), "{out}");
    let out = hostile_text().play(&["--once", "--format=json"], []).out;
    let object: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(object["record"]["name"], HOSTILE);
}

/// Counts the bytes it receives, and the largest single write.
#[derive(Default)]
struct Pieces {
    total: usize,
    longest: usize,
}

impl io::Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.total += bytes.len();
        self.longest = self.longest.max(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The program checks for a stop and pings the watchdog between two pieces.
#[test]
fn every_format_writes_a_long_text_in_pieces() {
    const LEN: u32 = 1 << 20;
    let text = CType::array(Scalar::Char, LEN).unwrap();
    let schema = Schema::builder("T").field(FieldSpec::new("t", text)).build().unwrap();
    for byte in [b'x', b'"', b',', 7, 0xff] {
        for format in [Format::Text, Format::Json, Format::Csv] {
            let mut pieces = Pieces::default();
            write_line(&schema, &[byte].repeat(LEN as usize), format, &mut pieces).unwrap();
            assert!(pieces.total >= LEN as usize, "{format:?} {byte}: {}", pieces.total);
            assert!(pieces.longest <= 1 << 16, "{format:?} {byte}: {}", pieces.longest);
        }
    }
}

#[test]
fn a_wrong_head_prints_nothing_and_ends_nothing() {
    // Their slots were never used, or hold another record: the head is wrong.
    for (head, notices) in [(u64::MAX, 0), (9, 1)] {
        let stage = Stage::of_students();
        stage.publishes([1])();
        let forge = stage.file(move |path| {
            let file = File::options().write(true).open(path).unwrap();
            // Without the record beside it, from which head is not needed.
            let (mut line, at) = ([0; LINE as usize], offset::HEAD as u64);
            line[..size_of::<u64>()].copy_from_slice(&head.to_le_bytes());
            file.write_all_at(&line, at).unwrap();
        });
        assert_eq!(stage.play(&["--follow"], [forge]).ids(), [1]);
        let forged = stage.play(&["--poll=1ms"], [stage.file(|_| {}), stage.file(|_| {})]);
        assert!(forged.lines().is_empty(), "{}", forged.out);
        assert_eq!(forged.notices.len(), notices, "the trouble, once: {:?}", forged.notices);
        let once = stage.play(&["--once"], []).failure().0;
        assert_eq!(once, if notices == 0 { Exit::NoValue } else { Exit::Failure });
    }
}

#[test]
fn every_time_that_a_region_can_hold_can_be_written() {
    let stage = Stage::of_students();
    stage.publishes([1])();
    stage.closes()();
    for offset_word in [i64::MIN, -1, i64::MAX] {
        let file = File::options().write(true).open(stage.path()).unwrap();
        file.write_all_at(&offset_word.to_le_bytes(), offset::WALL_OFFSET as u64).unwrap();
        let out = stage.play(&["--once", "--format=json"], []).out;
        let object: Value = serde_json::from_str(&out).unwrap();
        let time = object["published_at"].as_str().unwrap();
        assert!(humantime::parse_rfc3339(time).is_ok(), "{out}");
    }
}

#[test]
fn a_region_of_an_earlier_boot_is_stale_and_its_age_unknown() {
    let stage = Stage::of_students();
    stage.publishes([1])();
    let on_disk =
        stage.writer.borrow().as_ref().is_some_and(|writer| writer.surroundings().is_disk_backed);
    stage.dies()();
    let file = File::options().read(true).write(true).open(stage.path()).unwrap();
    let mut bytes = [0; offset::HEADER_LEN];
    file.read_exact_at(&mut bytes, 0).unwrap();
    let mut header = Header::decode(&bytes).unwrap();
    header.boot_id = [7; 16];
    file.write_all_at(&header.encode(), 0).unwrap();
    let played = stage.play(&["--once", "--format=json"], []);
    let object: Value = serde_json::from_str(&played.out).unwrap();
    // Memory cannot be older than the boot, whatever the header claims.
    let expected = if on_disk { "stale" } else { "dead" };
    assert_eq!((object["state"].as_str(), played.words()), (Some(expected), vec![expected]));
    assert_eq!(object["age_ns"].is_null(), on_disk, "{}", played.out);
    assert_eq!(object["record"]["id"], 1);
}
