//! A value in the contents of a file: the words of a line behind a key.
//!
//! Invariant: what is found borrows from the contents; finding a value by words allocates nothing.
//!
//! Price: the contents are searched for the key up to twice; while it is not there, it is also compared
//! with the first words of each line.

use layout::Digits;
use layout::text::{plain, quote};
use settings::{FileSource, Take, Words, is_separator, nearest, words};

/// Lines that a key which is not there is compared with.
const COMPARED: usize = 256;

/// What was found in a file, before scale and rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Found<'c> {
    /// The digits in one column. A float may not hold the number.
    Number(Digits<'c>),
    /// A hexadecimal number, or the sum of whole ones, exact.
    Whole(i128),
    /// The sum of numbers with a fraction.
    Real(f64),
    /// Text, or a label.
    Text(&'c str),
}

/// Finds the value of `source` in the contents of its file.
pub(super) fn find<'c>(source: &FileSource, contents: &'c str) -> Result<Found<'c>, NotFound> {
    let rest = match &source.key {
        None => contents,
        Some(key) => after_key(contents, key).ok_or_else(|| no_key(contents, key))?,
    };
    match &source.take {
        Take::Rest => {
            let line = rest.lines().map(trim).find(|line| !line.is_empty());
            line.map(Found::Text).ok_or(NotFound::NoColumn { column: 1 })
        }
        Take::Word(column) => word(rest, *column).map(Found::Text),
        Take::Sum(columns) => sum(source, rest, columns),
        Take::Line => {
            let line = rest.lines().map(trim).find(|line| !line.is_empty());
            let line = line.ok_or(NotFound::NoColumn { column: 1 })?;
            Ok(words(line)
                .next()
                .and_then(|word| digits(source, word))
                .unwrap_or(Found::Text(line)))
        }
        // Files that are counted are not read.
        Take::Count => Ok(Found::Whole(1)),
        Take::Part(pattern) => pattern.find(rest).map(Found::Text).ok_or(NotFound::NoMatch),
        Take::Match(pattern) => {
            let text = pattern.find(rest).ok_or(NotFound::NoMatch)?;
            match digits(source, text) {
                Some(number) => Ok(number),
                None if source.words == Words::Labels => Ok(Found::Text(text)),
                None => Err(NotFound::MatchNotANumber { text: text.to_owned() }),
            }
        }
    }
}

/// Words for a `bool` that is true, in either case, and for one that is false.
const YES: [&str; 5] = ["yes", "y", "true", "on", "up"];
const NO: [&str; 5] = ["no", "n", "false", "off", "down"];

/// `word` as a number in the notation of `source`.
fn digits<'c>(source: &FileSource, word: &'c str) -> Option<Found<'c>> {
    let marked = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X"));
    let number = match marked.or(source.hex.then_some(word)) {
        Some(digits) => hexadecimal(digits).map(Found::Whole),
        None => Digits::new(word).map(Found::Number),
    };
    number.or_else(|| if source.words == Words::YesOrNo { yes_or_no(word) } else { None })
}

fn hexadecimal(digits: &str) -> Option<i128> {
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    i128::from_str_radix(digits, 16).ok().filter(|_| is_hex)
}

fn yes_or_no(word: &str) -> Option<Found<'static>> {
    let is_one_of = |known: [&str; 5]| known.iter().any(|known| word.eq_ignore_ascii_case(known));
    match word {
        _ if is_one_of(YES) => Some(Found::Whole(1)),
        _ if is_one_of(NO) => Some(Found::Whole(0)),
        _ => None,
    }
}

fn trim(line: &str) -> &str {
    line.trim_start_matches(is_separator).trim_end()
}

fn word(text: &str, column: usize) -> Result<&str, NotFound> {
    words(text).nth(column.saturating_sub(1)).ok_or(NotFound::NoColumn { column })
}

/// The text after the words of `key`: in the first line that begins with them, because the words
/// may also occur inside another line; else in the first line that contains them.
fn after_key<'c>(contents: &'c str, key: &[String]) -> Option<&'c str> {
    let at_the_start = contents.lines().find_map(|line| strip(line, key));
    at_the_start.or_else(|| contents.lines().find_map(|line| behind(line, key)))
}

/// The rest of `line` after the consecutive words of `key`.
fn behind<'l>(line: &'l str, key: &[String]) -> Option<&'l str> {
    let mut tail = line;
    loop {
        tail = tail.trim_start_matches(is_separator);
        if tail.is_empty() {
            return None;
        }
        if let Some(rest) = strip(tail, key) {
            return Some(rest);
        }
        tail = tail.trim_start_matches(|c| !is_separator(c));
    }
}

/// `text` without the words of `key` at its start.
fn strip<'l>(text: &'l str, key: &[String]) -> Option<&'l str> {
    key.iter().try_fold(text, |text, word| {
        let rest = text.trim_start_matches(is_separator).strip_prefix(word.as_str())?;
        (rest.is_empty() || rest.starts_with(is_separator)).then_some(rest)
    })
}

/// The error that no line has `key`, with the first words of the line that was probably meant.
fn no_key(contents: &str, key: &[String]) -> NotFound {
    let first = |line| words(line).take(key.len()).collect::<Vec<_>>().join(" ");
    let lines: Vec<String> = contents.lines().take(COMPARED).map(first).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let key = key.join(" ");
    let near = nearest(&key, &lines).map(str::to_owned);
    NotFound::NoKey { key, near }
}

/// The columns added up: exactly if all are whole, else as floats.
fn sum<'c>(source: &FileSource, text: &'c str, columns: &[usize]) -> Result<Found<'c>, NotFound> {
    if let [column] = *columns {
        return match number(source, text, column) {
            Err(NotFound::NotANumber { .. }) if source.words == Words::Labels => {
                word(text, column).map(Found::Text)
            }
            number => number,
        };
    }
    let mut whole = Some(0_i128);
    let mut real = 0.0;
    for &column in columns {
        let number = number(source, text, column)?;
        whole = whole.zip(number.whole()).and_then(|(sum, number)| sum.checked_add(number));
        real += number.to_f64();
    }
    Ok(whole.map_or(Found::Real(real), Found::Whole))
}

fn number<'c>(source: &FileSource, text: &'c str, column: usize) -> Result<Found<'c>, NotFound> {
    let word = word(text, column)?;
    digits(source, word).ok_or_else(|| NotFound::NotANumber { column, word: word.to_owned() })
}

impl Found<'_> {
    /// The number, if it is whole.
    fn whole(&self) -> Option<i128> {
        match self {
            Self::Number(digits) => digits.whole(),
            Self::Whole(number) => Some(*number),
            Self::Real(_) | Self::Text(_) => None,
        }
    }

    /// The nearest `f64` of a number.
    #[expect(clippy::cast_precision_loss, reason = "the nearest float is wanted")]
    fn to_f64(self) -> f64 {
        match self {
            Self::Number(digits) => digits.to_f64(),
            Self::Whole(number) => number as f64,
            Self::Real(number) => number,
            Self::Text(_) => f64::NAN,
        }
    }
}

/// Why there is no value in a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotFound {
    /// No line has the key.
    #[error("no line has the words {}; {}", quote(key), advice(near.as_deref()))]
    NoKey {
        /// The words, with spaces between.
        key: String,
        /// Those that a line begins with and that resemble them.
        near: Option<String>,
    },
    /// The line has fewer words.
    #[error("there is no column {column}; correct key or column")]
    NoColumn {
        /// The column, counted from 1.
        column: usize,
    },
    /// The word is not a number.
    #[error("column {column} is {}, not a number; correct key or column", quote(word))]
    NotANumber {
        /// The column, counted from 1.
        column: usize,
        /// The word in that column.
        word: String,
    },
    /// The regular expression matches nothing.
    #[error("nothing matches the regular expression; correct regex or key")]
    NoMatch,
    /// What it matches is no number.
    #[error("the regular expression finds {}, not a number; correct regex", quote(text))]
    MatchNotANumber {
        /// What is there.
        text: String,
    },
}

fn advice(near: Option<&str>) -> String {
    near.map_or_else(
        || "correct key".to_owned(),
        |near| format!("correct key, perhaps to {}", plain(near)),
    )
}

#[cfg(test)]
mod tests {
    use settings::{FileSource, Take, Words, words};

    use super::{Found, NotFound, find};

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
        find(&source(key, Take::Sum(columns.to_vec())), contents).map(|found| match found {
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
            assert!(
                matches!(&error, NotFound::NoKey { key: found, .. } if found == key),
                "{error}"
            );
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
        let text = find(&source("1", Take::Rest), irq);
        assert_eq!(text, Ok(Found::Text("77   0  keyboard")));
        let text = find(&source("1", Take::Word(3)), irq);
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
            |key, take| find(&source(key, take), "\n a b  c \nmodel name\t: Xeon (R)  6:2\n");
        assert_eq!(text("", Take::Rest), Ok(Found::Text("a b  c")));
        assert_eq!(text("model name", Take::Rest), Ok(Found::Text("Xeon (R)  6:2")));
        assert_eq!(text("model name", Take::Word(2)), Ok(Found::Text("(R)")));
        assert_eq!(text("c", Take::Rest), Err(NotFound::NoColumn { column: 1 }));
    }
}
