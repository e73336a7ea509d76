//! The terminal while the view is on it.
//!
//! Invariant: whichever way the program ends, except by SIGKILL, the terminal has its former screen,
//! mode and cursor: [`Screen`] restores it when it is dropped, the panic hook before the message is
//! printed. A panic of another thread is printed when [`Screen`] is gone: see helper.rs.

use std::io::{self, BufWriter, IsTerminal, Stdout, stdout};
use std::{panic, thread};

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::event::{DisableMouseCapture, EnableMouseCapture};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};

use super::helper;
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
            if !helper::keeps(panic) {
                restore();
                usual(panic);
            }
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
        // A second time would put the cursor over the message of the panic.
        if !thread::panicking() {
            restore();
        }
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

#[cfg(test)]
mod tests {
    use std::env;
    use std::fs::File;
    use std::io::{Read as _, Write as _, stderr};
    use std::process::{Command, ExitStatus, Stdio};
    use std::sync::mpsc::channel;

    use nix::pty::{Winsize, openpty};
    use nix::sys::termios::tcgetattr;

    use super::Screen;
    use crate::top::regions::Regions;
    use crate::top::{Top, helper};

    /// Set for the second run of a test, in a terminal.
    const INSIDE: &str = "MAPCAST_TEST_IN_A_TERMINAL";
    const SIZE: Winsize = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
    /// What leaves the alternate screen and shows the cursor.
    const RESTORED: &str = "\x1b[?1049l\x1b[?25h";

    /// Runs the test `name` again, in a terminal; how it ends, and what it shows after the terminal was restored.
    fn again_in_a_terminal(name: &str) -> (ExitStatus, String) {
        let none = tempfile::tempdir().expect("a directory");
        let pty = openpty(Some(&SIZE), None).expect("a terminal");
        let before = tcgetattr(&pty.slave).expect("its mode");
        let end = || Stdio::from(pty.slave.try_clone().expect("a descriptor"));
        let name = format!("top::screen::tests::{name}");
        let mut again = Command::new(env::current_exe().expect("this program"));
        again.args(["--exact", &name, "--nocapture"]).env(INSIDE, "1").env("RUST_BACKTRACE", "0");
        again.env("MAPCAST_DIR", none.path());
        let status = again.stdin(end()).stdout(end()).stderr(end()).status().expect("started");
        assert_eq!(tcgetattr(&pty.slave).expect("its mode"), before);
        let shown = shown(File::from(pty.master), File::from(pty.slave));
        let (_, left) = shown.split_once("\x1b[?1049h").expect("the alternate screen");
        let (view, after) = left.split_once(RESTORED).unwrap_or_else(|| panic!("{left:?}"));
        assert!(!view.contains("panicked"), "{left:?}");
        assert!(!after.contains("\x1b[?1049l"), "twice: {left:?}");
        (status, after.to_owned())
    }

    #[test]
    fn a_panic_restores_the_terminal_before_its_message() {
        if env::var_os(INSIDE).is_some() {
            let _screen = Screen::enter().expect("a terminal");
            panic!("in the view");
        }
        let name = "a_panic_restores_the_terminal_before_its_message";
        let (status, after) = again_in_a_terminal(name);
        assert!(!status.success() && after.contains("in the view"), "{after:?}");
    }

    #[test]
    fn a_panic_of_another_thread_ends_the_view_and_is_its_error() {
        if env::var_os(INSIDE).is_some() {
            let (sender, messages) = channel();
            let top = Top::new(Regions::of(&[]).expect("none"), sender.clone()).expect("a view");
            helper::spawn("waiter", &sender, || panic!("in the thread")).expect("a thread");
            let error = top.run(&messages).expect_err("it ends");
            write!(stderr(), "error: {error}").expect("a terminal");
            return;
        }
        let name = "a_panic_of_another_thread_ends_the_view_and_is_its_error";
        let (status, after) = again_in_a_terminal(name);
        assert!(status.success(), "{after:?}");
        assert!(after.contains("error: thread waiter panicked at "), "{after:?}");
        assert!(after.contains("in the thread; the view has ended"), "{after:?}");
    }

    /// What was written to the terminal so far.
    fn shown(mut master: File, mut slave: File) -> String {
        const END: &[u8] = b"<end>";
        slave.write_all(END).expect("written");
        let mut shown = Vec::new();
        while !shown.ends_with(END) {
            let mut some = [0; 4096];
            let len = master.read(&mut some).expect("readable");
            shown.extend_from_slice(&some[..len]);
        }
        String::from_utf8_lossy(&shown).into_owned()
    }
}
