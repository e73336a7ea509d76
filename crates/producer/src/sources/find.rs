//! A value in the contents of a file: the words of a line behind a key.
//!
//! Invariant: what is found borrows from the contents; finding a value by words allocates nothing.
//!
//! Price: the contents are searched for the key up to twice; while it is not there, it is also compared
//! with the first words of each line.

use layout::text::{plain, quote};
use layout::{Digits, Label};
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

/// Finds the value of `source` in the contents of its file, for a field with these labels.
pub(super) fn find<'c>(
    source: &FileSource,
    labels: &[Label],
    contents: &'c str,
) -> Result<Found<'c>, NotFound> {
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
        Take::Sum(columns) => match *columns.as_slice() {
            [column] => {
                let text = word(rest, column)?;
                let found = whole(source, labels, text);
                found.ok_or_else(|| NotFound::NotANumber { column, word: text.to_owned() })
            }
            _ => sum(source, rest, columns),
        },
        Take::Line => {
            let line = rest.lines().map(trim).find(|line| !line.is_empty());
            let line = line.ok_or(NotFound::NoColumn { column: 1 })?;
            let first = || words(line).next().and_then(|word| digits(source, word));
            Ok(label(labels, line).or_else(first).unwrap_or(Found::Text(line)))
        }
        // Files that are counted are not read.
        Take::Count => Ok(Found::Whole(1)),
        Take::Part(pattern) => pattern.find(rest).map(Found::Text).ok_or(NotFound::NoMatch),
        Take::Match(pattern) => {
            let text = pattern.find(rest).ok_or(NotFound::NoMatch)?;
            let found = whole(source, labels, text);
            found.ok_or_else(|| NotFound::MatchNotANumber { text: text.to_owned() })
        }
    }
}

/// All of `text` as a value. What is no number in a field with labels is refused as a label that there is not.
fn whole<'c>(source: &FileSource, labels: &[Label], text: &'c str) -> Option<Found<'c>> {
    let other = || (source.words == Words::Labels).then_some(Found::Text(text));
    label(labels, text).or_else(|| digits(source, text)).or_else(other)
}

/// `text` if it is a label, whatever it begins with.
fn label<'c>(labels: &[Label], text: &'c str) -> Option<Found<'c>> {
    labels.iter().any(|label| label.text == text).then_some(Found::Text(text))
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
