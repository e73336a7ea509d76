//! Buffers lines for stdout and counts records.
//!
//! Invariant: a line is written as a whole; one longer than [`LINE`] is written in pieces, so that
//! no record makes this program larger than the record.
//!
//! Price: one buffer, of [`LINE`] and [`BATCH`] bytes at the most.

use std::io::{self, ErrorKind, Write};
use std::ops::ControlFlow;

use layout::Schema;
use query::FieldRef;
use render::{Reading, Renderer, View, ViewError};

use crate::error::ConsumerError;

/// Whether to continue.
pub(crate) type Flow = ControlFlow<()>;

/// Bytes of an unfinished line that are buffered.
const LINE: usize = 64 << 10;
/// Bytes of whole lines that are buffered.
const BATCH: usize = 8 << 10;

/// Prints records until enough were printed or stdout was closed by its reader.
#[derive(Debug)]
pub(crate) struct Printer {
    /// `None`: there was no region yet whose records the view fits.
    renderer: Option<Renderer>,
    /// Whether the view fits the present region.
    is_fit: bool,
    buffer: Vec<u8>,
    /// Records still to print; `None`: no limit.
    left: Option<u64>,
}

impl Printer {
    pub(crate) fn new(count: Option<u64>) -> Self {
        Self { renderer: None, is_fit: false, buffer: Vec::new(), left: count }
    }

    /// Prints records of `schema` as `view` has it from now on. Returns the fields that it chooses.
    ///
    /// # Errors
    /// The view does not fit the schema: nothing is printed.
    pub(crate) fn adapt(
        &mut self,
        view: &View,
        schema: &Schema,
    ) -> Result<Vec<FieldRef>, ViewError> {
        let next = view.of(schema);
        self.is_fit = next.is_ok();
        let next = next?;
        let chosen = next.fields(schema);
        match &mut self.renderer {
            Some(renderer) => renderer.replace(next),
            None => self.renderer = Some(next),
        }
        Ok(chosen)
    }

    /// Prints nothing until the next call of [`adapt`](Self::adapt).
    pub(crate) fn pause(&mut self) {
        self.is_fit = false;
    }

    /// Prints one record, buffered, unless enough were printed.
    pub(crate) fn print(
        &mut self,
        reading: &Reading<'_>,
        out: &mut dyn Write,
    ) -> Result<Flow, ConsumerError> {
        let mut buffered = Buffered { buffer: &mut self.buffer, out };
        let is_fit = self.is_fit && self.left != Some(0);
        let Some(renderer) = self.renderer.as_mut().filter(|_| is_fit) else {
            return Ok(Flow::Continue(()));
        };
        let mut written = renderer.render(reading, &mut buffered);
        if written.is_ok() && buffered.buffer.len() >= BATCH {
            written = buffered.send();
        }
        let flow = unless_closed(written)?;
        self.left = self.left.map(|left| left.saturating_sub(1));
        Ok(if self.left == Some(0) { Flow::Break(()) } else { flow })
    }

    /// Writes the buffer to `out`.
    pub(crate) fn flush(&mut self, out: &mut dyn Write) -> Result<Flow, ConsumerError> {
        unless_closed(Buffered { buffer: &mut self.buffer, out }.send())
    }
}

/// Collects lines while they are rendered.
struct Buffered<'a> {
    buffer: &'a mut Vec<u8>,
    out: &'a mut dyn Write,
}

impl Buffered<'_> {
    fn send(&mut self) -> io::Result<()> {
        let sent = if self.buffer.is_empty() { Ok(()) } else { self.out.write_all(self.buffer) };
        self.buffer.clear();
        sent
    }
}

impl Write for Buffered<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.buffer.len() + bytes.len() > LINE + BATCH {
            self.send()?;
        }
        if bytes.len() > LINE {
            self.out.write_all(bytes)?;
        } else {
            self.buffer.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        // The printer flushes.
        Ok(())
    }
}

/// A pipe closed by its reader is a normal end, not a failure.
fn unless_closed(written: io::Result<()>) -> Result<Flow, ConsumerError> {
    match written {
        Ok(()) => Ok(Flow::Continue(())),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Flow::Break(())),
        Err(error) => Err(ConsumerError::output(error)),
    }
}
