//! Keys, the mouse and signals, as messages.
//!
//! Price: two threads, which sleep in the kernel.

use std::io::{self, stdin};
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use ratatui::crossterm::event;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use super::Message;

/// Starts to send them to `messages`.
pub(crate) fn start(messages: &Sender<Message>) -> io::Result<()> {
    let mut signals = Signals::new([SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH])?;
    let sender = messages.clone();
    thread::Builder::new().name("signals".into()).spawn(move || {
        let mut is_ending = false;
        for signal in signals.forever() {
            let message = of_signal(signal);
            let ends = matches!(message, Message::End);
            if is_ending && ends {
                // The first one had no effect: the terminal takes no output.
                let _ = emulate_default_handler(signal);
            }
            is_ending |= ends;
            if sender.send(message).is_err() {
                return;
            }
        }
    })?;
    let sender = messages.clone();
    thread::Builder::new().name("keys".into()).spawn(
        move || {
            while sender.send(next_input()).is_ok() {}
        },
    )?;
    Ok(())
}

fn of_signal(signal: i32) -> Message {
    match signal {
        SIGTSTP => Message::Suspend,
        SIGCONT => Message::Resume,
        SIGWINCH => Message::Resize,
        _ => Message::End,
    }
}

/// The next key or movement of the mouse; the end if the terminal is gone, which crossterm would not
/// notice.
fn next_input() -> Message {
    // What crossterm has read already does not make stdin readable again.
    let is_read = event::poll(Duration::ZERO).unwrap_or(false);
    if !is_read && is_gone() {
        return Message::End;
    }
    event::read().map_or(Message::End, Message::Input)
}

/// Waits for input; whether there is no terminal any more.
fn is_gone() -> bool {
    let stdin = stdin();
    let mut ready = [PollFd::new(&stdin, PollFlags::IN)];
    loop {
        match poll(&mut ready, None) {
            Err(Errno::INTR) => {}
            Err(_) => return true,
            Ok(_) => return ready[0].revents().intersects(PollFlags::HUP | PollFlags::ERR),
        }
    }
}
