//! A log whose bytes a test can read.

use std::sync::{Arc, Mutex};

use tracing_subscriber::Layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;

use super::limits::End;
use super::sink::{Outcome, Outlet};
use super::{Format, Log, LogFilter, ToLog};

/// Has room for everything.
#[derive(Clone, Debug, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Outlet for Memory {
    fn offer(&mut self, message: &[u8]) -> Outcome {
        self.0.lock().expect("not poisoned").extend_from_slice(message);
        Outcome::Taken(message.len())
    }

    fn name(&self) -> &'static str {
        "memory"
    }
}

/// The log of `events` in `format`, of a program called producer.
pub(super) fn logged(format: Format, events: impl FnOnce()) -> String {
    logged_by("trace", format, events)
}

/// The same, of those that pass `filter`.
pub(super) fn logged_by(filter: &str, format: Format, events: impl FnOnce()) -> String {
    let filter: LogFilter = filter.parse().expect("a filter");
    let memory = Memory::default();
    let log = Arc::new(Log::new("producer", format, memory.clone()));
    let layer = ToLog(Arc::clone(&log)).with_filter(filter.into_targets());
    tracing::subscriber::with_default(registry().with(layer), events);
    log.report_held(End::Now);
    let bytes = memory.0.lock().expect("not poisoned").clone();
    String::from_utf8(bytes).expect("UTF-8")
}
