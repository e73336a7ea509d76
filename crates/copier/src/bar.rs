//! The progress bar: drawn on a terminal, nowhere else.
//!
//! Invariant: the copy never waits for the terminal. Output for which a stopped one (^S) has no
//! room is dropped.

use std::fmt::Write as _;
use std::io::{self, IsTerminal};
use std::sync::{Mutex, PoisonError};

use daemon::logging::Stderr;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

/// A frame of one line: the bar has the columns that the rest leaves.
const WIDE: &str =
    "{msg} {wide_bar} {binary_bytes} of {binary_total_bytes}, {binary_bytes_per_sec}, {eta} left";
/// The same in fewer than [`WIDTH`] columns.
const NARROW: &str = "{msg} {wide_bar} {percent}%, {eta} left";

/// A bar on stderr, or nothing.
#[derive(Debug)]
pub(crate) struct Bar(Option<ProgressBar>);

impl Bar {
    /// A bar for `total` bytes, headed by `what`, if stderr is a terminal that can redraw a line.
    pub(crate) fn new(total: u64, what: &'static str) -> Self {
        let template = if columns() < WIDTH { NARROW } else { WIDE };
        Self::drawn(Some(total), template, what)
    }

    /// `what` alone, for work whose progress the kernel does not report.
    pub(crate) fn headline(what: &'static str) -> Self {
        let bar = Self::drawn(None, "{msg}", what);
        if let Some(bar) = &bar.0 {
            bar.tick();
        }
        bar
    }

    fn drawn(total: Option<u64>, template: &str, what: &'static str) -> Self {
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        if is_dumb || !io::stderr().is_terminal() {
            return Self(None);
        }
        let bar = ProgressBar::with_draw_target(total, Terminal::target());
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message(what);
        Self(Some(bar))
    }

    /// Whether it is drawn.
    pub(crate) fn is_visible(&self) -> bool {
        self.0.is_some()
    }

    /// So many bytes are done.
    pub(crate) fn show(&self, bytes: u64) {
        if let Some(bar) = &self.0 {
            bar.set_position(bytes);
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// Columns of a terminal that does not report its own.
const WIDTH: u16 = 80;

/// Columns of the terminal behind stderr.
fn columns() -> u16 {
    daemon::columns(io::stderr()).unwrap_or(WIDTH)
}

/// The terminal behind stderr.
#[derive(Debug)]
struct Terminal(Mutex<Frame>);

/// What is drawn next, and where to.
#[derive(Debug)]
struct Frame {
    text: String,
    stderr: Stderr,
}

impl Terminal {
    fn target() -> ProgressDrawTarget {
        let frame = Frame { text: String::new(), stderr: Stderr::open() };
        ProgressDrawTarget::term_like(Box::new(Self(Mutex::new(frame))))
    }

    fn with<T>(&self, draw: impl FnOnce(&mut Frame) -> T) -> T {
        draw(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Moves the cursor `n` places, by the escape sequence that ends with `way`.
    fn move_cursor(&self, n: usize, way: char) -> io::Result<()> {
        if n > 0 {
            self.with(|frame| write!(frame.text, "\x1b[{n}{way}")).map_err(io::Error::other)?;
        }
        Ok(())
    }
}

impl TermLike for Terminal {
    fn width(&self) -> u16 {
        columns()
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'A')
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'B')
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'C')
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'D')
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write_str(text)?;
        self.write_str("\n")
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.with(|frame| frame.text.push_str(text));
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        self.write_str("\r\x1b[2K")
    }

    fn flush(&self) -> io::Result<()> {
        self.with(|Frame { text, stderr }| {
            stderr.write(text.as_bytes());
            text.clear();
        });
        Ok(())
    }
}
