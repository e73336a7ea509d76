//! Which file is written: the one that was named, or a series of numbered ones.
//!
//! ```text
//!   flight.mcap                        without limits
//!   flight-0001.mcap, flight-0002.mcap, ...        with --rotate-size or --rotate-time
//! ```
//!
//! Invariant: a series continues behind the greatest number that is there, so that a recorder that is started
//! again overwrites nothing. A number that is taken meanwhile is left out.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::RecordError;

/// When to begin another file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) size: Option<u64>,
    pub(crate) time: Option<Duration>,
}

/// The files of a recording, in order.
#[derive(Debug)]
pub(crate) struct Rotation {
    file: PathBuf,
    limits: Limits,
    /// The number of the present file.
    number: u64,
    since: Instant,
}

impl Rotation {
    pub(crate) fn new(file: &Path, limits: Limits) -> Result<Self, RecordError> {
        let number = if limits == Limits::default() { 0 } else { greatest(file)? };
        Ok(Self { file: file.to_owned(), limits, number, since: Instant::now() })
    }

    /// The path of the next file.
    pub(crate) fn next(&mut self) -> PathBuf {
        self.restart();
        if !self.is_series() {
            return self.file.clone();
        }
        self.number += 1;
        let (stem, extension) = parts(&self.file);
        self.file.with_file_name(format!("{stem}-{:04}{extension}", self.number))
    }

    /// Whether there can be another file.
    pub(crate) fn is_series(&self) -> bool {
        self.limits != Limits::default()
    }

    /// The time of the present file begins now.
    pub(crate) fn restart(&mut self) {
        self.since = Instant::now();
    }

    /// Whether a file that has `len` bytes now is to be the last one.
    pub(crate) fn is_due(&self, len: impl FnOnce() -> u64) -> bool {
        self.limits.size.is_some_and(|size| len() >= size)
            || self.limits.time.is_some_and(|time| self.since.elapsed() >= time)
    }
}

/// `("flight", ".mcap")`.
fn parts(file: &Path) -> (String, String) {
    let text =
        |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    let extension = file.extension().map(|extension| format!(".{}", extension.to_string_lossy()));
    (text(file.file_stem()), extension.unwrap_or_default())
}

/// The greatest number of a file of the series; 0 if there is none. One of more than eighteen digits is none of it.
fn greatest(file: &Path) -> Result<u64, RecordError> {
    let (stem, extension) = parts(file);
    let directory = match file.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let number = |entry: io::Result<fs::DirEntry>| {
        let name = entry.ok()?.file_name().into_string().ok()?;
        let digits = name.strip_prefix(&stem)?.strip_prefix('-')?.strip_suffix(&extension)?;
        let is_number = digits.len() <= 18 && digits.bytes().all(|digit| digit.is_ascii_digit());
        is_number.then(|| digits.parse().ok())?
    };
    let entries = fs::read_dir(directory);
    let entries = entries.map_err(|source| RecordError::file("list", directory, source))?;
    Ok(entries.filter_map(number).max().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use super::{Limits, Rotation};

    #[test]
    fn a_series_continues_behind_the_greatest_number_that_is_there() {
        let dir = tempfile::tempdir().expect("a directory");
        for name in [
            "f-0003.mcap",
            "f-0012.mcap",
            "f-9.csv",
            "f-x.mcap",
            "g-0099.mcap",
            "f-+15.mcap",
            "f-18446744073709551615.mcap",
        ] {
            fs::write(dir.path().join(name), "").expect("a file");
        }
        let limits = Limits { size: Some(10), time: None };
        let mut rotation = Rotation::new(&dir.path().join("f.mcap"), limits).expect("listed");
        assert_eq!(rotation.next(), dir.path().join("f-0013.mcap"));
        assert_eq!(rotation.next(), dir.path().join("f-0014.mcap"));
        assert!(rotation.is_due(|| 10) && !rotation.is_due(|| 9));
    }

    #[test]
    fn without_limits_there_is_one_file_and_with_a_time_it_is_due_after_that() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("f");
        let mut alone = Rotation::new(&file, Limits::default()).expect("nothing to list");
        assert_eq!(alone.next(), file);
        assert!(!alone.is_due(|| u64::MAX));
        let limits = Limits { size: None, time: Some(Duration::ZERO) };
        let mut timed = Rotation::new(&file, limits).expect("listed");
        assert_eq!(timed.next(), dir.path().join("f-0001"));
        assert!(timed.is_due(|| 0));
    }
}
