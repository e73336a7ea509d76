//! The file that is copied: opened once, and checked again at the end.
//!
//! Invariant: if [`Source::expect_unchanged`] finds nothing and [`Source::was_constant`] is true, the copy
//! is the source as it was at every moment of the copy. If that is false, both files are read again:
//! bytes that are equal in both readings are those of one moment between the readings.
//!
//! ```text
//!   a process that                                is noticed by
//!   writes                                        the length, the time of modification
//!   has the file open or mapped for writing       read leases and inotify: see `writers`
//!   publishes in a region                         the region's lock
//! ```
//!
//! A store to a page that is already mapped changes no time stamp: on tmpfs never, also if a load has mapped it; on a
//! disk not until the next write-back. If the kernel does not tell who could store (the file belongs to another
//! user, the file system has no leases, or maps another file), some process may be storing.
//!
//! Price: ten system calls; twice, for two microseconds, an open of the source for writing blocks.

use std::fs::{File, Metadata};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use layout::header::offset::HEADER_LEN;
use layout::header::{Header, MAGIC_BYTES};
use layout::text::counted;
use region::special_file;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::advice::Op;
use crate::error::Kind;
use crate::writers::NoWriter;

/// Two changes within one tick of the file clock, at most 10 ms before Linux 6.13, may get the same
/// time.
const TICK: Duration = Duration::from_millis(20);

/// An open source, and its metadata when it was opened.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) file: File,
    pub(crate) path: PathBuf,
    pub(crate) meta: Metadata,
    /// That no process could write to it when it was opened, if that is known.
    no_writer: Option<NoWriter>,
    is_region: bool,
}

impl Source {
    /// Opens the file at `path`; refuses anything but a regular file, and a region with a writer.
    pub(crate) fn open(path: &Path) -> Result<Self, Kind> {
        // NONBLOCK: opening a named pipe must not wait for its other end.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = match rustix::fs::open(path, flags, Mode::empty()) {
            Ok(descriptor) => File::from(descriptor),
            Err(Errno::NOENT) => return Err(Kind::NoSource(path.to_owned())),
            Err(Errno::NXIO) => {
                return Err(Kind::NotAFile { path: path.to_owned(), what: "a socket" });
            }
            Err(err) => return Err(Kind::io(path, Op::OpenSource)(err)),
        };
        // Before anything is read: --preserve keeps the time of the last access.
        let meta = file.metadata().map_err(Kind::io(path, Op::Stat))?;
        if let Some(what) = special_file(meta.file_type()) {
            return Err(Kind::NotAFile { path: path.to_owned(), what });
        }
        let is_region = is_region(&file);
        // A region's lock shows whether it has a writer, and a lease could block that writer.
        let can_be_known = !is_region && !is_fresh(&meta);
        let no_writer = can_be_known.then(|| NoWriter::since_now(&file)).flatten();
        let source = Self { file, path: path.to_owned(), meta, no_writer, is_region };
        source.expect_no_publisher()?;
        Ok(source)
    }

    /// Its length when it was opened, as the file system reports it; see [`Source::has_reliable_length`].
    pub(crate) fn len(&self) -> u64 {
        self.meta.len()
    }

    /// Whether the file ends at its reported length. In sysfs, procfs and some FUSE file systems
    /// the length is unreliable.
    pub(crate) fn has_reliable_length(&self) -> bool {
        self.len() > 0 && self.has_byte(self.len() - 1)
    }

    /// Whether there are bytes beyond its length.
    pub(crate) fn is_longer(&self) -> bool {
        self.has_byte(self.len())
    }

    fn has_byte(&self, at: u64) -> bool {
        // An error is not the end; the read of these bytes reports it.
        let is_beyond = at >= self.len();
        self.file.read_at(&mut [0], at).map_or(!is_beyond, |read| read > 0)
    }

    /// Whether no process could change it while it was copied. `false` if unknown.
    pub(crate) fn was_constant(&self) -> bool {
        let is_same = |now: Metadata| {
            (now.ctime(), now.ctime_nsec()) == (self.meta.ctime(), self.meta.ctime_nsec())
        };
        let had_none = self.no_writer.as_ref().is_some_and(|none| none.until_now(&self.file));
        had_none && self.file.metadata().is_ok_and(is_same)
    }

    /// Refuses a source that was written to meanwhile: the copy would be a mixture.
    pub(crate) fn expect_unchanged(&self) -> Result<(), Kind> {
        self.expect_no_publisher()?;
        let now = self.file.metadata().map_err(Kind::io(&self.path, Op::Stat))?;
        let what = if now.len() != self.len() {
            format!("went from {} to {}", self.len(), counted(now.len(), "byte"))
        } else if (now.mtime(), now.mtime_nsec()) != (self.meta.mtime(), self.meta.mtime_nsec()) {
            "was written to".to_owned()
        } else {
            return Ok(());
        };
        Err(Kind::SourceChanged { path: self.path.clone(), what })
    }

    /// Refuses a region that a writer holds: its records change without a trace in the file's times.
    fn expect_no_publisher(&self) -> Result<(), Kind> {
        if !self.is_region || !region::has_writer(&self.file).unwrap_or(false) {
            return Ok(());
        }
        let path = self.path.clone();
        // A snapshot, which is the advice for a plain region, holds one record.
        Err(if has_instances(&self.file) {
            Kind::LiveInstances(path)
        } else {
            Kind::LiveRegion(path)
        })
    }
}

/// Whether it was modified so recently that another change may leave the same time stamp.
fn is_fresh(meta: &Metadata) -> bool {
    let age = meta.modified().map(|modified| SystemTime::now().duration_since(modified));
    // A time in the future proves nothing.
    !matches!(age, Ok(Ok(age)) if age > TICK)
}

/// Whether it begins with a region's magic.
fn is_region(file: &File) -> bool {
    let mut magic = MAGIC_BYTES.map(|byte| !byte);
    file.read_exact_at(&mut magic, 0).is_ok() && magic == MAGIC_BYTES
}

/// Whether it begins with the header of a region of instances.
fn has_instances(file: &File) -> bool {
    let mut bytes = [0; HEADER_LEN];
    let header = file.read_exact_at(&mut bytes, 0).ok().and_then(|()| Header::decode(&bytes).ok());
    header.is_some_and(|header| header.instances.is_some())
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use layout::{Record as _, Stu};
    use region::{DynInstanceWriter, DynWriter, Options};
    use shared::Shared;

    use super::*;

    #[test]
    fn who_can_store_to_the_source_at_any_moment_of_the_copy_is_noticed() {
        // A memory file system: there stores leave the fewest traces.
        let dir = tempfile::tempdir_in("/dev/shm").unwrap();
        let path = dir.path().join("file");
        let open = || {
            let file = File::create(&path).unwrap();
            file.set_len(4096).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
            drop(file);
            Source::open(&path).unwrap()
        };
        let map = || Shared::<u64>::open(&path).unwrap();
        let is_trusted =
            |source: &Source| source.expect_unchanged().is_ok() && source.was_constant();
        let source = open();
        let _readers = (std::fs::read(&path).unwrap(), File::open(&path).unwrap());
        assert!(is_trusted(&source), "only readers");
        map().set(0, 1);
        assert!(!is_trusted(&source), "mapped and unmapped within the copy");
        let source = open();
        let words = map();
        words.set(0, words.get(0) + 1);
        drop(words);
        assert!(!is_trusted(&source), "mapped, loaded from and stored to within the copy");
        let source = open();
        let late = map();
        assert!(!is_trusted(&source), "mapped at the end");
        let source = Source::open(&path).unwrap();
        drop(late);
        assert!(!is_trusted(&source), "mapped at the beginning");
        // An attempt counts if this thread had the processor meanwhile.
        let at_once = || {
            let start = Instant::now();
            std::fs::write(&path, "now").unwrap();
            let source = Source::open(&path).unwrap();
            (start.elapsed() < TICK / 2).then(|| is_trusted(&source))
        };
        assert_eq!((0..1000).find_map(|_| at_once()), Some(false), "within one tick of a write");
    }

    #[test]
    fn a_region_that_gets_a_writer_during_the_copy_is_no_source_any_more() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stu.region");
        let writer = || DynWriter::open_with(&path, &Stu::schema(), &Options::new()).unwrap();
        drop(writer());
        let source = Source::open(&path).unwrap();
        source.expect_unchanged().unwrap();
        assert!(!source.was_constant(), "its lock says who publishes, not who stores");
        let _writer = writer();
        assert!(matches!(source.expect_unchanged(), Err(Kind::LiveRegion(_))));
        assert!(matches!(Source::open(&path), Err(Kind::LiveRegion(_))));
    }

    #[test]
    fn a_region_of_instances_that_a_writer_holds_has_no_snapshot_and_advises_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("class.region");
        let options = Options::new();
        let writer = DynInstanceWriter::open_with(&path, &Stu::schema(), &options, 4).unwrap();
        let message = Source::open(&path).unwrap_err().to_string();
        assert!(message.ends_with("; stop its producer, then copy it"), "{message}");
        drop(writer);
        assert!(Source::open(&path).is_ok(), "as it was advised");
    }

    #[test]
    fn a_length_is_a_claim_until_the_last_byte_was_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        for (text, ends) in [("12345", true), ("", false)] {
            std::fs::write(&path, text).unwrap();
            let source = Source::open(&path).unwrap();
            assert_eq!((source.has_reliable_length(), source.is_longer()), (ends, false));
        }
        let claims = Source::open("/proc/self/status".as_ref()).unwrap();
        assert!(!claims.has_reliable_length() && claims.is_longer());
    }
}
