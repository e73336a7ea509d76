//! Values in contents as files of `/proc` and `/sys` have them.

use settings::{FileSource, Take, Words, words};

use super::find::{Found, NotFound, find};

const STAT: &str = "cpu  100 20 30 4000 5 6 7 8 0 0\ncpu0 1 2 3 4\nintr 1 2\nctxt 223618\n";

fn source(key: &str, take: Take) -> FileSource {
    let key = words(key).map(str::to_owned).collect::<Vec<_>>();
    let key = Some(key).filter(|key| !key.is_empty());
    FileSource {
        paths: vec![],
        key,
        take,
        hex: false,
        words: Words::None,
        scale: 1.0,
        rate: false,
        wraps: None,
        default: None,
    }
}

fn number(key: &str, columns: &[usize], contents: &str) -> Result<String, NotFound> {
    find(&source(key, Take::Sum(columns.to_vec())), &[], contents).map(|found| match found {
        Found::Number(number) => number.as_str().to_owned(),
        Found::Whole(number) => number.to_string(),
        Found::Real(number) => format!("{number:?}"),
        Found::Text(text) => panic!("text {text:?} for a number"),
    })
}

fn found(key: &str, columns: &[usize], contents: &str) -> String {
    number(key, columns, contents).expect("a value")
}

#[test]
fn key_and_column_find_values_in_the_usual_files() {
    assert_eq!(found("", &[3], "0.12 0.08 0.05 1/234 5678\n"), "0.05");
    assert_eq!(found("MemFree", &[1], "MemTotal: 7 kB\nMemFree:    12 kB\n"), "12");
    assert_eq!(found("cpu", &[4], STAT), "4000");
    assert_eq!(found("ctxt", &[1], STAT), "223618");
    let pressure = "some avg10=0.17 avg60=0.05 total=78\nfull avg10=0.01 avg60=0.02 total=9\n";
    assert_eq!(found("some avg10", &[1], pressure), "0.17");
    assert_eq!(found("full", &[4], pressure), "0.02");
    assert_eq!(found("sda", &[1], "  8  1 sda1 7\n  8  0 sda 1523 12\n"), "1523");
    assert_eq!(found("eth0", &[2], "  lo: 1 2\n  eth0: 100 200\n"), "200");
    assert_eq!(found("CAPACITY", &[1], "STATUS=Full\nCAPACITY=92\n"), "92");
    assert_eq!(found("cpu MHz", &[1], "cpu family\t: 6\ncpu MHz\t\t: 2400.5\n"), "2400.5");
    assert_eq!(found("", &[1], "-4500\n"), "-4500");
}

#[test]
fn sums_of_whole_numbers_are_exact() {
    assert_eq!(found("cpu", &[1, 2, 3, 6, 7, 8], STAT), "171");
    assert_eq!(found("", &[1, 2], "18446744073709551615 1"), "18446744073709551616");
    assert_eq!(found("", &[1, 2], "9007199254740993 0"), "9007199254740993");
    assert_eq!(found("", &[1, 2], "9007199254740993.0 1e3"), "9007199254741993");
    assert_eq!(found("", &[1, 2], "1 0.5"), "1.5");
}

#[test]
fn a_key_is_whole_words_and_all_of_them() {
    let is_missing = |key: &str, contents| {
        let error = number(key, &[1], contents).unwrap_err();
        assert!(matches!(&error, NotFound::NoKey { key: found, .. } if found == key), "{error}");
    };
    is_missing("cp", STAT);
    is_missing("cpu 100 21", STAT);
    is_missing("ctxt", "");
    // A key does not run on into the next line.
    is_missing("0 cpu0", STAT);
}

#[test]
fn a_misspelt_key_is_answered_with_the_line_that_was_meant() {
    let message = |key: &str, contents| number(key, &[1], contents).unwrap_err().to_string();
    let memory = "MemTotal: 9 kB\nMemAvailable: 7 kB\n";
    assert_eq!(
        message("MemAvailible", memory),
        "no line has the words \"MemAvailible\"; correct key, perhaps to MemAvailable"
    );
    assert_eq!(
        message("some avg01", "some avg10=0.1\nfull avg10=0\n"),
        "no line has the words \"some avg01\"; correct key, perhaps to some avg10"
    );
    assert_eq!(message("Bogo", memory), "no line has the words \"Bogo\"; correct key");
}

#[test]
fn a_line_that_begins_with_the_key_precedes_one_that_contains_it() {
    let irq = "      CPU0 CPU1\n  0:   1   9  timer\n  1:  77   0  keyboard\n 17:  1 5 x\n";
    for (key, columns, want) in [
        ("1", &[1][..], "77"),
        ("1:", &[1, 2], "77"),
        ("17", &[2], "5"),
        ("0", &[2], "9"),
        ("1 77", &[1], "0"),
    ] {
        assert_eq!(found(key, columns, irq), want, "{key}");
    }
    let words = "b a 1\n: = a b 2\na b 3\nc 4\n";
    assert_eq!(found("a b", &[1], words), "2", "the first of those that begin with it");
    assert_eq!(found("a", &[2], words), "2");
    assert_eq!(found("b", &[2], words), "1");
    assert_eq!(found("a 1", &[1], "x a 1 5\na 11 6\n"), "5", "no line begins with it");
    let text = find(&source("1", Take::Rest), &[], irq);
    assert_eq!(text, Ok(Found::Text("77   0  keyboard")));
    let text = find(&source("1", Take::Word(3)), &[], irq);
    assert_eq!(text, Ok(Found::Text("keyboard")));
}

#[test]
fn a_missing_value_or_a_word_for_a_number_is_an_error() {
    assert_eq!(number("ctxt", &[2], STAT), Err(NotFound::NoColumn { column: 2 }));
    let word = "n/a".to_owned();
    let error = number("", &[2], "1 n/a").unwrap_err();
    assert_eq!(error, NotFound::NotANumber { column: 2, word });
    assert_eq!(error.to_string(), "column 2 is \"n/a\", not a number; correct key or column");
    assert!(number("", &[1], "inf").is_err() && number("", &[1], "NaN").is_err());
}

#[test]
fn text_is_a_word_or_the_rest_of_the_line() {
    let text =
        |key, take| find(&source(key, take), &[], "\n a b  c \nmodel name\t: Xeon (R)  6:2\n");
    assert_eq!(text("", Take::Rest), Ok(Found::Text("a b  c")));
    assert_eq!(text("model name", Take::Rest), Ok(Found::Text("Xeon (R)  6:2")));
    assert_eq!(text("model name", Take::Word(2)), Ok(Found::Text("(R)")));
    assert_eq!(text("c", Take::Rest), Err(NotFound::NoColumn { column: 1 }));
}
