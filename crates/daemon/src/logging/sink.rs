//! The sink of lines and entries: never blocks, keeps a limited amount, counts what it drops.
//!
//! Invariant: [`Sink::put`] does not wait. Up to [`MAX_KEPT`] bytes for which the outlet has no
//! room are kept, in order, and offered again by the next [`Sink::put`] or [`Sink::flush`]. Beyond
//! that messages are lost until all kept ones are written; then a note with their number takes
//! their place.
//!
//! ```text
//!   put --> kept: | line 7, half | line 8 | ... --offer--> outlet
//!      \--> no room: lost += 1   ...  kept is empty: note "N messages were lost", lost = 0
//! ```
//!
//! Price: one system call a message; memory only while the outlet is full.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use crate::ticks::Monotonic;

/// Most bytes that are kept.
const MAX_KEPT: usize = 64 << 10;
/// Time between two attempts of [`Sink::finish`].
const RETRY_EVERY: Duration = Duration::from_millis(5);

/// The result of offering a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// This many bytes were written.
    Taken(usize),
    /// Nothing was written: no room for now.
    NoRoom,
    /// Nothing was written: the outlet is broken.
    Failed,
}

/// A destination that accepts messages without blocking.
pub(crate) trait Outlet: fmt::Debug + Send {
    /// Writes as many bytes as there is room for.
    fn offer(&mut self, message: &[u8]) -> Outcome;

    /// Its name in messages.
    fn name(&self) -> &'static str;
}

impl<O: Outlet + ?Sized> Outlet for Box<O> {
    fn offer(&mut self, message: &[u8]) -> Outcome {
        (**self).offer(message)
    }

    fn name(&self) -> &'static str {
        (**self).name()
    }
}

/// An outlet, the messages it had no room for, and the number of lost ones.
#[derive(Debug)]
pub(crate) struct Sink<O> {
    outlet: O,
    kept: VecDeque<Kept>,
    bytes: usize,
    lost: u64,
    /// Whether the last offer returned [`Outcome::Failed`].
    is_broken: bool,
}

/// The rest of a message, and how many messages are lost with it: a note stands for several.
#[derive(Debug)]
struct Kept {
    message: Vec<u8>,
    stands_for: u64,
}

impl<O: Outlet> Sink<O> {
    pub(crate) fn new(outlet: O) -> Self {
        Self { outlet, kept: VecDeque::new(), bytes: 0, lost: 0, is_broken: false }
    }

    /// Writes `message`, keeps it, or counts it as lost; `note` words the message about those lost
    /// before.
    pub(crate) fn put(&mut self, message: Vec<u8>, note: impl FnOnce(u64, &str) -> Vec<u8>) {
        self.flush(note);
        if self.lost > 0 || self.bytes + message.len() > MAX_KEPT {
            self.lost += 1;
            return;
        }
        self.keep(message, 1);
    }

    /// Writes the kept messages, then the `note` about lost ones, as far as there is room.
    pub(crate) fn flush(&mut self, note: impl FnOnce(u64, &str) -> Vec<u8>) {
        self.offer_kept();
        if self.lost > 0 && self.kept.is_empty() {
            let lost = std::mem::take(&mut self.lost);
            self.keep(note(lost, self.outlet.name()), lost);
        }
    }

    /// As [`flush`](Self::flush) at the end of the process: waits for room, but no longer than `most`, and not for that of
    /// a broken outlet.
    pub(crate) fn finish(&mut self, most: Duration, note: impl Fn(u64, &str) -> Vec<u8>) {
        let deadline = Monotonic::now().after(most);
        loop {
            self.flush(&note);
            if self.is_done() || self.is_broken || Monotonic::now() >= deadline {
                return;
            }
            std::thread::sleep(RETRY_EVERY);
        }
    }

    fn is_done(&self) -> bool {
        self.kept.is_empty() && self.lost == 0
    }

    fn keep(&mut self, message: Vec<u8>, stands_for: u64) {
        self.bytes += message.len();
        self.kept.push_back(Kept { message, stands_for });
        self.offer_kept();
    }

    fn offer_kept(&mut self) {
        while let Some(Kept { message, stands_for }) = self.kept.front_mut() {
            let outcome = self.outlet.offer(message);
            self.is_broken = outcome == Outcome::Failed;
            match outcome {
                Outcome::Taken(length) if length < message.len() => {
                    self.bytes -= length;
                    message.drain(..length);
                    continue;
                }
                Outcome::Taken(_) => {}
                Outcome::NoRoom => return,
                Outcome::Failed => self.lost += *stands_for,
            }
            self.bytes -= message.len();
            self.kept.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{MAX_KEPT, Outcome, Outlet, Sink};

    /// An outlet with room for this many bytes.
    #[derive(Debug, Default)]
    struct Space {
        room: usize,
        written: Vec<u8>,
        is_broken: bool,
    }

    impl Outlet for Space {
        fn offer(&mut self, message: &[u8]) -> Outcome {
            let length = message.len().min(self.room);
            if self.is_broken {
                return Outcome::Failed;
            }
            if length == 0 {
                return Outcome::NoRoom;
            }
            self.room -= length;
            self.written.extend(&message[..length]);
            Outcome::Taken(length)
        }

        fn name(&self) -> &'static str {
            "it"
        }
    }

    fn note(count: u64, what: &str) -> Vec<u8> {
        format!("{count} lost by {what}\n").into_bytes()
    }

    fn sink(room: usize) -> Sink<Space> {
        Sink::new(Space { room, ..Space::default() })
    }

    fn put(sink: &mut Sink<Space>, text: &str) {
        sink.put(text.into(), note);
    }

    fn written(sink: &Sink<Space>) -> &str {
        str::from_utf8(&sink.outlet.written).expect("text")
    }

    #[test]
    fn a_half_written_line_is_completed_before_the_next() {
        let mut sink = sink(4);
        put(&mut sink, "one\n");
        sink.outlet.room = 2;
        put(&mut sink, "two\n");
        put(&mut sink, "three\n");
        assert_eq!(written(&sink), "one\ntw");
        sink.outlet.room = 100;
        sink.flush(note);
        assert_eq!(written(&sink), "one\ntwo\nthree\n");
        assert_eq!((sink.bytes, sink.is_done()), (0, true));
    }

    #[test]
    fn lost_messages_are_counted_and_noted_in_their_place() {
        let mut sink = sink(0);
        let line = format!("{}\n", "x".repeat(1023));
        for _ in 0..MAX_KEPT / 1024 + 5 {
            put(&mut sink, &line);
        }
        assert_eq!((sink.kept.len(), sink.lost), (MAX_KEPT / 1024, 5));
        sink.outlet.room = 1024;
        put(&mut sink, "lost too\n");
        assert_eq!(sink.lost, 6, "there is room for it, but not in its order");
        sink.outlet.room = MAX_KEPT + 100;
        put(&mut sink, "the next\n");
        assert!(written(&sink).ends_with("xxx\n6 lost by it\nthe next\n"));
        assert_eq!((sink.bytes, sink.is_done()), (0, true));
    }

    #[test]
    fn messages_to_a_broken_outlet_are_lost_and_not_kept() {
        let mut sink = sink(0);
        put(&mut sink, "kept\n");
        sink.outlet.is_broken = true;
        put(&mut sink, "a\n");
        put(&mut sink, "b\n");
        assert!(sink.kept.is_empty() && sink.lost > 0, "{sink:?}");
        assert!(sink.is_broken, "`finish` waits for nothing");
        sink.finish(Duration::from_secs(9), note);
        sink.outlet = Space { room: 100, ..Space::default() };
        put(&mut sink, "c\n");
        assert_eq!(written(&sink), "3 lost by it\nc\n");
    }
}
