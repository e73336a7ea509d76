//! The files that sources read: each opened once and read once for all records of one moment.
//!
//! Invariant: [`Files::read`] returns contents read after the last [`Files::begin`] of another moment, from
//! the file that had the name then. A descriptor is kept from record to record (`pread` at 0 makes a file in
//! /proc or /sys anew) while `stat` of the path finds the file that was opened, and closed when a
//! read fails; of more than [`KEPT_OPEN`] files none is kept. A pattern is the first file that it matches and that can be read, until that cannot be
//! read any more.
//!
//! Price: `stat` and two `pread` per file and record, 1 to 3 us in /proc (to open and close a file
//! instead of `stat` costs 0.4 us more; 2-core Linux 6.18 VM, November 2026); a search of the folders
//! while a pattern matches nothing; the buffer keeps the
//! largest size the file has had.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::str;
use std::time::Duration;

use region::FileId;
use rustix::fs::OFlags;
use rustix::io::Errno;

use settings::is_pattern;

use super::clock::Moment;
use super::sample_error::SampleError;
use crate::text::without_bom;

/// Longest file that is read, in bytes. The longest in /proc have some 100 KiB.
const MOST: usize = 1 << 20;
/// Initial size of the buffer.
const FIRST: usize = 4 << 10;

/// Most files whose descriptors are kept: many instances have many files, and a process few descriptors.
const KEPT_OPEN: usize = 256;

/// The number of a file among [`Files`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileIndex(usize);

/// All files of the sources of a record, or of all its instances, each path once.
#[derive(Debug, Default)]
pub(super) struct Files {
    entries: Vec<OpenFile>,
    numbers: HashMap<PathBuf, usize>,
    /// Numbers of files that no source reads any more.
    free: Vec<usize>,
    /// The moment of the record in hand, on the monotonic clock.
    moment: Option<Duration>,
}

/// A file that was read.
#[derive(Debug)]
pub(super) struct Read<'f> {
    pub(super) id: FileIndex,
    /// How many files a pattern has been until now: with another one, an earlier reading says nothing.
    pub(super) matches: u32,
    pub(super) path: &'f Path,
    pub(super) contents: &'f str,
    /// When, on the monotonic clock.
    pub(super) at: Duration,
}

/// A path and the file that had this name at the last read.
#[derive(Debug, Default)]
struct OpenFile {
    /// How many sources read it.
    users: usize,
    /// The path or pattern of the configuration.
    name: PathBuf,
    /// The path, or what the pattern matched last.
    path: PathBuf,
    matches: u32,
    open: Option<(File, FileId)>,
    buffer: Vec<u8>,
    /// The result of this record's read: its time, or the error.
    read: Option<io::Result<Duration>>,
}

impl Files {
    /// The number of `path`, which is added if it is new. Does not open the file.
    pub(super) fn add(&mut self, path: &Path) -> FileIndex {
        let known = self.numbers.get(path).copied();
        let number = known.unwrap_or_else(|| {
            let number = self.free.pop().unwrap_or_else(|| {
                self.entries.push(OpenFile::default());
                self.entries.len() - 1
            });
            let (name, path) = (path.to_owned(), path.to_owned());
            self.numbers.insert(name.clone(), number);
            self.entries[number] = OpenFile { name, path, ..OpenFile::default() };
            number
        });
        self.entries[number].users += 1;
        FileIndex(number)
    }

    /// A source that [`add`](Self::add)ed a file does not read it any more.
    pub(super) fn release(&mut self, id: FileIndex) {
        let file = &mut self.entries[id.0];
        file.users -= 1;
        if file.users == 0 {
            self.numbers.remove(&file.name);
            *file = OpenFile::default();
            self.free.push(id.0);
        }
    }

    /// How many files there are.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Begins a record of this moment: if it is another one than that of the record before, every file
    /// is read again when a source needs it.
    pub(super) fn begin(&mut self, moment: Duration) {
        if self.moment.replace(moment) != Some(moment) {
            self.entries.iter_mut().for_each(|file| file.read = None);
        }
    }

    /// What file `id` holds, which is read if no field of this record has read it.
    pub(super) fn read(&mut self, id: FileIndex) -> Result<Read<'_>, SampleError> {
        let is_kept = self.numbers.len() <= KEPT_OPEN;
        let file = &mut self.entries[id.0];
        let refreshed = file.refresh().as_ref().copied().map_err(io::Error::raw_os_error);
        if !is_kept {
            file.open = None;
        }
        let at = match refreshed {
            Ok(at) => at,
            Err(error) => {
                // `io::Error` is no `Clone`; the system's number says the same.
                return Err(match error.map(io::Error::from_raw_os_error) {
                    Some(error) => SampleError::Unreadable(file.path.clone(), error),
                    None => SampleError::NoMatch(file.name.clone()),
                });
            }
        };
        if file.buffer.len() > MOST {
            return Err(SampleError::NotText(
                file.path.clone(),
                "is longer than 1 MiB; give another file",
            ));
        }
        match str::from_utf8(without_bom(&file.buffer)) {
            Ok(contents) => Ok(Read { id, matches: file.matches, path: &file.path, contents, at }),
            Err(_) => Err(SampleError::NotText(
                file.path.clone(),
                "is not UTF-8 text; save it as UTF-8, or give another file",
            )),
        }
    }
}

impl OpenFile {
    fn refresh(&mut self) -> &io::Result<Duration> {
        if self.read.is_none() {
            let read = if is_pattern(&self.name) { self.load_match() } else { self.load() };
            let read = read.map(|()| Moment::now().monotonic);
            if read.is_err() {
                self.open = None;
            }
            self.read = Some(read);
        }
        self.read.as_ref().expect("set above")
    }

    /// Reads the file that was matched last, or else the first one that can be read. An error without a
    /// number of the system: there is none.
    fn load_match(&mut self) -> io::Result<()> {
        if self.matches > 0 && self.load().is_ok() {
            return Ok(());
        }
        let mut result = Err(io::ErrorKind::NotFound.into());
        for path in matches(&self.name) {
            (self.path, self.open) = (path, None);
            self.matches = self.matches.wrapping_add(1);
            result = self.load();
            if result.is_ok() {
                break;
            }
        }
        result
    }

    /// Reads all of the file, up to one byte more than is allowed.
    fn load(&mut self) -> io::Result<()> {
        let file = current(&mut self.open, &self.path)?;
        let room = self.buffer.capacity().clamp(FIRST, MOST + 1);
        self.buffer.resize(room, 0);
        let mut length = 0;
        while length <= MOST {
            if length == self.buffer.len() {
                self.buffer.resize((2 * length).min(MOST + 1), 0);
            }
            match file.read_at(&mut self.buffer[length..], length as u64) {
                Ok(0) => break,
                Ok(read) => length += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.buffer.truncate(length);
        Ok(())
    }
}

/// The files that `pattern` matches, sorted; a folder that cannot be read has none.
pub(crate) fn matches(pattern: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    try_matches(pattern).filter_map(Result::ok)
}

/// The same, with an error for each folder that the machine cannot read at the moment.
pub(crate) fn try_matches(pattern: &Path) -> impl Iterator<Item = io::Result<PathBuf>> + use<> {
    let pattern = pattern.to_str().and_then(|pattern| glob::glob(pattern).ok());
    pattern.into_iter().flatten().filter_map(|found| match found {
        Ok(path) => Some(Ok(path)),
        Err(error) => is_transient(error.error()).then(|| {
            let path = error.path().display();
            Err(io::Error::other(format!("{path}: {}", error.error())))
        }),
    })
}

/// Whether the machine is out of descriptors or memory, or a disk fails.
fn is_transient(error: &io::Error) -> bool {
    let errno = Errno::from_io_error(error);
    matches!(errno, Some(Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::IO))
}

/// The file that has the name `path` now: the open one if that is still it, else a new one.
fn current<'f>(kept: &'f mut Option<(File, FileId)>, path: &Path) -> io::Result<&'f File> {
    let meta = fs::metadata(path)?;
    if meta.file_type().is_fifo() {
        // Not opened: reading a pipe would take data meant for another reader.
        return Err(Errno::SPIPE.into());
    }
    let named = FileId::of_metadata(&meta);
    if kept.as_ref().is_none_or(|(_, opened)| *opened != named) {
        let file = open(path)?;
        let opened = FileId::of(&file)?;
        *kept = Some((file, opened));
    }
    let (file, _) = kept.as_ref().expect("it was set above");
    Ok(file)
}

/// Does not block even if a named pipe has taken the name meanwhile; `pread` of a pipe fails.
fn open(path: &Path) -> io::Result<File> {
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits();
    OpenOptions::new().read(true).custom_flags(flags.cast_signed()).open(path)
}
