//! How far a long command is, on a terminal and nowhere else.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A line on stderr that is drawn again and again, or nothing.
#[derive(Debug)]
pub(crate) struct Progress(Option<ProgressBar>);

impl Progress {
    /// A line without an end: what [`tell`](Self::tell) says.
    pub(crate) fn spinner() -> Self {
        Self::drawn("{spinner} {msg}", None)
    }

    /// A bar of `total` steps, headed by `what`.
    pub(crate) fn bar(total: u64, what: &'static str) -> Self {
        let progress = Self::drawn("{msg} {wide_bar} {percent}%, {eta} left", Some(total));
        progress.tell(|| what.to_owned());
        progress
    }

    fn drawn(template: &str, total: Option<u64>) -> Self {
        let can_redraw = !daemon::is_dumb() && io::stderr().is_terminal();
        Self(can_redraw.then(|| {
            let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.progress_chars("=> "));
            }
            if total.is_none() {
                bar.enable_steady_tick(Duration::from_millis(250));
            }
            bar
        }))
    }

    /// Shows a text.
    pub(crate) fn tell(&self, text: impl FnOnce() -> String) {
        if let Some(bar) = &self.0 {
            bar.set_message(text());
        }
    }

    /// So many steps are done.
    pub(crate) fn show(&self, done: u64) {
        if let Some(bar) = &self.0 {
            bar.set_position(done);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
