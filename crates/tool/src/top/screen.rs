//! The terminal while the view is on it.
//!
//! Invariant: whichever way the program ends, except by SIGKILL, the terminal has its former screen,
//! mode and cursor: [`Screen`] restores it when it is dropped, the panic hook before the message is
//! printed.

use std::io::{self, BufWriter, IsTerminal, Stdout, stdout};
use std::panic;

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::event::{DisableMouseCapture, EnableMouseCapture};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};

use crate::ToolError;

/// Fails if stdin and stdout are not a terminal on which the view can be drawn.
pub(crate) fn expect_terminal() -> Result<(), ToolError> {
    let refuse = |what| Err(ToolError::NoTerminal(what));
    match () {
        () if !stdout().is_terminal() => refuse("stdout is no terminal"),
        () if !io::stdin().is_terminal() => refuse("stdin is no terminal"),
        () if daemon::is_dumb() => refuse("the terminal only prints lines (see TERM)"),
        () => Ok(()),
    }
}

/// A frame of a usual window.
const FRAME_SIZE: usize = 64 << 10;

/// A terminal to which a frame is written at once.
type Buffered = Terminal<CrosstermBackend<BufWriter<Stdout>>>;

/// A terminal that is in use.
#[derive(Debug)]
pub(crate) struct Screen {
    terminal: Buffered,
}

impl Screen {
    /// Takes the terminal.
    pub(crate) fn enter() -> io::Result<Self> {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            restore();
            usual(panic);
        }));
        let output = BufWriter::with_capacity(FRAME_SIZE, stdout());
        let screen = Self { terminal: Terminal::new(CrosstermBackend::new(output))? };
        take()?;
        Ok(screen)
    }

    /// The terminal, to draw on.
    pub(crate) fn terminal(&mut self) -> &mut Buffered {
        &mut self.terminal
    }

    /// Takes the terminal again, which another program may have used, and forgets what is on it.
    pub(crate) fn resume(&mut self) -> io::Result<()> {
        take()?;
        let area = self.terminal.size()?;
        self.terminal.resize(area.into())
    }

    /// Gives the terminal to another program, until [`resume`](Self::resume).
    #[allow(clippy::unused_self)] // there is no terminal to leave without one
    pub(crate) fn leave(&mut self) {
        restore();
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

fn take() -> io::Result<()> {
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen, EnableMouseCapture, Hide)
}

/// Puts the terminal back as far as it is still there.
fn restore() {
    let _ = execute!(stdout(), DisableMouseCapture, LeaveAlternateScreen, Show);
    let _ = disable_raw_mode();
}
