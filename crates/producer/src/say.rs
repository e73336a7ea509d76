//! What a producer says about itself: once, when it changes, and not too often.

use std::fmt;

use daemon::{Monotonic, OnChange, StopSignal};

use crate::input::{Keys, LineError};
use crate::outlet::Outlet;
use crate::run::Producer;

/// An event of a producer: level, outlet, text. It carries which region it is about, for logs that
/// have fields.
macro_rules! say {
    ($level:ident, $outlet:expr, $($text:tt)+) => {
        tracing::$level!(
            region = %$outlet.path().display(),
            epoch = $outlet.epoch(),
            sequence = $outlet.sequence(),
            $($text)+
        )
    };
}
pub(crate) use say;

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
}

/// Logs `text` as an error of `outlet`, unless it is what `last` holds already.
pub(crate) fn say_failure(last: &mut OnChange<String>, outlet: &Outlet, text: String) {
    if let Some(text) = last.update(text) {
        say!(error, outlet, "{text}");
    }
}

impl Producer<'_> {
    pub(crate) fn say_incomplete(&mut self, number: u64, keys: &Keys) {
        if !self.incomplete_said {
            self.incomplete_said = true;
            let missing = keys.missing().join(", ");
            say!(
                warn,
                self.outlet,
                "line {number}: nothing is published before there is a value for {missing}"
            );
        }
    }

    pub(crate) fn say_bad_line(&mut self, number: u64, error: &LineError) {
        let outlet = &self.outlet;
        self.bad_lines.note(number, error, |text| say!(warn, outlet, "{text}"));
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
        let record = schema.name();
        say!(info, self.outlet, "publishing {record} to {path} {when} ({origin})");
        self.warn_of_place();
        if self.args.memfd && !self.service.is_connected() {
            say!(
                warn,
                self.outlet,
                "{path}: there is no service manager to keep it: it ends with this process; \
                 give a path with --region"
            );
        }
    }

    /// Says it when the region is not in memory alone, or others may put files in its place.
    pub(crate) fn warn_of_place(&self) {
        let path = self.outlet.path();
        if let Some(exposure) = self.outlet.exposure() {
            say!(
                warn,
                self.outlet,
                "{}: is {exposure}; give a path in a directory of your own",
                path.display()
            );
        }
        if self.outlet.is_disk_backed() {
            say!(
                warn,
                self.outlet,
                "{}: is on a disk, whose write-back can hold up a publish for a long time; \
                 give a path in /run or /dev/shm",
                self.outlet.path().display()
            );
        }
        if self.outlet.is_on_overlay() {
            say!(
                warn,
                self.outlet,
                "{}: is on overlayfs: a writer through the mount and one in the directory of a layer \
                 do not see each other's lock; give a path on a tmpfs, such as /dev/shm",
                self.outlet.path().display()
            );
        }
    }

    /// Tells the service manager which record it is and how fast they come.
    pub(crate) fn say_progress(&mut self, now: Monotonic) {
        if !self.service.is_connected() || self.tally.records == 0 {
            return;
        }
        // A bare file has no numbers of its own.
        let sequence = self.outlet.sequence().unwrap_or(self.tally.records);
        let what = format_args!("publishing {}", self.settings.region.address);
        self.service.progress(now, &what, sequence);
    }

    /// What the producer is doing, in a few words.
    pub(crate) fn status(&self) -> String {
        let name = &self.settings.region.address;
        match (self.tally.records, self.outlet.sequence()) {
            (0, _) if self.input.is_some() => format!("{name}: waiting for input"),
            (_, Some(sequence)) => format!("publishing {name}: sequence {sequence}"),
            (records, None) => format!("publishing {name}: record {records}"),
        }
    }

    pub(crate) fn say_goodbye(self, end: End) {
        let Self { outlet, service, tally, bad_lines, ticks, input, .. } = self;
        let Tally { records, .. } = tally;
        let path = outlet.path().display().to_string();
        let (epoch, sequence) = (outlet.epoch(), outlet.sequence());
        // Closes the region first, so that a slow log or manager does not delay its readers.
        drop(outlet);
        let missing = input.as_ref().map(|input| input.keys().missing()).unwrap_or_default();
        if records == 0 && !missing.is_empty() {
            let missing = missing.join(", ");
            tracing::warn!(region = %path, "nothing was published: there was no value for {missing}");
        }
        let troubles = match input {
            Some(_) => format!("{} bad lines", bad_lines.count()),
            None => format!("{} missed ticks", ticks.missed()),
        };
        tracing::info!(
            region = %path,
            epoch,
            sequence,
            "closed {path} ({end}): {records} records, {troubles}"
        );
        service.stopping(&format!("closed {path} ({end})"));
    }
}
