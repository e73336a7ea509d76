//! Writes a text to standard output, whose reader may close it.
//!
//! `producer --check | head -1` closes the pipe after one line. The write then fails with EPIPE,
//! which is a normal end. Every other failure (a full disk behind `> file`, a closed descriptor) is an
//! error.

use std::io::{self, ErrorKind, Write};

use rustix::io::Errno;

use crate::closed_streams;

/// Standard output cannot be written to.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to stdout: {}; {}", fact(.0), next_step(.0))]
pub struct OutputError(pub io::Error);

fn fact(error: &io::Error) -> String {
    if is_closed(error) { "it is closed".to_owned() } else { error.to_string() }
}

fn next_step(error: &io::Error) -> &'static str {
    match error.kind() {
        _ if is_closed(error) => "redirect it, to /dev/null if the output is not needed",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "free space there, or redirect it to another file"
        }
        _ => "redirect it to another file",
    }
}

fn is_closed(error: &io::Error) -> bool {
    Errno::from_io_error(error) == Some(Errno::BADF)
}

/// Checks that standard output was open when this process started. If it was not, writes to it
/// succeed nevertheless, but lead nowhere.
pub fn expect_stdout() -> Result<(), OutputError> {
    if closed_streams::stdout_was_closed() { Err(OutputError(Errno::BADF.into())) } else { Ok(()) }
}

/// Writes `text` to standard output.
///
/// # Errors
/// As [`Write::write_all`], except for EPIPE; a closed standard output.
pub fn print(text: &str) -> Result<(), OutputError> {
    written(|| io::stdout().lock().write_all(text.as_bytes()))
}

/// As [`print()`], by `write`.
pub(crate) fn written(write: impl FnOnce() -> io::Result<()>) -> Result<(), OutputError> {
    expect_stdout()?;
    unless_closed(write().and_then(|()| io::stdout().flush()))
}

/// EPIPE is no error: the reader has closed the pipe.
fn unless_closed(written: io::Result<()>) -> Result<(), OutputError> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(OutputError),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{self, Write as _};

    use rustix::pipe::{PipeFlags, pipe_with};

    use super::{OutputError, unless_closed};

    fn write(mut out: impl io::Write, text: &str) -> Result<(), OutputError> {
        unless_closed(out.write_all(text.as_bytes()))
    }

    #[test]
    fn a_closed_pipe_is_a_normal_end() {
        let (reader, writer) = pipe_with(PipeFlags::CLOEXEC).expect("pipe");
        let writer = File::from(writer);
        write(&writer, "one\n").expect("read end is open");
        drop(reader);
        write(&writer, "two\n").expect("EPIPE is no error");
        (&writer).write_all(b"three\n").expect_err("which the system returned");
    }

    #[test]
    fn a_full_disk_is_an_error_with_its_next_step() {
        let full = File::options().write(true).open("/dev/full").expect("/dev/full");
        let error = write(full, "x").expect_err("ENOSPC");
        assert_eq!(error.0.kind(), io::ErrorKind::StorageFull);
        assert!(error.to_string().ends_with("; free space there, or redirect it to another file"));
    }
}
