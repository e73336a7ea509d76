//! Standard output of a tool: buffered, and a reader that went away is a normal end.
//!
//! `consumer | head -1` closes the pipe after one line, and the next write fails with EPIPE. That is
//! no failure: [`Output`] returns [`WriteOutcome::Closed`] for it. Every other failure (a full disk
//! behind `> file`) stays an error.
//!
//! Price: one buffer of 8 KiB; a line is visible only after [`Output::flush`].

use std::io::{self, BufWriter, ErrorKind, Stdout, Write};

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "after `Closed` no write can succeed: end"]
pub enum WriteOutcome {
    /// The last write went through.
    Written,
    /// The other end of the pipe was closed: end quietly with exit code 0.
    Closed,
}

/// A buffered writer that knows the difference between a closed pipe and a failure.
#[derive(Debug)]
pub struct Output<W: Write> {
    inner: BufWriter<W>,
}

impl Output<Stdout> {
    /// The process's standard output.
    pub fn stdout() -> Self {
        Self::new(io::stdout())
    }
}

impl<W: Write> Output<W> {
    /// Wraps any writer.
    pub fn new(inner: W) -> Self {
        Self { inner: BufWriter::new(inner) }
    }

    /// Buffers `text` as it is.
    pub fn write(&mut self, text: &str) -> io::Result<WriteOutcome> {
        settle(self.inner.write_all(text.as_bytes()))
    }

    /// Buffers `text` and a newline.
    pub fn line(&mut self, text: &str) -> io::Result<WriteOutcome> {
        settle(self.inner.write_all(text.as_bytes()).and_then(|()| self.inner.write_all(b"\n")))
    }

    /// Sends everything buffered.
    pub fn flush(&mut self) -> io::Result<WriteOutcome> {
        settle(self.inner.flush())
    }

    /// The writer itself, for encoders (JSON, CSV) that want an [`io::Write`]. Pass their result
    /// through [`settle`].
    pub fn writer(&mut self) -> &mut impl Write {
        &mut self.inner
    }
}

/// Classifies the result of a write: done, no reader, or a real failure.
pub fn settle(result: io::Result<()>) -> io::Result<WriteOutcome> {
    match result {
        Ok(()) => Ok(WriteOutcome::Written),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(WriteOutcome::Closed),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io;

    use rustix::pipe::{PipeFlags, pipe_with};

    use super::{Output, WriteOutcome};

    #[test]
    fn a_closed_pipe_is_a_normal_end() {
        let (reader, writer) = pipe_with(PipeFlags::CLOEXEC).expect("pipe");
        let mut output = Output::new(File::from(writer));
        assert_eq!(output.line("one").expect("buffered"), WriteOutcome::Written);
        assert_eq!(output.flush().expect("read end is open"), WriteOutcome::Written);
        drop(reader);
        assert_eq!(output.line("two").expect("buffered"), WriteOutcome::Written);
        assert_eq!(output.flush().expect("EPIPE is no error"), WriteOutcome::Closed);
    }

    #[test]
    fn a_full_disk_is_an_error() {
        let full = File::options().write(true).open("/dev/full").expect("/dev/full");
        let mut output = Output::new(full);
        let _ = output.write("x").expect("buffered");
        let error = output.flush().expect_err("ENOSPC");
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn lines_arrive_as_written_at_the_flush() {
        let mut output = Output::new(Vec::new());
        let _ = output.write("a\t").expect("vec");
        let _ = output.line("b").expect("vec");
        let _ = output.flush().expect("vec");
        assert_eq!(output.inner.get_ref(), b"a\tb\n");
    }
}
