//! A program in a terminal, which is tmux: what a person would see.
//!
//! Invariant: the tmux server is this [`Terminal`]'s own (its socket lies in the test's directory), reads no
//! configuration, and ends with it. A shell keeps the terminal open after the program has ended, and prints that it has:
//! tmux may drop the last output of a program whose terminal closes.
#![allow(clippy::disallowed_types)] // a number for each terminal of the test program

use std::process::Output;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::program::tool;
use crate::{Place, Program, proc, wait_until};

/// Lines of a terminal.
const ROWS: &str = "12";

/// Runs its arguments, prints its name ([`ENDED`]) and lives on. Keys that end the program do not end it.
const SHELL: &str = "trap : INT QUIT; \"$@\"; printf '\\n%s\\n' \"$0\"; exec sleep 3600";
const ENDED: &str = "The program has ended.";

/// The number of the next terminal.
static NEXT: AtomicU32 = AtomicU32::new(0);

/// Asks for the lines on the screen, and those that have left it at its top.
const ALL: [&str; 4] = ["capture-pane", "-p", "-S", "-"];

/// A running program and its terminal.
#[derive(Debug)]
pub struct Terminal<'a> {
    place: &'a Place,
    /// In the directory of `place`. No two terminals share one: a server that is ending still answers.
    socket: String,
}

impl<'a> Terminal<'a> {
    /// Starts `program` in `place` with `args` and these variables, as env(1) takes them, in a terminal
    /// of so many `columns`.
    #[track_caller]
    pub fn open(
        place: &'a Place,
        program: &Program,
        args: &[&str],
        variables: &[&str],
        columns: u16,
    ) -> Self {
        let socket = format!("./tmux.{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let terminal = Self { place, socket };
        let (directory, columns) = (place.dir().display().to_string(), columns.to_string());
        let default = format!("MAPCAST_DIR={directory}");
        let path = program.path().display().to_string();
        let mut command = vec!["start-server", ";", "set", "-g", "status", "off", ";"];
        command.extend(["new-session", "-d", "-x", &columns, "-y", ROWS, "-c", &directory]);
        command.extend(["--", "sh", "-c", SHELL, ENDED, "env"]);
        command.extend(variables.iter().chain([&default.as_str(), &path.as_str()]).chain(args));
        terminal.tmux(&command);
        terminal
    }

    /// The program's process id; that of the shell if the program has ended.
    #[track_caller]
    pub fn pid(&self) -> u32 {
        let shell = self.shown("#{pane_pid}").parse().expect("a process id");
        let mut program = None;
        wait_until("the program in the terminal", || {
            program = proc::first_child(shell);
            program.is_some() || !self.is_running()
        });
        program.unwrap_or(shell)
    }

    /// Whether the program is still running.
    #[track_caller]
    pub fn is_running(&self) -> bool {
        !self.tmux(&ALL).contains(ENDED)
    }

    /// Waits for the end of the program.
    #[track_caller]
    pub fn wait_for_end(&self) {
        wait_until("the end of the program in the terminal", || !self.is_running());
    }

    /// Presses keys, as tmux calls them: `Enter`, `C-c`, or letters.
    #[track_caller]
    pub fn keys(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    /// Sends these bytes, as the terminal does for the mouse.
    #[track_caller]
    pub fn bytes(&self, bytes: &str) {
        let codes: Vec<String> = bytes.bytes().map(|byte| format!("{byte:x}")).collect();
        let mut keys = vec!["send-keys", "-H"];
        keys.extend(codes.iter().map(String::as_str));
        self.tmux(&keys);
    }

    /// Whether the program uses the alternate screen, the mouse and the cursor, as `1 0 1`.
    #[track_caller]
    pub fn modes(&self) -> String {
        self.shown("#{alternate_on} #{mouse_any_flag} #{cursor_flag}")
    }

    /// What is on the screen now. A character outside of ASCII is a `_`.
    #[track_caller]
    pub fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// Gives the terminal another number of columns.
    #[track_caller]
    pub fn resize(&self, columns: u16) {
        self.tmux(&["resize-window", "-x", &columns.to_string(), "-y", ROWS]);
    }

    /// The lines that the program has shown and that are not empty.
    #[track_caller]
    pub fn lines(&self) -> Vec<String> {
        self.captured(&ALL)
    }

    /// The same with the escape sequences of colours.
    #[track_caller]
    pub fn coloured_lines(&self) -> Vec<String> {
        self.captured(&[&ALL[..], &["-e"]].concat())
    }

    fn captured(&self, how: &[&str]) -> Vec<String> {
        let lines = self.tmux(how);
        let lines = lines.lines().map(str::trim_end);
        let lines = lines.filter(|line| !line.is_empty() && !line.contains(ENDED));
        lines.map(str::to_owned).collect()
    }

    #[track_caller]
    fn shown(&self, format: &str) -> String {
        self.tmux(&["display-message", "-p", format]).trim().to_owned()
    }

    #[track_caller]
    fn tmux(&self, args: &[&str]) -> String {
        let Output { status, stdout, stderr } = self.call(args);
        let error = String::from_utf8_lossy(&stderr);
        assert!(status.success(), "tmux {args:?}: {error} (on Debian: apt-get install tmux)");
        String::from_utf8_lossy(&stdout).into_owned()
    }

    fn call(&self, args: &[&str]) -> Output {
        let mut tmux = tool("tmux");
        // The address of a socket is at most 107 bytes long, the path of the directory may be longer.
        tmux.current_dir(self.place.dir());
        tmux.args(["-f", "/dev/null", "-S", &self.socket]).args(args);
        tmux.output().expect("tmux runs (on Debian: apt-get install tmux)")
    }
}

impl Drop for Terminal<'_> {
    fn drop(&mut self) {
        self.call(&["kill-server"]);
    }
}
