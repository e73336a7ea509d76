//! Which engine is the fastest for these two files: measured on the first bytes of the copy itself,
//! by all processes of the copy together.
//!
//! ```text
//!   one process       |mmap|pread|copy-range| the fastest ...
//!   another process   |mmap|pread|copy-range| the fastest ...
//!                      2 MiB each
//! ```
//!
//! The scores are shared, and trials of one engine come in pairs: two processes that write to one file
//! slow each other down, with some engines more than with others, which has to be measured.
//! Trials are shorter than parts: a machine that is slow for a while would slow down one engine only.
//!
//! Invariant: nothing is copied for the measurement alone, and no engine is preferred before every
//! other one that works has been tried, or is being tried by another process.
//!
//! Price: 8 MiB of a copy by engines that are not the fastest.

use std::time::Duration;

use shared::{Shared, SharedError};

use super::Engine;
use crate::plan::Part;

/// Trials of each engine, one after the other, so that two processes make them side by side. The
/// mean of their speeds counts: one alone may have been disturbed.
const ROUNDS: u64 = 2;
/// Bytes of one trial: a huge page. Fewer measure the system calls, not the copying.
const TRIAL: u64 = 2 << 20;
const ENGINES: usize = Engine::ALL.len();
const TRIALS: u64 = ROUNDS * ENGINES as u64;

/// Where the scores lie: trials given out, then for each engine these three.
const TICKET: usize = 0;
const MEASURED: usize = 1;
/// The sum of all speeds that were measured.
const RATES: usize = MEASURED + ENGINES;
const RULED_OUT: usize = RATES + ENGINES;
const CELLS: usize = RULED_OUT + ENGINES;

/// The measurements of all processes of a copy.
///
/// Numbers that belong together are not read together: a score may be one part old.
#[derive(Debug)]
pub(crate) struct Scores(Shared<u64>);

impl Scores {
    /// Without measurements. Made before the processes, which share it.
    pub(crate) fn new() -> Result<Self, SharedError> {
        Shared::anonymous(CELLS).map(Self)
    }

    /// The engine of a trial that no other worker makes; `None`: all trials were given out.
    fn trial(&self) -> Option<Engine> {
        while self.0.get(TICKET) < TRIALS {
            let ticket = self.0.add(TICKET, 1);
            let turn = usize::try_from(ticket / ROUNDS).unwrap_or_default();
            let engine = Some(Engine::ALL[turn % ENGINES]);
            let engine = engine.filter(|engine| ticket < TRIALS && self.is_usable(*engine));
            if engine.is_some() {
                return engine;
            }
        }
        None
    }

    /// The mean of its speeds, in bytes a second; 0: not measured.
    fn rate(&self, engine: Engine) -> u64 {
        let engine = index(engine);
        self.0.get(RATES + engine) / self.0.get(MEASURED + engine).max(1)
    }

    fn is_usable(&self, engine: Engine) -> bool {
        self.0.get(RULED_OUT + index(engine)) == 0
    }

    fn fastest(&self) -> Option<Engine> {
        let rate = |engine: &Engine| self.rate(*engine);
        let usable = Engine::ALL.into_iter().filter(|engine| self.is_usable(*engine));
        usable.filter(|engine| rate(engine) > 0).max_by_key(rate)
    }

    /// In a trial, `engine` has copied so many bytes in a second.
    fn learn(&self, engine: Engine, rate: u64) {
        self.0.add(RATES + index(engine), rate.max(1));
        self.0.add(MEASURED + index(engine), 1);
    }
}

/// Chooses an engine for each part.
#[derive(Debug)]
pub(crate) enum Chooser<'a> {
    /// The one that was requested.
    Named(Engine),
    /// The fastest.
    Measured(&'a Scores),
}

impl Chooser<'_> {
    /// How many of the first bytes of `part` to copy at once, and with which engine.
    pub(crate) fn choose(&self, part: Part) -> (Part, Engine) {
        let scores = match self {
            Self::Named(engine) => return (part, *engine),
            Self::Measured(scores) => scores,
        };
        let trial = if part.len < TRIAL { None } else { scores.trial() };
        match trial {
            Some(engine) => (Part { len: TRIAL, ..part }, engine),
            None => (part, scores.fastest().unwrap_or(Engine::Pread)),
        }
    }

    /// `engine` has copied `part`, the answer of [`Chooser::choose`], in so long.
    pub(crate) fn learn(&self, engine: Engine, part: Part, elapsed: Duration) {
        if let Self::Measured(scores) = self
            && part.len == TRIAL
        {
            let nanos = u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX).max(1);
            scores.learn(engine, part.len.saturating_mul(1_000_000_000) / nanos);
        }
    }

    /// `engine` cannot copy between these files. Is there another one to take?
    pub(crate) fn rule_out(&self, engine: Engine) -> bool {
        match self {
            Self::Named(_) => false,
            Self::Measured(scores) => {
                scores.0.set(RULED_OUT + index(engine), 1);
                engine != Engine::Pread
            }
        }
    }
}

fn index(engine: Engine) -> usize {
    Engine::ALL.iter().position(|other| *other == engine).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Part = Part { at: 0, len: 8 << 20 };
    const SHORT: Part = Part { at: 0, len: 4096 };

    /// Two processes in turn, in which each engine takes so many milliseconds for a trial.
    fn after_trials(scores: &Scores, millis: [u64; 3]) -> Vec<Engine> {
        let choosers = [Chooser::Measured(scores), Chooser::Measured(scores)];
        let mut tried = Vec::new();
        while scores.0.get(TICKET) < TRIALS {
            let chooser = &choosers[tried.len() % 2];
            let (slice, engine) = chooser.choose(LONG);
            if slice != LONG {
                assert_eq!(slice, Part { at: 0, len: TRIAL });
                tried.push(engine);
                chooser.learn(engine, slice, Duration::from_millis(millis[index(engine)]));
            }
        }
        tried
    }

    #[test]
    fn every_engine_is_tried_in_turn_by_all_together_and_then_all_take_the_fastest() {
        for (millis, fastest) in [
            ([10, 11, 12], Engine::Mmap),
            ([11, 10, 12], Engine::Pread),
            ([12, 11, 10], Engine::CopyRange),
        ] {
            let scores = Scores::new().unwrap();
            let pairs = Engine::ALL.map(|engine| [engine; 2]).concat();
            assert_eq!(after_trials(&scores, millis), pairs);
            for _ in 0..2 {
                assert_eq!(Chooser::Measured(&scores).choose(LONG), (LONG, fastest));
            }
        }
    }

    #[test]
    fn of_several_trials_the_mean_speed_counts_and_whole_parts_do_not() {
        let scores = Scores::new().unwrap();
        after_trials(&scores, [1000, 1200, 1300]);
        let chooser = Chooser::Measured(&scores);
        let slice = Part { at: 0, len: TRIAL };
        chooser.learn(Engine::Mmap, LONG, Duration::from_mins(15));
        assert_eq!(chooser.choose(LONG).1, Engine::Mmap);
        chooser.learn(Engine::Pread, slice, Duration::from_millis(500));
        assert_eq!(chooser.choose(LONG).1, Engine::Pread);
        for _ in 0..4 {
            chooser.learn(Engine::Pread, slice, Duration::from_secs(2));
        }
        assert_eq!(chooser.choose(LONG).1, Engine::Mmap);
    }

    #[test]
    fn short_parts_are_neither_tried_with_nor_wait_for_a_trial() {
        let scores = Scores::new().unwrap();
        let chooser = Chooser::Measured(&scores);
        assert_eq!(chooser.choose(SHORT), (SHORT, Engine::Pread));
        chooser.learn(Engine::Pread, SHORT, Duration::from_nanos(1));
        assert_eq!(chooser.choose(LONG).1, Engine::Mmap);
    }

    #[test]
    fn an_engine_that_cannot_is_not_asked_again() {
        let scores = Scores::new().unwrap();
        assert!(Chooser::Measured(&scores).rule_out(Engine::CopyRange));
        let tried = after_trials(&scores, [11, 10, 0]);
        assert!(!tried.contains(&Engine::CopyRange) && tried.contains(&Engine::Mmap));
        assert_eq!(Chooser::Measured(&scores).choose(LONG).1, Engine::Pread);
        assert!(!Chooser::Measured(&scores).rule_out(Engine::Pread), "there is no other");
    }

    #[test]
    fn an_engine_that_was_asked_for_by_name_has_no_substitute() {
        let chooser = Chooser::Named(Engine::CopyRange);
        assert_eq!(chooser.choose(LONG), (LONG, Engine::CopyRange));
        assert_eq!(chooser.choose(SHORT), (SHORT, Engine::CopyRange));
        assert!(!chooser.rule_out(Engine::CopyRange));
    }
}
