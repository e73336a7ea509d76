//! A log whose bytes a test can read.

use std::sync::{Arc, Mutex};

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;

use super::limits::End;
use super::sink::{Outcome, Outlet};
use super::{Format, Log, ToLog};

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
    let memory = Memory::default();
    let log = Arc::new(Log::new("producer", format, memory.clone()));
    tracing::subscriber::with_default(registry().with(ToLog(Arc::clone(&log))), events);
    log.report_held(End::Now);
    let bytes = memory.0.lock().expect("not poisoned").clone();
    String::from_utf8(bytes).expect("UTF-8")
}
