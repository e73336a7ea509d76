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

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::process::{Command, Stdio};
    use std::{env, fs::File};

    use nix::pty::{Winsize, openpty};
    use nix::sys::termios::tcgetattr;

    use super::Screen;

    /// Set for the second run of the test, in a terminal.
    const INSIDE: &str = "MAPCAST_TEST_IN_A_TERMINAL";
    const SIZE: Winsize = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
    /// What leaves the alternate screen and shows the cursor.
    const RESTORED: &str = "\x1b[?1049l\x1b[?25h";

    #[test]
    fn a_panic_restores_the_terminal_before_its_message() {
        if env::var_os(INSIDE).is_some() {
            let _screen = Screen::enter().expect("a terminal");
            panic!("in the view");
        }
        let pty = openpty(Some(&SIZE), None).expect("a terminal");
        let before = tcgetattr(&pty.slave).expect("its mode");
        let end = || Stdio::from(pty.slave.try_clone().expect("a descriptor"));
        let name = "top::screen::tests::a_panic_restores_the_terminal_before_its_message";
        let mut again = Command::new(env::current_exe().expect("this program"));
        again.args(["--exact", name, "--nocapture"]).env(INSIDE, "1").env("RUST_BACKTRACE", "0");
        let status = again.stdin(end()).stdout(end()).stderr(end()).status().expect("started");
        assert!(!status.success(), "it panics");
        assert_eq!(tcgetattr(&pty.slave).expect("its mode"), before);
        let shown = shown(File::from(pty.master), File::from(pty.slave));
        let (_, left) = shown.split_once("\x1b[?1049h").expect("the alternate screen");
        let (_, message) = left.split_once(RESTORED).unwrap_or_else(|| panic!("{left:?}"));
        assert!(message.contains("in the view"), "{left:?}");
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
