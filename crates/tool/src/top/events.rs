//! Keys, the mouse and signals, as messages.
//!
//! Price: two threads, which sleep in the kernel.

use std::io::{self, stdin};
use std::sync::mpsc::Sender;
use std::time::Duration;

use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyModifiers};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use super::{Message, helper};

/// Starts to send them to `messages`.
pub(crate) fn start(messages: &Sender<Message>) -> io::Result<()> {
    let mut signals = Signals::new([SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH])?;
    let sender = messages.clone();
    helper::spawn("signals", messages, move || {
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
    helper::spawn("keys", messages, move || {
        while next_input().into_iter().all(|input| sender.send(input).is_ok()) {}
    })
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
fn next_input() -> Vec<Message> {
    // What crossterm has read already does not make stdin readable again. It returns that only in some time.
    let is_read = event::poll(Duration::from_millis(1)).unwrap_or(false);
    if !is_read && is_gone() {
        return vec![Message::End];
    }
    event::read()
        .map_or_else(|_| vec![Message::End], |event| apart(event).map(Message::Input).collect())
}

/// Esc and the key after it, if both were read at once: crossterm takes them for one key with Alt, which sends the
/// same bytes.
fn apart(event: Event) -> impl Iterator<Item = Event> {
    let (first, last) = match event {
        Event::Key(key) if key.modifiers.contains(KeyModifiers::ALT) => {
            let modifiers = key.modifiers.difference(KeyModifiers::ALT);
            (Some(KeyCode::Esc.into()), Event::Key(KeyEvent { modifiers, ..key }))
        }
        event => (None, event),
    };
    first.map(Event::Key).into_iter().chain([last])
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

#[cfg(test)]
mod tests {
    use super::{Event, KeyCode, KeyEvent, KeyModifiers, apart};

    #[test]
    fn esc_and_the_key_after_it_are_two_keys() {
        let key = |code, modifiers| Event::Key(KeyEvent::new(code, modifiers));
        let (x, none) = (KeyCode::Char('x'), KeyModifiers::NONE);
        let both: Vec<_> = apart(key(x, KeyModifiers::ALT)).collect();
        assert_eq!(both, [key(KeyCode::Esc, none), key(x, none)]);
        let one: Vec<_> = apart(key(x, KeyModifiers::CONTROL)).collect();
        assert_eq!(one, [key(x, KeyModifiers::CONTROL)]);
    }
}
