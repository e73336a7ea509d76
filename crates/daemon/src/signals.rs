//! Signals as flags and one descriptor that becomes readable: no thread, no lost signal.
//!
//! | signal | meaning |
//! |---|---|
//! | SIGTERM, SIGINT | stop: finish the current record, close, exit 0 |
//! | SIGHUP | after [`Signals::stop_only`]: stop; after [`Signals::stop_and_reload`]: read the configuration again, but stop if the terminal that the program was started in has hung up |
//!
//! Invariant: a handler sets its flag first and writes the wake-up byte second, and
//! [`Signals::take`] empties the pipe first and reads the flags second. So a signal that arrives
//! at any moment is either seen by that `take` or leaves the descriptor readable for the next.
//!
//! ```text
//!   handler:  flag := 1 ---> pipe <- byte        loop:  ppoll(pipe) ---> empty pipe ---> swap flag
//! ```
//!
//! Price: one pipe; a handler that writes one byte.

// Plain flags between a signal handler and its process, not shared with another one.
#![allow(clippy::disallowed_types)]

use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rustix::pipe::{PipeFlags, pipe_with};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::{SigId, flag, low_level};

use crate::controlling_terminal::ControllingTerminal;
use crate::disposition::ignores;

/// The signal that requested the stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StopSignal {
    /// From a service manager or `kill`.
    Terminate,
    /// From Ctrl-C.
    Interrupt,
    /// From a closed window or `kill -HUP`, to a program that reloads nothing.
    HangUp,
    /// The terminal that a program was started in, which reloads otherwise, has hung up: its window was closed.
    TerminalHangUp,
}

impl fmt::Display for StopSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Terminate => "SIGTERM",
            Self::Interrupt => "SIGINT",
            Self::HangUp => "SIGHUP",
            Self::TerminalHangUp => "SIGHUP, its terminal has hung up",
        })
    }
}

/// What the signals received so far request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pending {
    /// Stop. Once set it stays set.
    pub stop: Option<StopSignal>,
    /// Read the configuration again. Several SIGHUPs before one `take` count as one.
    pub reload: bool,
}

/// What a SIGHUP requests.
#[derive(Debug)]
enum OnHangUp {
    /// Nothing: it was ignored when the program was started (`nohup`), and stays so.
    Nothing,
    Stop,
    /// A reload, or a stop if this terminal has hung up.
    Reload(ControllingTerminal),
}

/// The process's handlers; dropping it makes them do nothing (it does not restore the defaults).
#[derive(Debug)]
pub struct Signals {
    wake: OwnedFd,
    stop: Arc<AtomicUsize>,
    /// A SIGHUP that was not looked at yet.
    hangup: Arc<AtomicBool>,
    reload: AtomicBool,
    on_hangup: OnHangUp,
    registered: Vec<SigId>,
}

impl Signals {
    /// Handles SIGTERM, SIGINT and SIGHUP, all as a stop. A program that was started with SIGHUP ignored
    /// goes on ignoring it.
    pub fn stop_only() -> io::Result<Self> {
        Self::new(if ignores(SIGHUP) { OnHangUp::Nothing } else { OnHangUp::Stop })
    }

    /// Handles SIGTERM, SIGINT and SIGHUP. A program that was started with SIGHUP ignored reloads,
    /// too.
    pub fn stop_and_reload() -> io::Result<Self> {
        Self::new(OnHangUp::Reload(ControllingTerminal::of_this_process()))
    }

    fn new(on_hangup: OnHangUp) -> io::Result<Self> {
        let (wake, wake_writer) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        let (mut signals, flags) = Self::with_flags(wake, on_hangup)?;
        signals.write_wakes(&wake_writer, &flags)?;
        Ok(signals)
    }

    /// Handlers that set their flags only, and what they are for.
    fn with_flags(wake: OwnedFd, on_hangup: OnHangUp) -> io::Result<(Self, Vec<(i32, SigId)>)> {
        let signals = Self {
            wake,
            stop: Arc::default(),
            hangup: Arc::default(),
            reload: AtomicBool::default(),
            on_hangup,
            registered: Vec::with_capacity(6),
        };
        let flagged =
            |signal| flag::register_usize(signal, Arc::clone(&signals.stop), number(signal));
        let mut flags = vec![(SIGTERM, flagged(SIGTERM)?), (SIGINT, flagged(SIGINT)?)];
        match signals.on_hangup {
            OnHangUp::Nothing => {}
            OnHangUp::Stop => flags.push((SIGHUP, flagged(SIGHUP)?)),
            OnHangUp::Reload(_) => {
                flags.push((SIGHUP, flag::register(SIGHUP, Arc::clone(&signals.hangup))?));
            }
        }
        Ok((signals, flags))
    }

    /// Makes the handlers write a byte after their flags.
    fn write_wakes(&mut self, wake_writer: &OwnedFd, flags: &[(i32, SigId)]) -> io::Result<()> {
        for &(signal, flag) in flags {
            let wake = low_level::pipe::register(signal, wake_writer.try_clone()?)?;
            self.registered.extend([flag, wake]);
        }
        // One that came between has set its flag and written nothing.
        if self.stop.load(Ordering::SeqCst) != 0 || self.hangup.load(Ordering::SeqCst) {
            rustix::io::write(wake_writer, &[0])?;
        }
        Ok(())
    }

    /// Returns what was requested since the last call.
    pub fn take(&mut self) -> Pending {
        let mut bytes = [0; 64];
        while rustix::io::read(&self.wake, &mut bytes).is_ok_and(|read| read > 0) {}
        let stop = self.stop_requested();
        Pending { stop, reload: self.reload.swap(false, Ordering::SeqCst) }
    }

    /// Whether a stop was requested, without clearing anything: for loops inside other crates.
    pub fn stop_requested(&self) -> Option<StopSignal> {
        if let OnHangUp::Reload(terminal) = &self.on_hangup {
            self.look_at_hangup(terminal);
        }
        match i32::try_from(self.stop.load(Ordering::SeqCst)) {
            Ok(0) | Err(_) => None,
            Ok(SIGINT) => Some(StopSignal::Interrupt),
            Ok(SIGHUP) if matches!(self.on_hangup, OnHangUp::Stop) => Some(StopSignal::HangUp),
            Ok(SIGHUP) => Some(StopSignal::TerminalHangUp),
            Ok(_) => Some(StopSignal::Terminate),
        }
    }

    /// Turns a SIGHUP into a stop if the terminal has hung up, else into a reload.
    fn look_at_hangup(&self, terminal: &ControllingTerminal) {
        if !self.hangup.swap(false, Ordering::SeqCst) {
            return;
        }
        if terminal.has_hung_up() {
            self.stop.store(number(SIGHUP), Ordering::SeqCst);
        } else {
            self.reload.store(true, Ordering::SeqCst);
        }
    }
}

fn number(signal: i32) -> usize {
    usize::try_from(signal).expect("signal numbers are positive")
}

impl AsFd for Signals {
    /// Readable as soon as a signal has arrived.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        for id in self.registered.drain(..) {
            low_level::unregister(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::low_level::raise;

    use rustix::pipe::{PipeFlags, pipe_with};

    use super::{OnHangUp, Pending, Signals, StopSignal};
    use crate::ticks::Monotonic;
    use crate::wait::{Ready, wait};

    // One test, because signals belong to the whole process: raised in one test, seen in all.
    #[test]
    fn a_signal_wakes_the_wait_and_is_taken_once() {
        let long_ago = Some(Monotonic::from_nanos(0));
        let mut signals = Signals::stop_and_reload().expect("handlers");
        assert_eq!(signals.take(), Pending::default());
        assert_eq!(wait(&signals, None, long_ago).expect("wait"), Ready::default());

        raise(SIGHUP).expect("raise");
        raise(SIGHUP).expect("raise");
        // Without a deadline: only the signal can end this wait.
        let ready = wait(&signals, None, None).expect("wait");
        assert_eq!(ready, Ready { signal: true, input: false });
        assert_eq!(signals.take(), Pending { stop: None, reload: true });
        assert_eq!(signals.take(), Pending::default());
        assert_eq!(wait(&signals, None, long_ago).expect("wait"), Ready::default());

        raise(SIGINT).expect("raise");
        assert_eq!(signals.stop_requested(), Some(StopSignal::Interrupt));
        assert_eq!(signals.take().stop, Some(StopSignal::Interrupt));
        assert_eq!(signals.take().stop, Some(StopSignal::Interrupt), "stop stays");
        raise(SIGTERM).expect("raise");
        assert_eq!(signals.take().stop, Some(StopSignal::Terminate));

        let (wake, wake_writer) = pipe_with(PipeFlags::NONBLOCK).expect("a pipe");
        let (mut early, flags) = Signals::with_flags(wake, OnHangUp::Stop).expect("handlers");
        raise(SIGTERM).expect("raise");
        early.write_wakes(&wake_writer, &flags).expect("handlers");
        assert!(wait(&early, None, None).expect("wait").signal, "one that came early");
        assert_eq!(early.take().stop, Some(StopSignal::Terminate));
        drop(early);

        let mut others = Signals::stop_only().expect("a second set of handlers");
        drop(signals);
        raise(SIGHUP).expect("raise");
        let ready = wait(&others, None, None).expect("wait");
        assert_eq!(ready, Ready { signal: true, input: false });
        assert_eq!(others.take(), Pending { stop: Some(StopSignal::HangUp), reload: false });
    }
}
