//! A producer of lines of standard input.

use std::io::Write;
use std::process::{ChildStdin, Stdio};

use rustix::process::Signal;

use crate::place::{Place, Running};

/// A producer of lines.
pub(crate) struct Feed {
    pub(crate) producer: Running,
    stdin: ChildStdin,
}

impl Feed {
    pub(crate) fn start(place: &Place, args: &[&str]) -> Self {
        Self::logging_to(place, "log", args)
    }

    pub(crate) fn logging_to(place: &Place, log: &str, args: &[&str]) -> Self {
        let mut producer = place.start(log, Stdio::piped(), args);
        let stdin = producer.child.stdin.take().expect("stdin");
        Self { producer, stdin }
    }

    pub(crate) fn say(&mut self, line: &str) {
        self.stdin.write_all(format!("{line}\n").as_bytes()).expect("write");
    }

    /// Ends the producer with SIGKILL.
    pub(crate) fn kill(mut self) {
        self.producer.signal(Signal::KILL);
        self.producer.end();
    }

    /// Ends the input; returns the log.
    pub(crate) fn end(self) -> String {
        let Self { mut producer, stdin } = self;
        drop(stdin);
        producer.ends_with(0)
    }
}
