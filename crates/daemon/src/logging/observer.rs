//! Events of a library that a program acts on, whatever the filter of the log lets through.

use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::entry::Entry;

/// What is called with the message of each event of a module, from `debug` on.
pub struct Observer {
    module: &'static str,
    notice: Box<dyn Fn(&str) + Send + Sync>,
}

impl Observer {
    /// Calls `notice` with the messages of `module`, from the thread that logs them.
    pub fn of(module: &'static str, notice: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self { module, notice: Box::new(notice) }
    }

    pub(super) fn into_layer<S>(self) -> impl Layer<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let events = Targets::new().with_target(self.module, LevelFilter::DEBUG);
        self.with_filter(events)
    }
}

impl std::fmt::Debug for Observer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Observer").field("module", &self.module).finish_non_exhaustive()
    }
}

impl<S: Subscriber> Layer<S> for Observer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        (self.notice)(&Entry::of(event).message);
    }
}
