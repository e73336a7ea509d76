//! The progress bar: drawn on a terminal, nowhere else.
//!
//! Invariant: the copy never waits for the terminal. Output for which a stopped one (^S) has no
//! room is dropped.

use std::cell::Cell;
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
pub(crate) struct Bar {
    drawn: Option<ProgressBar>,
    /// What it is drawn by now: the window may be resized.
    template: Cell<&'static str>,
}

impl Bar {
    /// A bar for `total` bytes, headed by `what`, if stderr is a terminal that can redraw a line.
    pub(crate) fn new(total: u64, what: &'static str) -> Self {
        Self::drawn(Some(total), template(), what)
    }

    /// `what` alone, for work whose progress the kernel does not report.
    pub(crate) fn headline(what: &'static str) -> Self {
        let bar = Self::drawn(None, "{msg}", what);
        if let Some(drawn) = &bar.drawn {
            drawn.tick();
        }
        bar
    }

    fn drawn(total: Option<u64>, template: &'static str, what: &'static str) -> Self {
        let can_redraw = !daemon::is_dumb() && io::stderr().is_terminal();
        let drawn = can_redraw.then(|| {
            let bar = ProgressBar::with_draw_target(total, Terminal::target());
            set_template(&bar, template);
            bar.set_message(what);
            bar
        });
        Self { drawn, template: Cell::new(template) }
    }

    /// Whether it is drawn.
    pub(crate) fn is_visible(&self) -> bool {
        self.drawn.is_some()
    }

    /// So many bytes are done.
    pub(crate) fn show(&self, bytes: u64) {
        let Some(bar) = &self.drawn else { return };
        let template = template();
        if self.template.replace(template) != template {
            set_template(bar, template);
        }
        bar.set_position(bytes);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = &self.drawn {
            bar.finish_and_clear();
        }
    }
}

/// The template that fits the window.
fn template() -> &'static str {
    if columns() < WIDTH { NARROW } else { WIDE }
}

fn set_template(bar: &ProgressBar, template: &str) {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
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
