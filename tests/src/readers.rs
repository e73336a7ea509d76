//! The readers of docs/readers, which were written from docs/format.md and use nothing of ours.

use std::path::Path;

use crate::compiled::compile;
use crate::vectors::Line;
use crate::{Place, Program};

/// reader.c, compiled into `place`, where programs can be executed, and reader.py: those for which this machine has a
/// compiler and a Python.
pub fn readers(place: &Place) -> Vec<Program> {
    both("reader", place)
}

/// The same for the short ones, latest.c and latest.py, whose lines [`as_json`] translates.
pub fn short_readers(place: &Place) -> Vec<Program> {
    both("latest", place)
}

fn both(name: &str, place: &Place) -> Vec<Program> {
    let mut readers = Vec::new();
    if is_there("cc") {
        readers.push(compile(&format!("../docs/readers/{name}.c"), "-std=c11", place));
    }
    if is_there("python3") {
        let program = format!("{name}.py");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/readers").join(&program);
        readers.push(Program::new(&program, path));
    }
    readers
}

/// A line of a short reader, `NUMBER TIME BYTES`, as the others print a record of `tests/src/torn.rs`.
///
/// # Panics
/// If it is not such a line.
#[track_caller]
pub fn as_json(line: &str) -> String {
    let parts: Vec<&str> = line.split(' ').collect();
    let [sequence, _time, bytes] = parts[..] else { panic!("not three parts: {line}") };
    let digits = bytes.as_bytes().chunks(8);
    let words = digits.map(|word| {
        let word = std::str::from_utf8(word).expect("ASCII");
        u32::from_str_radix(word, 16).expect("digits").swap_bytes().to_string()
    });
    let words = words.collect::<Vec<_>>().join(",");
    format!("{{\"sequence\":{sequence},\"record\":{{\"words\":[{words}]}}}}")
}

/// Whether this machine has the program; says so if it has not.
#[expect(clippy::print_stdout, reason = "println! is what the test harness captures")]
fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there = std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
    if !is_there {
        println!("skipped: this machine has no {program}");
    }
    is_there
}

/// How many records of `tests/src/torn.rs` the lines of a reader have, and the number of the last one.
///
/// # Panics
/// If one is not whole, has not its own number, or does not come after the one before: right after it, and after those
/// that were reported as missed, if the reader follows `all` of them.
#[track_caller]
pub fn judge_lines(all: bool, lines: &[String]) -> (u64, u64) {
    let (mut records, mut last) = (0, None);
    for text in lines {
        let line: Line = serde_json::from_str(text).unwrap_or_else(|err| panic!("{err}: {text}"));
        if let Some(missed) = line.missed {
            assert!(all, "latest misses nothing");
            last = last.map(|last| last + missed);
            continue;
        }
        let sequence = line.sequence.expect("a record has a number");
        let words: Vec<u64> = serde_json::from_str(line.record["words"].get()).expect("numbers");
        let is_whole = words.iter().all(|word| *word == sequence & 0xffff_ffff);
        assert!(is_whole, "torn or misnumbered: {text}");
        match last {
            Some(last) if all => assert_eq!(sequence, last + 1, "lost or twice"),
            Some(last) => assert!(sequence > last, "{sequence} after {last}"),
            None => {}
        }
        (records, last) = (records + 1, Some(sequence));
    }
    (records, last.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::judge_lines;

    /// Records with these numbers and words; a number alone is of missed records.
    fn lines(of: &[(u64, Option<u64>)]) -> Vec<String> {
        let line = |&(number, word): &(u64, Option<u64>)| match word {
            None => format!("{{\"missed\":{number}}}"),
            Some(word) => {
                format!("{{\"sequence\":{number},\"record\":{{\"words\":[{number},{word}]}}}}")
            }
        };
        of.iter().map(line).collect()
    }

    #[test]
    fn whole_records_in_order_are_counted() {
        let followed = lines(&[(7, Some(7)), (8, Some(8)), (3, None), (12, Some(12))]);
        assert_eq!(judge_lines(true, &followed), (3, 12));
        assert_eq!(judge_lines(false, &lines(&[(7, Some(7)), (12, Some(12))])), (2, 12));
    }

    #[test]
    fn torn_lost_and_repeated_records_are_found() {
        let (seven, eight) = ((7, Some(7)), (8, Some(8)));
        let cases = [
            (true, vec![(7, Some(6))]),
            (true, vec![seven, (9, Some(9))]),
            (true, vec![seven, (1, None), eight]),
            (true, vec![seven, seven]),
            (false, vec![eight, seven]),
            (false, vec![seven, (1, None)]),
        ];
        for (all, case) in cases {
            let judged = std::panic::catch_unwind(|| judge_lines(all, &lines(&case)));
            assert!(judged.is_err(), "{case:?}");
        }
    }
}
