//! Lines on their way to stdout, counted.
//!
//! Invariant: a line goes out as a whole; one that is longer than [`KEPT`] goes out in pieces, so
//! that no record makes this program larger than the record.

use std::io::{self, Write};
use std::ops::ControlFlow;

use daemon::output::settle;
use daemon::{Output, WriteOutcome};

use crate::error::ConsumerError;
use crate::reading::Reading;
use crate::render::Renderer;

/// Whether to continue.
pub(crate) type Flow = ControlFlow<()>;

/// Bytes of a line that wait for the rest of it.
const KEPT: usize = 64 << 10;

/// Prints records until enough were printed or stdout was closed by its reader.
#[derive(Debug)]
pub(crate) struct Printer<W: Write> {
    output: Output<W>,
    renderer: Renderer,
    line: Vec<u8>,
    /// Records still to print; `None`: no limit.
    left: Option<u64>,
}

impl<W: Write> Printer<W> {
    pub(crate) fn new(output: W, renderer: Renderer, count: Option<u64>) -> Self {
        Self { output: Output::new(output), renderer, line: Vec::new(), left: count }
    }

    /// Prints one record, buffered.
    pub(crate) fn print(&mut self, reading: &Reading<'_>) -> Result<Flow, ConsumerError> {
        self.line.clear();
        let mut line = Line { kept: &mut self.line, out: self.output.writer() };
        let rendered = self.renderer.render(reading, &mut line);
        let written = settle(rendered.and_then(|()| line.send()));
        let mut flow = go_on(written)?;
        if let Some(left) = &mut self.left {
            *left = left.saturating_sub(1);
            if *left == 0 {
                flow = Flow::Break(());
            }
        }
        Ok(flow)
    }

    /// Sends what is buffered.
    pub(crate) fn flush(&mut self) -> Result<Flow, ConsumerError> {
        go_on(self.output.flush())
    }
}

/// A line while it is made.
struct Line<'a, W> {
    kept: &'a mut Vec<u8>,
    out: &'a mut W,
}

impl<W: Write> Line<'_, W> {
    /// Passes on what was kept.
    fn send(&mut self) -> io::Result<()> {
        self.out.write_all(self.kept)?;
        self.kept.clear();
        Ok(())
    }
}

impl<W: Write> Write for Line<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.kept.len() + bytes.len() > KEPT {
            self.send()?;
        }
        if bytes.len() > KEPT {
            self.out.write_all(bytes)?;
        } else {
            self.kept.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        // It is sent at its end.
        Ok(())
    }
}

fn go_on(written: io::Result<WriteOutcome>) -> Result<Flow, ConsumerError> {
    match written.map_err(ConsumerError::output)? {
        WriteOutcome::Written => Ok(Flow::Continue(())),
        WriteOutcome::Closed => Ok(Flow::Break(())),
    }
}
