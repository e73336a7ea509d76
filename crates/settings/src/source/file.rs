//! `file`: a number or a text out of a file such as those in `/proc` and `/sys`.
//!
//! A file is text in lines, a line is words. Words are what white space, `:` and `=` leave apart, so
//! one rule reads all of these:
//!
//! ```text
//!   /proc/loadavg             0.12 0.08 0.05 1/234 5678      columns 1 to 5
//!   /proc/meminfo             MemAvailable:  24469780 kB     key = "MemAvailable"
//!   /proc/stat                cpu  4892 0 2952 218076        key = "cpu", column = 1 ...
//!   /proc/pressure/cpu        some avg10=0.17 avg60=0.05     key = "some avg10"
//!   /proc/diskstats           8  0 sda 1523 12 30211         key = "sda"
//!   /proc/interrupts          1:  77   0  IO-APIC  i8042     key = "1"
//!   /sys/.../BAT0/uevent      POWER_SUPPLY_CAPACITY=92       key = "POWER_SUPPLY_CAPACITY"
//! ```
//!
//! Invariant: a source for text has no scale, no rate and takes the rest or one column; one for
//! numbers takes at least one column.

use std::path::PathBuf;

use super::Constant;

/// A number or a text out of a file.
///
/// What a producer does with it, each time: read the first of `paths` that can be read; find the
/// value; for a number, take the difference to the last time by the
/// seconds between if `rate`, multiply by `scale`, round for an integer field. While there is no
/// value (no file, no such line, no number there, one that the field cannot hold, no earlier reading
/// for a rate, a number that went backward for a rate), the field holds `default` if there is one,
/// else the last value it had.
#[derive(Clone, Debug, PartialEq)]
pub struct FileSource {
    /// The file, and others to try in this order where it cannot be read. Never empty.
    pub paths: Vec<PathBuf>,
    /// The words right before the value: in the first line that begins with them, else
    /// in the first that has them one after another. `None` begins at the start of the file.
    pub key: Option<Vec<String>>,
    /// Which of the words that follow.
    pub take: Take,
    /// What a number is multiplied by; 1 for text and `bool`. Finite, not zero.
    pub scale: f64,
    /// Whether the value is how fast the number grows, per second.
    pub rate: bool,
    /// What the field holds while there is no value.
    pub default: Option<Constant>,
}

/// Which words behind the key, or from the start of the file, make the value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Take {
    /// Text: all of the line behind the key; without a key, the first line that is not empty.
    Rest,
    /// Text: the word in this column, counted from 1.
    Word(usize),
    /// A number: the sum of these columns, counted from 1. Never empty.
    Sum(Vec<usize>),
}

/// Whether `c` stands between the words of a line.
pub fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, ':' | '=')
}

/// The words of `text`.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_separator).filter(|word| !word.is_empty())
}
