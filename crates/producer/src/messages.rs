//! The messages of a producer's log.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use daemon::{OnChange, StopSignal, counted};
use layout::InstanceName;
use layout::text::shorten;
use region::Surroundings;
use settings::{Settings, duration_text};

use crate::input::{Input, LineError};
use crate::instances::Changes;
use crate::names::list;
use crate::sink::Sink;

/// Logs an event of a producer: level, sink, text. Its fields name the region, for logs that have
/// fields.
macro_rules! log_event {
    ($level:ident, $sink:expr, $($text:tt)+) => {
        tracing::$level!(
            region = %$sink.path().display(),
            epoch = $sink.epoch(),
            sequence = $sink.sequence(),
            $($text)+
        )
    };
}
pub(crate) use log_event;

/// Why the loop ended without an error.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    Signal(StopSignal),
    Ticks,
    Input,
    /// Its configuration is gone.
    Gone,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal(signal) => signal.fmt(f),
            Self::Ticks => f.write_str("all ticks done"),
            Self::Input => f.write_str("end of input"),
            Self::Gone => f.write_str("configuration gone"),
        }
    }
}

/// What was last logged about the input.
#[derive(Debug)]
pub(crate) struct InputLog {
    bad_lines: u64,
    /// Whether it was logged that the one record is not whole yet.
    incomplete: OnChange<bool>,
    /// Why the input's name cannot be followed at present.
    pipe_failure: OnChange<String>,
}

impl InputLog {
    pub(crate) fn new(bad_lines: u64) -> Self {
        Self { bad_lines, incomplete: OnChange::new(), pipe_failure: OnChange::new() }
    }

    /// How many bad lines there were.
    pub(crate) fn bad_lines(&self) -> u64 {
        self.bad_lines
    }

    pub(crate) fn bad_line(&mut self, sink: &dyn Sink, number: u64, error: &LineError) {
        self.bad_lines += 1;
        log_event!(warn, sink, "line {number} skipped: {error}");
    }

    /// Logs that the record is still incomplete after a good line, once for each configuration; the caller
    /// takes care of that for the record of an instance.
    pub(crate) fn incomplete(
        &mut self,
        sink: &dyn Sink,
        number: u64,
        of: Option<&InstanceName>,
        missing: &str,
    ) {
        if let Some(name) = of {
            let name = shorten(name);
            log_event!(
                warn,
                sink,
                "line {number}: nothing is published for {name} until there is a value for {missing}"
            );
        } else if self.incomplete.update(true).is_some() {
            log_event!(
                warn,
                sink,
                "line {number}: nothing is published until there is a value for {missing}"
            );
        }
    }

    /// No good line came before the deadline.
    pub(crate) fn silent(sink: &dyn Sink, limit: Duration) {
        let limit = duration_text(limit);
        log_event!(
            warn,
            sink,
            "no good line of input for {limit}: readers see the region as stalled; look at the \
             program that writes the input"
        );
    }

    /// A good line came after the deadline.
    pub(crate) fn resumed(sink: &dyn Sink) {
        log_event!(info, sink, "a good line of input again: readers see the region as live");
    }

    /// The configuration has changed.
    pub(crate) fn reset(&mut self) {
        self.incomplete.clear();
    }

    /// Logs that the input's name belongs to another pipe now, or why it cannot be followed.
    pub(crate) fn followed(&mut self, sink: &dyn Sink, followed: Result<bool, impl fmt::Display>) {
        match followed {
            Ok(true) => log_event!(info, sink, "the input pipe was replaced; reading the new one"),
            Ok(false) => {
                self.pipe_failure.clear();
            }
            Err(error) => log_failure(&mut self.pipe_failure, sink, error.to_string()),
        }
    }
}

/// How many lines of `input` were read and not published, if there are any.
pub(crate) fn unread(input: Option<&Input>) -> Option<String> {
    let lines = input.map_or(0, Input::unread);
    (lines > 0)
        .then(|| format!("{} of the input had been read and not published", counted(lines, "line")))
}

/// Logs [`unread`] of an input that the producer of `region` gives up.
pub(crate) fn log_unread(region: &Path, input: Option<&Input>) {
    if let Some(text) = unread(input) {
        tracing::warn!(region = %region.display(), "{text}");
    }
}

/// Logs `text` as an error if it differs from `last`.
pub(crate) fn log_failure(last: &mut OnChange<String>, sink: &dyn Sink, text: String) {
    if let Some(text) = last.update(text) {
        log_event!(error, sink, "{text}");
    }
}

/// Logs what is published, where, when and since when.
pub(crate) fn log_start(sink: &dyn Sink, settings: &Settings) {
    let (path, record) = (sink.path().display(), settings.record.schema.name());
    let when = match &settings.producer.input {
        _ if !settings.reads_input() => {
            format!("every {}", duration_text(settings.producer.tick))
        }
        None => "for each line of standard input".to_owned(),
        Some(pipe) => format!("for each line of {}", pipe.display()),
    };
    let origin = sink.origin();
    log_event!(info, sink, "publishing {record} to {path} {when} ({origin})");
}

/// Logs which instances have joined and were retired, and what is wrong with them.
pub(crate) fn log_instances(sink: &dyn Sink, changes: &Changes) {
    let Changes { joined, retired, displaced, dropped, warning } = changes;
    if let Some(warning) = warning {
        log_event!(warn, sink, "{warning}");
    }
    if let Some((count, names)) = counted_names(joined, "instance") {
        log_event!(info, sink, "{count} joined: {names}");
    }
    log_retired(sink, retired);
    if let Some((count, names)) = counted_names(displaced, "instance") {
        log_event!(info, sink, "{count} retired to make room: {names}");
    }
    if let Some((count, names)) = counted_names(dropped, "name") {
        log_event!(
            warn,
            sink,
            "the values of {count} are dropped for lack of room: {names}; raise max"
        );
    }
}

/// Logs which instances the region had before it was opened or changed, and not any more.
pub(crate) fn log_gone(sink: &dyn Sink) {
    let mut gone = sink.gone().to_vec();
    gone.sort_unstable();
    log_retired(sink, &gone);
}

fn log_retired(sink: &dyn Sink, names: &[InstanceName]) {
    if let Some((count, names)) = counted_names(names, "instance") {
        log_event!(info, sink, "{count} retired: {names}");
    }
}

/// How many there are, and a few of them; `None`: there are none.
fn counted_names(names: &[InstanceName], one: &str) -> Option<(String, String)> {
    (!names.is_empty()).then(|| (counted(names.len() as u64, one), list(names)))
}

/// Warns if the region is not in memory alone, or other users may replace its file.
pub(crate) fn warn_of_destination(sink: &dyn Sink) {
    for text in warnings(&sink.surroundings()) {
        warn(sink, &text);
    }
}

/// What is worth a warning about where a region is.
pub(crate) fn warnings(surroundings: &Surroundings) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(exposure) = surroundings.exposure {
        warnings.push(format!("is {exposure}; give a path in a directory of your own"));
    }
    if surroundings.is_disk_backed {
        let text = "is on a disk, whose write-back can hold up a publish for a long time; \
                    give a path in /dev/shm";
        warnings.push(text.to_owned());
    }
    if surroundings.is_on_overlay {
        let text = "is on overlayfs: a writer through the mount and one in the directory of a layer \
                    do not see each other's lock; give a path on a tmpfs, such as /dev/shm";
        warnings.push(text.to_owned());
    }
    warnings
}

/// Warns of a memfd that no service manager keeps.
pub(crate) fn warn_of_memfd(sink: &dyn Sink) {
    let text = "there is no service manager to keep it: it ends with this process; \
                give a path with --region";
    warn(sink, text);
}

fn warn(sink: &dyn Sink, text: &str) {
    log_event!(warn, sink, "{}: {text}", sink.path().display());
}
