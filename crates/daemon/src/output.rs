//! Writes a text to standard output, whose reader may close it.
//!
//! `producer --check | head -1` closes the pipe after one line. The write then fails with EPIPE,
//! which is a normal end. Every other failure (a full disk behind `> file`) is an error.

use std::io::{self, ErrorKind, Write};

/// Writes `text` to standard output.
///
/// # Errors
/// As [`Write::write_all`], except for EPIPE.
pub fn print(text: &str) -> io::Result<()> {
    write(io::stdout().lock(), text)
}

fn write(mut out: impl Write, text: &str) -> io::Result<()> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io;

    use rustix::pipe::{PipeFlags, pipe_with};

    use super::write;

    #[test]
    fn a_closed_pipe_is_a_normal_end() {
        let (reader, writer) = pipe_with(PipeFlags::CLOEXEC).expect("pipe");
        let writer = File::from(writer);
        write(&writer, "one\n").expect("read end is open");
        drop(reader);
        write(&writer, "two\n").expect("EPIPE is no error");
    }

    #[test]
    fn a_full_disk_is_an_error() {
        let full = File::options().write(true).open("/dev/full").expect("/dev/full");
        let error = write(full, "x").expect_err("ENOSPC");
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn a_text_arrives_as_written() {
        let mut out = Vec::new();
        write(&mut out, "a\tb\n").expect("vec");
        assert_eq!(out, b"a\tb\n");
    }
}
