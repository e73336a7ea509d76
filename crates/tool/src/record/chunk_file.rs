//! A file that is whole at every moment: each write to it is a chunk and an ending, and the next chunk takes
//! the place of the ending.
//!
//! Invariant: the first `end` bytes of the file are whole chunks. A chunk that could not be written is cut off
//! again, so a full disk takes nothing of what was there. A process that is killed loses what it had
//! not committed; one that is killed inside a write leaves a part of that chunk behind the others.
//!
//! ```text
//!   | chunk | chunk | ending |        commit          | chunk | chunk | chunk | ending |
//!                   ^ end             ------>                                 ^ end
//! ```
//!
//! Price: a chunk is copied once more before it is written; one system call for each.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use super::RecordError;

/// A file to which whole chunks are appended.
#[derive(Debug)]
pub(crate) struct ChunkFile {
    file: File,
    path: PathBuf,
    /// What was written since the last commit.
    chunk: Vec<u8>,
    /// Where the next chunk goes.
    end: u64,
    /// What follows the last chunk until there is another one.
    ending: &'static [u8],
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
        Ok(Self { file, path: path.to_owned(), chunk: Vec::new(), end: 0, ending })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the file.
    pub(crate) fn remove(self) {
        // The error that led here is the one to report.
        let _ = fs::remove_file(&self.path);
    }

    /// Bytes of whole chunks.
    pub(crate) fn len(&self) -> u64 {
        self.end
    }

    /// Bytes that the file takes, with its ending.
    pub(crate) fn size(&self) -> u64 {
        self.file.metadata().map_or(self.end, |metadata| metadata.len())
    }

    /// Writes the last chunk, with nothing behind it.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        let file_ends_itself = std::mem::take(&mut self.ending);
        let put = self.put().and_then(|()| self.file.set_len(self.end));
        if put.is_err() {
            self.ending = file_ends_itself;
            self.cut();
        }
        put
    }

    fn put(&mut self) -> io::Result<()> {
        let len = self.chunk.len() as u64;
        self.chunk.extend_from_slice(self.ending);
        let put = self.file.write_all_at(&self.chunk, self.end);
        self.chunk.clear();
        put?;
        self.end += len;
        Ok(())
    }

    /// Takes a part of a chunk off the file again.
    fn cut(&self) {
        // The error that led here is the one to report.
        let _ = self.file.set_len(self.end);
        let _ = self.file.write_all_at(self.ending, self.end);
    }
}

impl Write for ChunkFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.chunk.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    /// Commits the chunk to the file.
    fn flush(&mut self) -> io::Result<()> {
        let put = self.put();
        if put.is_err() {
            self.cut();
        }
        put
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;

    use super::ChunkFile;

    #[test]
    fn a_commit_takes_the_place_of_the_ending_and_finish_leaves_none() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("x");
        let content = || fs::read_to_string(&path).expect("text");
        let mut file = ChunkFile::create(&path, b"<end>").expect("created");
        for (chunk, want) in
            [("one,", "one,<end>"), ("two,", "one,two,<end>"), ("", "one,two,<end>")]
        {
            file.write_all(chunk.as_bytes()).expect("memory");
            file.flush().expect("written");
            assert_eq!(content(), want);
        }
        file.write_all(b"x").expect("memory");
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
}
