//! Lines on their way to stdout, counted.

use std::io::{self, Write};
use std::ops::ControlFlow;

use daemon::output::settle;
use daemon::{Audience, Output};

use crate::error::ConsumerError;
use crate::reading::Reading;
use crate::render::Renderer;

/// Whether to go on.
pub(crate) type Flow = ControlFlow<()>;

/// Prints records until enough were printed or nobody reads them any more.
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
        self.renderer.render(reading, &mut self.line).map_err(ConsumerError::output)?;
        let written = settle(self.output.writer().write_all(&self.line));
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

fn go_on(written: io::Result<Audience>) -> Result<Flow, ConsumerError> {
    match written.map_err(ConsumerError::output)? {
        Audience::Here => Ok(Flow::Continue(())),
        Audience::Gone => Ok(Flow::Break(())),
    }
}
