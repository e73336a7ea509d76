//! The end of a program's standard input, whose other end the test holds.
//!
//! For programs whose region is cut short: `std::process::exit` in another thread frees the main thread's
//! signal stack first, and a SIGBUS that the guard would take then ends the process as SIGSEGV.

use std::io::{self, Read as _};
use std::sync::mpsc::{Receiver, TryRecvError, channel};

/// Waits for the end of standard input in a thread of its own.
#[derive(Debug)]
pub struct StdinEnd(Receiver<()>);

impl StdinEnd {
    /// Starts the thread.
    pub fn watch() -> Self {
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            let _ = io::stdin().read(&mut [0]);
            drop(sender);
        });
        Self(receiver)
    }

    /// Whether it has come.
    pub fn has_come(&self) -> bool {
        self.0.try_recv() == Err(TryRecvError::Disconnected)
    }
}
