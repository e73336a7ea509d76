//! Values that are lost and found again: noted while records are sampled and logged after that, one message
//! for all instances that have lost the same.
//!
//! Invariant: at most [`LOSSES`] messages about losses are logged in each [`WINDOW`], and the other losses are
//! counted; what is not logged as lost is not logged as found.
//!
//! Price: until it is logged, a name for each instance, and a text for the first few.

use std::time::Duration;

use daemon::{Monotonic, RateLimit, counted};
use layout::InstanceName;
use tracing::Level;

use super::sample_error::Alike;
use crate::names::{LISTED, list};

/// The most messages about losses in each [`WINDOW`].
const LOSSES: u32 = 100;
/// The time to which that limit applies.
const WINDOW: Duration = Duration::from_secs(10);

/// What is to be logged.
#[derive(Debug)]
pub(crate) struct Losses {
    limit: RateLimit,
    notes: Vec<Note>,
}

/// What has happened to the value of a field.
#[derive(Debug, PartialEq)]
pub(super) struct What<'f> {
    pub(super) field: &'f str,
    pub(super) level: Level,
    /// Why it is lost; `None`: it is found.
    pub(super) why: Option<Alike>,
}

/// It has happened in the one record, or in some instances.
#[derive(Debug)]
struct Note {
    field: String,
    level: Level,
    why: Option<Alike>,
    /// Losses before it that were not logged.
    held: u64,
    /// The record, or the instances, and what to log of the first few.
    of: Vec<(Option<InstanceName>, String)>,
}

impl Default for Losses {
    fn default() -> Self {
        Self { limit: RateLimit::new(LOSSES, WINDOW), notes: Vec::new() }
    }
}

impl Losses {
    /// Notes what has happened at `now` to the record, or to an instance. `false`: there were too many losses.
    pub(super) fn note(
        &mut self,
        what: What<'_>,
        of: Option<&InstanceName>,
        now: Monotonic,
        text: impl FnOnce() -> String,
    ) -> bool {
        let of = of.copied();
        if let Some(note) = self.notes.iter_mut().find(|note| note.what() == what) {
            let text = if note.of.len() < LISTED { text() } else { String::new() };
            note.of.push((of, text));
            return true;
        }
        let held = if what.why.is_some() { self.limit.pass(now) } else { Some(0) };
        let Some(held) = held else { return false };
        let What { field, level, why } = what;
        self.notes.push(Note { field: field.to_owned(), level, why, held, of: vec![(of, text())] });
        true
    }

    /// Whether there is something to log.
    pub(crate) fn is_noted(&self) -> bool {
        !self.notes.is_empty()
    }

    /// Forgets what was noted of the instances for which `is_gone` is true.
    pub(crate) fn forget(&mut self, is_gone: impl Fn(&InstanceName) -> bool) {
        for note in &mut self.notes {
            note.of.retain(|(of, _)| !of.as_ref().is_some_and(&is_gone));
        }
    }

    /// Logs what was noted.
    pub(crate) fn log(&mut self) {
        for note in self.notes.drain(..) {
            if note.held > 0 {
                tracing::warn!("{} lost without a message", counted(note.held, "more value"));
            }
            let Some(text) = note.text() else { continue };
            match note.level {
                Level::ERROR => tracing::error!("{text}"),
                Level::WARN => tracing::warn!("{text}"),
                _ => tracing::info!("{text}"),
            }
        }
    }
}

impl Note {
    fn what(&self) -> What<'_> {
        What { field: &self.field, level: self.level, why: self.why.clone() }
    }

    /// What is logged; `None`: all of its instances are gone.
    fn text(&self) -> Option<String> {
        // Those with a text come first: the first one has none only if all of these are gone.
        let ((first, text), more) = self.of.split_first()?;
        let text = if text.is_empty() {
            format!("field {:?}: has no value", self.field)
        } else {
            text.clone()
        };
        let Some(first) = first else { return Some(text) };
        let names: Vec<_> = more.iter().filter_map(|(name, _)| *name).collect();
        if names.is_empty() {
            return Some(format!("{first}: {text}"));
        }
        let count = counted(names.len() as u64, "more instance");
        Some(format!("{first}: {text}; the same in {count}: {}", list(&names)))
    }
}
