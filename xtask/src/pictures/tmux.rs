//! A shell in a terminal of tmux, with a server and a socket of its own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::scenes::{Scene, Step};
use crate::Outcome;
use crate::tools::{Fallible, printed};

/// How long a step may take.
const DEADLINE: Duration = Duration::from_mins(1);

/// A running server, which ends with this.
#[derive(Debug)]
pub(super) struct Tmux {
    socket: PathBuf,
}

impl Tmux {
    /// A shell for `scene` in `directory`, where the regions are, that finds `programs`.
    pub(super) fn open(directory: &Path, programs: &Path, scene: &Scene) -> Fallible<Self> {
        // A server that is ending still answers: no two scenes share a socket.
        let tmux = Self { socket: directory.join(scene.name).with_extension("tmux") };
        let (columns, rows) = scene.size;
        let path = format!("PATH={}:{}", programs.display(), std::env::var("PATH")?);
        let regions = format!("MAPCAST_DIR={}", directory.display());
        let (columns, rows) = (columns.to_string(), rows.to_string());
        let mut arguments = vec!["start-server", ";", "set", "-g", "status", "off", ";"];
        arguments.extend([
            "set",
            "-g",
            "default-terminal",
            "tmux-256color",
            ";",
            "new-session",
            "-d",
        ]);
        arguments
            .extend(["-x", &columns, "-y", &rows, "-c", "/", "--", "env", "-i", &path, &regions]);
        arguments.extend(["TERM=tmux-256color", "LC_ALL=C.UTF-8", "PS1=$ ", "sh"]);
        tmux.call(&arguments)?;
        tmux.until("the prompt", |screen| screen.starts_with('$'))?;
        Ok(tmux)
    }

    /// Does one step of a scene.
    pub(super) fn step(&self, step: &Step) -> Outcome {
        match *step {
            Step::Keys(keys) => self.call(&[&["send-keys"], keys].concat()).map(drop),
            Step::Until(text) => self.until(text, |screen| screen.contains(text)),
            Step::Gone(text) => self.until("another text", |screen| !screen.contains(text)),
            Step::Seconds(span) => self.until("a time axis", |screen| {
                axis_begin(screen).is_some_and(|begin| begin <= -span)
            }),
            Step::Drawn(count) => self.until("a sparkline", |screen| {
                let is_drawn = |found: &char| ('\u{2581}'..='\u{28ff}').contains(found);
                screen.chars().filter(is_drawn).count() >= count
            }),
        }
    }

    /// The screen, with the escape sequences of its colours.
    pub(super) fn capture(&self) -> Fallible<String> {
        self.call(&["capture-pane", "-p", "-e"])
    }

    fn until(&self, what: &str, is_there: impl Fn(&str) -> bool) -> Outcome {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let screen = self.call(&["capture-pane", "-p"])?;
            if is_there(&screen) {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(format!("{what} did not appear on the screen:\n{screen}").into());
            }
            sleep(Duration::from_millis(50));
        }
    }

    fn call(&self, arguments: &[&str]) -> Fallible<String> {
        let mut tmux = Command::new("tmux");
        tmux.args(["-u", "-f", "/dev/null", "-S"]).arg(&self.socket).args(arguments);
        printed(&mut tmux).map_err(|error| format!("tmux: {error}").into())
    }
}

/// The left end of a time axis, which is negative.
fn axis_begin(screen: &str) -> Option<f64> {
    let axis = screen.lines().find(|line| line.contains("newest"))?;
    axis.trim_start_matches(|found: char| found != '-').split(' ').next()?.parse().ok()
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let _ = self.call(&["kill-server"]);
    }
}
