//! The end of a region: what there is to log, after others are closed too, so that a slow log does not delay
//! their readers.

use daemon::counted;
use tracing::Span;

use super::producer::Producer;
use crate::input::Input;
use crate::messages::{End, unread};

impl Producer {
    /// Closes the region.
    pub(super) fn close(self, span: Span) -> Closed {
        let Self { publisher, records, schedule, input, input_log, .. } = self;
        records.log_losses();
        let (sink, count) = (&publisher.sink, publisher.records());
        let keys = input.as_ref().map(Input::keys);
        let unread = unread(input.as_ref());
        let incomplete = keys.and_then(|keys| records.unpublished(keys, count));
        let failures = match input {
            Some(_) => counted(input_log.bad_lines(), "bad line"),
            None => counted(schedule.missed(), "missed tick"),
        };
        Closed {
            span,
            path: sink.path().display().to_string(),
            epoch: sink.epoch(),
            sequence: sink.sequence(),
            records: count,
            unpublished: incomplete.into_iter().chain(unread).collect(),
            failures,
        }
    }
}

/// A region that was closed.
#[derive(Debug)]
pub(super) struct Closed {
    span: Span,
    pub(super) path: String,
    epoch: Option<u64>,
    sequence: Option<u64>,
    records: u64,
    /// What of the input was not published.
    unpublished: Vec<String>,
    failures: String,
}

impl Closed {
    pub(super) fn log(&self, end: End) {
        let Self { span, path, epoch, sequence, records, unpublished, failures } = self;
        let _about = span.enter();
        for what in unpublished {
            tracing::warn!(region = %path, "{what}");
        }
        tracing::info!(
            region = %path,
            epoch,
            sequence,
            "closed {path} ({end}): {}, {failures}",
            counted(*records, "record")
        );
    }
}
