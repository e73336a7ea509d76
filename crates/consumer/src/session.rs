//! What both loops share: the link, the printer, the voice, and when to stop.
//!
//! Invariant: what is printed and what is said keep their order. Before a notice goes to stderr,
//! the lines before it have left for stdout.

use std::io::Write;
use std::time::Duration;

use daemon::Monotonic;

use crate::error::ConsumerError;
use crate::link::Link;
use crate::notice::{Notice, Voice};
use crate::pace::Pace;
use crate::patience::Patience;
use crate::printer::{Flow, Printer};

/// Shortest time between two notices about missed records; those between are added up.
const MISSED_EVERY: Duration = Duration::from_secs(1);
/// A wait that is shorter than this did not wait.
const BLINK: Duration = Duration::from_micros(100);
/// So many of them in a row, with nothing to read in between, come from a broken region.
const MAX_BLINKS: u32 = 16;

/// One run of the program.
#[derive(Debug)]
pub(crate) struct Session<P, W: Write, V> {
    pub(crate) link: Link,
    pub(crate) printer: Printer<W>,
    pub(crate) patience: Patience,
    pub(crate) pace: P,
    voice: V,
    missed: u64,
    missed_said: Option<Monotonic>,
    blinks: u32,
}

impl<P: Pace, W: Write, V: Voice> Session<P, W, V> {
    pub(crate) fn new(
        link: Link,
        printer: Printer<W>,
        patience: Patience,
        pace: P,
        voice: V,
    ) -> Self {
        Self { link, printer, patience, pace, voice, missed: 0, missed_said: None, blinks: 0 }
    }

    /// Runs `work`, then says and prints what is left to be said and printed.
    pub(crate) fn run(
        mut self,
        work: impl FnOnce(&mut Self) -> Result<(), ConsumerError>,
    ) -> Result<(), ConsumerError> {
        let result = work(&mut self);
        // Nobody may be there any more; the end is the end.
        let flushed = self.printer.flush().map(drop);
        self.say_news();
        self.say_missed();
        result.and(flushed)
    }

    /// Sends what is printed, then says what is new.
    pub(crate) fn tell(&mut self) -> Result<Flow, ConsumerError> {
        let flow = self.printer.flush()?;
        self.say_news();
        let now = Monotonic::now();
        if self.missed_said.is_none_or(|said| now.since(said) >= MISSED_EVERY) {
            self.say_missed();
        }
        Ok(flow)
    }

    fn say_news(&mut self) {
        for notice in self.link.take_news() {
            self.pace.note(&notice);
            self.voice.say(&notice);
        }
    }

    /// The loop has come round.
    pub(crate) fn turn(&mut self) {
        self.pace.turn(&self.link, self.patience.sequence());
    }

    /// Records are gone. Says so at once, or together with others if it has just been said.
    pub(crate) fn miss(&mut self, count: u64) -> Result<Flow, ConsumerError> {
        self.missed = self.missed.saturating_add(count);
        let now = Monotonic::now();
        if self.missed_said.is_some_and(|said| now.since(said) < MISSED_EVERY) {
            return Ok(Flow::Continue(()));
        }
        self.tell()
    }

    fn say_missed(&mut self) {
        if self.missed > 0 {
            self.voice.say(&Notice::Missed(std::mem::take(&mut self.missed)));
            self.missed_said = Some(Monotonic::now());
        }
    }

    /// Waits for a record; `is_idle`: there was nothing to read since the last wait.
    pub(crate) fn await_record(&mut self, is_idle: bool) -> Result<Flow, ConsumerError> {
        let span = self.patience.shorten(self.link.look_every());
        let before = Monotonic::now();
        self.pace.await_record(&self.link, span)?;
        // A hostile head may promise a record that never comes: do not spin on it.
        let is_blink = is_idle && Monotonic::now().since(before) < BLINK;
        self.blinks = if is_blink { self.blinks.saturating_add(1) } else { 0 };
        if self.blinks > MAX_BLINKS {
            self.pace.sleep(Duration::from_millis(1))?;
        }
        Ok(self.is_over())
    }

    /// Sleeps for `span`, or until something has to be looked at.
    pub(crate) fn sleep(&mut self, span: Duration) -> Result<Flow, ConsumerError> {
        let span = self.patience.shorten(span.min(self.link.look_every()));
        self.pace.sleep(span)?;
        Ok(self.is_over())
    }

    fn is_over(&self) -> Flow {
        if self.pace.is_over() || self.pace.is_deserted() {
            Flow::Break(())
        } else {
            Flow::Continue(())
        }
    }
}
