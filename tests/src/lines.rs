//! The lines that a process has written to one of its pipes so far.

use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::wait::DEADLINE;

/// The lines of one stream, and the test's position.
#[derive(Debug)]
pub(crate) struct Lines {
    shared: Arc<Shared>,
    cursor: usize,
}

#[derive(Debug, Default)]
struct Shared {
    seen: Mutex<Seen>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Seen {
    lines: Vec<String>,
    ended: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        // A failed test must not hide its own message behind "poisoned".
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    /// Collects `stream` in a thread of its own, which ends with the stream.
    pub(crate) fn of(stream: impl Read + Send + 'static) -> Self {
        let shared = Arc::<Shared>::default();
        let writer = Arc::clone(&shared);
        std::thread::spawn(move || {
            let mut stream = BufReader::new(stream);
            loop {
                let mut line = Vec::new();
                let read = stream.read_until(b'\n', &mut line).unwrap_or(0);
                let mut seen = writer.lock();
                if read == 0 {
                    seen.ended = true;
                } else {
                    let text = line.strip_suffix(b"\n").unwrap_or(&line);
                    seen.lines.push(String::from_utf8_lossy(text).into_owned());
                }
                drop(seen);
                writer.changed.notify_all();
                if read == 0 {
                    return;
                }
            }
        });
        Self { shared, cursor: 0 }
    }

    /// The first line from the cursor on for which `wanted` returns true; moves the cursor behind
    /// it. `None` if the stream ends or the deadline passes without one.
    pub(crate) fn find(&mut self, mut wanted: impl FnMut(&str) -> bool) -> Option<String> {
        let deadline = Instant::now() + DEADLINE;
        let mut seen = self.shared.lock();
        loop {
            while let Some(line) = seen.lines.get(self.cursor) {
                self.cursor += 1;
                if wanted(line) {
                    return Some(line.clone());
                }
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if seen.ended || left.is_zero() {
                return None;
            }
            let woken = self.shared.changed.wait_timeout(seen, left);
            seen = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits for the end of the stream; `false` if the deadline passes first.
    pub(crate) fn wait_for_end(&self) -> bool {
        let woken =
            self.shared.changed.wait_timeout_while(self.shared.lock(), DEADLINE, |s| !s.ended);
        woken.unwrap_or_else(PoisonError::into_inner).0.ended
    }

    /// Moves the cursor to the end of what has been written so far.
    pub(crate) fn skip(&mut self) {
        self.cursor = self.shared.lock().lines.len();
    }

    /// All lines so far.
    pub(crate) fn all(&self) -> Vec<String> {
        self.shared.lock().lines.clone()
    }
}
