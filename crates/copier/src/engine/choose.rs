//! Which engine is the fastest for these two files: measured on the first parts of the copy itself.
//!
//! ```text
//!   parts of one process   mmap pread copy-range mmap pread copy-range | the fastest, to the end
//! ```
//!
//! Invariant: no part is copied for the measurement alone, and every engine that works was measured
//! [`ROUNDS`] times before one is preferred.
//!
//! Price: up to four parts per process by engines that are not the fastest.

use std::time::Duration;

use super::Engine;
use crate::plan::{PART, Part};

/// Measurements of each engine; its best counts, because other work only ever slows one down.
const ROUNDS: u32 = 2;
/// Shorter parts measure the system calls, not the copying.
const LONG_ENOUGH: u64 = PART / 2;

/// What is known of one engine.
#[derive(Clone, Copy, Debug, Default)]
struct Record {
    measured: u32,
    /// Bytes in a second, the best so far.
    best: f64,
    is_unsupported: bool,
}

/// Chooses an engine for each part.
#[derive(Debug)]
pub(crate) struct Chooser {
    named: Option<Engine>,
    records: [Record; Engine::ALL.len()],
}

impl Chooser {
    /// One that always takes `named`, or measures.
    pub(crate) fn new(named: Option<Engine>) -> Self {
        Self { named, records: Default::default() }
    }

    /// The engine for `part`.
    pub(crate) fn choose(&self, part: Part) -> Engine {
        match self.named {
            Some(engine) => engine,
            None if part.len < LONG_ENOUGH => self.fastest().unwrap_or(Engine::Pread),
            None => self.unmeasured().or_else(|| self.fastest()).unwrap_or(Engine::Pread),
        }
    }

    /// `engine` has copied `part` in so long.
    pub(crate) fn learn(&mut self, engine: Engine, part: Part, elapsed: Duration) {
        if part.len >= LONG_ENOUGH {
            let record = &mut self.records[index(engine)];
            record.measured += 1;
            #[allow(clippy::cast_precision_loss, reason = "a speed")]
            let rate = part.len as f64 / elapsed.as_secs_f64().max(1e-9);
            record.best = record.best.max(rate);
        }
    }

    /// `engine` cannot copy between these files. Is there another one to take?
    pub(crate) fn rule_out(&mut self, engine: Engine) -> bool {
        self.records[index(engine)].is_unsupported = true;
        self.named.is_none() && engine != Engine::Pread
    }

    /// The engine that has been measured least, if not often enough.
    fn unmeasured(&self) -> Option<Engine> {
        let open = self.usable().filter(|(_, record)| record.measured < ROUNDS);
        open.min_by_key(|(_, record)| record.measured).map(|(engine, _)| engine)
    }

    fn fastest(&self) -> Option<Engine> {
        let measured = self.usable().filter(|(_, record)| record.measured > 0);
        measured.max_by(|(_, a), (_, b)| a.best.total_cmp(&b.best)).map(|(engine, _)| engine)
    }

    fn usable(&self) -> impl Iterator<Item = (Engine, &Record)> {
        Engine::ALL.into_iter().zip(&self.records).filter(|(_, record)| !record.is_unsupported)
    }
}

fn index(engine: Engine) -> usize {
    Engine::ALL.iter().position(|other| *other == engine).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Part = Part { at: 0, len: PART };
    const SHORT: Part = Part { at: 0, len: 4096 };

    fn after_trials(chooser: &mut Chooser, millis: [u64; 3]) -> Vec<Engine> {
        let mut tried = Vec::new();
        for _ in 0..2 * Engine::ALL.len() {
            let engine = chooser.choose(LONG);
            tried.push(engine);
            chooser.learn(engine, LONG, Duration::from_millis(millis[index(engine)]));
        }
        tried
    }

    #[test]
    fn every_engine_is_tried_twice_in_turn_and_then_the_fastest_is_kept() {
        for (millis, fastest) in
            [([1, 2, 3], Engine::Mmap), ([2, 1, 3], Engine::Pread), ([3, 2, 1], Engine::CopyRange)]
        {
            let mut chooser = Chooser::new(None);
            let tried = after_trials(&mut chooser, millis);
            assert_eq!(tried, [Engine::ALL, Engine::ALL].concat());
            assert_eq!(chooser.choose(LONG), fastest);
        }
    }

    #[test]
    fn short_parts_are_neither_measured_nor_wait_for_a_measurement() {
        let mut chooser = Chooser::new(None);
        assert_eq!(chooser.choose(SHORT), Engine::Pread);
        chooser.learn(Engine::Pread, SHORT, Duration::from_nanos(1));
        assert_eq!(chooser.choose(LONG), Engine::Mmap);
    }

    #[test]
    fn an_engine_that_cannot_is_not_asked_again() {
        let mut chooser = Chooser::new(None);
        assert!(chooser.rule_out(Engine::CopyRange));
        assert!(!after_trials(&mut chooser, [2, 1, 0]).contains(&Engine::CopyRange));
        assert_eq!(chooser.choose(LONG), Engine::Pread);
    }

    #[test]
    fn an_engine_that_was_asked_for_by_name_has_no_substitute() {
        let mut chooser = Chooser::new(Some(Engine::CopyRange));
        assert_eq!(
            (chooser.choose(LONG), chooser.choose(SHORT)),
            (Engine::CopyRange, Engine::CopyRange)
        );
        assert!(!chooser.rule_out(Engine::CopyRange));
    }
}
