//! What a producer says about itself: once, when it changes, and not too often.

use std::fmt;

use daemon::{Monotonic, StopSignal};

use crate::input::{Keys, LineError};
use crate::run::Producer;

/// Why the loop ended in good order.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    Signal(StopSignal),
    Ticks,
    Input,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal(signal) => signal.fmt(f),
            Self::Ticks => f.write_str("all ticks done"),
            Self::Input => f.write_str("end of input"),
        }
    }
}

/// What the end message counts.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) ticks: u64,
    pub(crate) records: u64,
    pub(crate) bad_lines: u64,
}

/// Something that is wrong at present: said when it begins and when it changes.
#[derive(Debug, Default)]
pub(crate) struct Ailment(Option<String>);

impl Ailment {
    pub(crate) fn say(&mut self, text: String) {
        if self.0.as_ref() != Some(&text) {
            tracing::error!("{text}");
            self.0 = Some(text);
        }
    }

    pub(crate) fn ends(&mut self) {
        self.0 = None;
    }
}

impl Producer<'_> {
    pub(crate) fn say_incomplete(&mut self, number: u64, keys: &Keys) {
        if !self.incomplete_said {
            self.incomplete_said = true;
            let missing = keys.missing().join(", ");
            tracing::warn!(
                "line {number}: nothing is published before there is a value for {missing}"
            );
        }
    }

    pub(crate) fn say_bad_line(&mut self, number: u64, error: &LineError) {
        self.tally.bad_lines += 1;
        if let Some(held) = self.bad_lines.pass(Monotonic::now()) {
            if held > 0 {
                tracing::warn!("{held} more bad lines were skipped without a message");
            }
            tracing::warn!("line {number} skipped: {error}");
        }
    }

    pub(crate) fn say_hello(&self) {
        let (path, schema) = (self.outlet.path().display(), &self.settings.record.schema);
        let pace = humantime::format_duration(self.settings.producer.tick);
        let when = match (&self.input, &self.settings.producer.input) {
            (None, _) => format!("every {pace}"),
            (Some(_), None) => "for each line of standard input".to_owned(),
            (Some(_), Some(pipe)) => format!("for each line of {}", pipe.display()),
        };
        let origin = self.outlet.origin();
        tracing::info!("publishing {} to {path} {when} ({origin})", schema.name());
        self.warn_if_slow();
    }

    /// Says it when the region is not in memory alone.
    pub(crate) fn warn_if_slow(&self) {
        if self.outlet.is_disk_backed() {
            tracing::warn!(
                "{}: is on a disk, whose write-back can hold up a publish for a long time; \
                 give a path in /run or /dev/shm",
                self.outlet.path().display()
            );
        }
    }

    pub(crate) fn say_goodbye(self, end: End) {
        let Self { outlet, tally: Tally { records, bad_lines, .. }, ticks, input, .. } = self;
        let path = outlet.path().display().to_string();
        drop(outlet); // closes the region
        if let Some(input) = input {
            let missing = input.keys().missing();
            if records == 0 && !missing.is_empty() {
                let missing = missing.join(", ");
                tracing::warn!("nothing was published: there was no value for {missing}");
            }
            tracing::info!("closed {path} ({end}): {records} records, {bad_lines} bad lines");
        } else {
            let missed = ticks.missed();
            tracing::info!("closed {path} ({end}): {records} records, {missed} missed ticks");
        }
    }
}
