//! A file that is whole at every moment: each write to it is a chunk and an ending, and the next chunk takes
//! the place of the ending.
//!
//! Invariant: the first `end` bytes of the file are whole chunks. A chunk that could not be written is cut off
//! again, so a full disk takes nothing of what was there. A process that is killed loses what it had
//! not committed; one that is killed inside a write leaves a part of that chunk behind the others. A file
//! that another program has deleted or truncated is an error at the next commit: see [`Gone`].
//!
//! ```text
//!   | chunk | chunk | ending |        commit          | chunk | chunk | chunk | ending |
//!                   ^ end             ------>                                 ^ end
//! ```
//!
//! Price: two system calls for each chunk, and its bytes in memory.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use daemon::counted;

use super::RecordError;

/// What another program has done to the file.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Gone {
    #[error("it was deleted while it was written")]
    Deleted,
    #[error("it was truncated to {} while it was written", counted(*.0, "byte"))]
    Truncated(u64),
}

impl Gone {
    /// Whether `error` is one of these.
    pub(crate) fn is(error: &io::Error) -> bool {
        error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<Self>)
    }
}

/// A file to which whole chunks are appended.
#[derive(Debug)]
pub(crate) struct ChunkFile {
    file: File,
    path: PathBuf,
    /// What was written since the last commit.
    pub(crate) chunk: Vec<u8>,
    /// Where the next chunk goes.
    end: u64,
    /// What follows the last chunk until there is another one.
    ending: &'static [u8],
    /// Bytes that the file has, unless another program has changed that.
    size: u64,
}

impl ChunkFile {
    /// Creates the file, which must not be there.
    pub(crate) fn create(path: &Path, ending: &'static [u8]) -> Result<Self, RecordError> {
        let file = OpenOptions::new().write(true).create_new(true).open(path);
        let file = file.map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists if path.is_dir() => {
                RecordError::file("create", path, io::ErrorKind::IsADirectory.into())
            }
            io::ErrorKind::AlreadyExists => RecordError::Exists(path.to_owned()),
            _ => RecordError::file("create", path, source),
        })?;
        Ok(Self { file, path: path.to_owned(), chunk: Vec::new(), end: 0, ending, size: 0 })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the file, unless another one has its name. Returns its path.
    pub(crate) fn remove(self) -> PathBuf {
        let of = |metadata: &Metadata| (metadata.dev(), metadata.ino());
        let [ours, there] = [self.file.metadata(), fs::symlink_metadata(&self.path)];
        if ours.is_ok_and(|ours| there.is_ok_and(|there| of(&ours) == of(&there))) {
            // The error that led here is the one to report.
            let _ = fs::remove_file(&self.path);
        }
        self.path
    }

    /// Bytes of whole chunks, in the file.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    /// Bytes that the file takes, with its ending; none if it was deleted.
    pub(crate) fn size(&self) -> u64 {
        let there = |metadata: Metadata| if metadata.nlink() == 0 { 0 } else { metadata.len() };
        self.file.metadata().map_or(self.end, there)
    }

    /// Commits the chunk to the file.
    pub(crate) fn commit(&mut self) -> io::Result<()> {
        self.check()?;
        self.put().inspect_err(|_| self.cut())
    }

    /// Writes the last chunk, with nothing behind it.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        self.check()?;
        let ending = std::mem::take(&mut self.ending);
        self.put().and_then(|()| self.file.set_len(self.end)).inspect_err(|_| {
            self.ending = ending;
            self.cut();
        })
    }

    /// An error if what was written is no longer in the file.
    fn check(&self) -> io::Result<()> {
        let metadata = self.file.metadata()?;
        let gone = match metadata.len() {
            _ if metadata.nlink() == 0 => Gone::Deleted,
            len if len < self.size => Gone::Truncated(len),
            _ => return Ok(()),
        };
        Err(io::Error::other(gone))
    }

    fn put(&mut self) -> io::Result<()> {
        let len = self.chunk.len() as u64;
        self.chunk.extend_from_slice(self.ending);
        let put = self.file.write_all_at(&self.chunk, self.end);
        self.chunk.clear();
        put?;
        self.end += len;
        self.size = self.end + self.ending.len() as u64;
        Ok(())
    }

    /// Takes a part of a chunk off the file again.
    fn cut(&self) {
        // The error that led here is the one to report.
        let _ = self.file.set_len(self.end);
        let _ = self.file.write_all_at(self.ending, self.end);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{ChunkFile, Gone};

    #[test]
    fn a_commit_takes_the_place_of_the_ending_and_finish_leaves_none() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("x");
        let content = || fs::read_to_string(&path).expect("text");
        let mut file = ChunkFile::create(&path, b"<end>").expect("created");
        for (chunk, want) in
            [("one,", "one,<end>"), ("two,", "one,two,<end>"), ("", "one,two,<end>")]
        {
            file.chunk.extend(chunk.as_bytes());
            file.commit().expect("written");
            assert_eq!(content(), want);
        }
        file.chunk.push(b'x');
        assert_eq!(content(), "one,two,<end>", "not committed");
        file.finish().expect("written");
        assert_eq!((file.size(), &*content()), (9, "one,two,x"));
    }

    #[test]
    fn a_file_that_is_there_is_not_touched() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("x");
        fs::write(&path, "mine").expect("a file");
        let error = ChunkFile::create(&path, b"").expect_err("it is there").to_string();
        assert!(error.ends_with("there already; give another name, or remove it"), "{error}");
        assert_eq!(fs::read_to_string(&path).expect("text"), "mine");
        let error = ChunkFile::create(dir.path(), b"").expect_err("a directory").to_string();
        assert!(error.ends_with("cannot create: is a directory; give a file"), "{error}");
    }

    #[test]
    fn a_file_that_was_deleted_or_truncated_is_an_error_and_is_not_written() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("x");
        let begun = || {
            let mut file = ChunkFile::create(&path, b"<end>").expect("created");
            file.chunk.extend(b"one,");
            file.commit().expect("written");
            file.chunk.extend(b"two,");
            file
        };
        let mut file = begun();
        fs::OpenOptions::new().write(true).open(&path).expect("it").set_len(8).expect("cut");
        for error in [file.commit(), file.finish()] {
            let error = error.expect_err("truncated");
            assert!(Gone::is(&error), "{error}");
            assert_eq!(error.to_string(), "it was truncated to 8 bytes while it was written");
        }
        assert_eq!(fs::read_to_string(&path).expect("text"), "one,<end");
        fs::remove_file(&path).expect("removed");
        assert!(Gone::is(&file.commit().expect_err("deleted")) && file.size() == 0);
        let mut file = begun();
        fs::rename(&path, dir.path().join("y")).expect("renamed");
        file.finish().expect("written under its other name");
    }

    #[test]
    fn another_file_of_the_name_is_not_removed() {
        let dir = tempfile::tempdir().expect("a directory");
        let [path, other] = ["x", "y"].map(|name| dir.path().join(name));
        let file = ChunkFile::create(&path, b"").expect("created");
        fs::write(&other, "mine").expect("a file");
        fs::rename(&other, &path).expect("renamed");
        file.remove();
        assert_eq!(fs::read_to_string(&path).expect("text"), "mine");
        ChunkFile::create(&other, b"").expect("created").remove();
        assert!(!other.exists());
    }
}
