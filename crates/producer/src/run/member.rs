//! One configuration, and what has become of it.
//!
//! ```text
//!   New --> Publishing --> Ended           its ticks are done, or its input has ended
//!    |       ^  |   ^
//!    |       |  v   |
//!    +----> Failed  |                      opened again each second, or after a reload
//!    +----> Waiting-'                      a standby
//! ```

use std::path::{Path, PathBuf};
use std::time::Duration;

use daemon::{Monotonic, OnChange, RateLimit, logging, one_line};
use region::ToPlace as _;
use settings::Settings;
use tracing::Span;

use super::closed::Closed;
use super::producer::Producer;
use super::waiting::{Attempt, Waiting};
use super::{Host, find_input};
use crate::configs::Config;
use crate::destination::Destination;
use crate::error::ProducerError;
use crate::input::Input;
use crate::messages::{End, log_unread};
use crate::sink::{self, Sink};
use crate::standby_input::StandbyInput;

/// Time between two attempts to open a region that cannot be opened.
const RETRY_EVERY: Duration = Duration::from_secs(1);
/// The most messages about failures per [`WINDOW`].
const FAILURES: u32 = 5;
/// The time to which that limit applies.
const WINDOW: Duration = Duration::from_mins(1);

/// One configuration.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) config: Config,
    pub(super) state: State,
    /// What its messages are about, if there may be several.
    pub(super) span: Span,
    /// The path of the region that it asks for, if it is at a path.
    path: Option<PathBuf>,
    failure: OnChange<String>,
    failures: RateLimit,
}

/// What it does.
#[derive(Debug)]
pub(super) enum State {
    /// Not opened yet.
    New,
    Waiting(Box<Waiting>),
    Publishing(Box<Producer>),
    Failed {
        error: ProducerError,
        /// What to open and when; `None`: the configuration is bad, which only a reload changes.
        retry: Option<(Box<Settings>, Monotonic)>,
    },
    Ended(End),
}

impl Member {
    pub(super) fn new(config: Config) -> Self {
        Self {
            config,
            state: State::New,
            span: Span::none(),
            path: None,
            failure: OnChange::new(),
            failures: RateLimit::new(FAILURES, WINDOW),
        }
    }

    /// The settings in force, or those that are tried again.
    pub(super) fn settings(&self) -> Option<&Settings> {
        match &self.state {
            State::Waiting(waiting) => Some(&waiting.settings),
            State::Publishing(producer) => Some(&producer.settings),
            State::Failed { retry, .. } => retry.as_ref().map(|(settings, _)| &**settings),
            State::New | State::Ended(_) => None,
        }
    }

    /// Where its region is, if at a path.
    pub(super) fn path(&self) -> Option<&Path> {
        match &self.state {
            State::Publishing(producer) => Some(producer.publisher.sink.path()),
            State::Waiting(waiting) => Some(waiting.address.path()),
            _ => self.path.as_deref(),
        }
    }

    /// Opens what `settings` ask for.
    pub(super) fn open(
        &mut self,
        settings: Settings,
        destination: Destination,
        host: &mut Host<'_>,
    ) -> Result<(), ProducerError> {
        let input = StandbyInput::new(find_input(&settings)?, &settings);
        let sink = match destination {
            Destination::Address => {
                let address = settings.region.address.place().to_write()?;
                self.path = Some(address.path().to_owned());
                if host.args.standby {
                    let waiting = Waiting::new(settings, address, input)?;
                    self.state = State::Waiting(Box::new(waiting));
                    return self.attempt(host).map(drop);
                }
                sink::open(&address, &settings)?
            }
            Destination::Passed { file, label } => sink::open_file(file, &label, &settings)?,
            Destination::Memfd { kept, label } => sink::open_memfd(kept, &label, &settings)?,
        };
        self.publish(settings, sink, input, host)
    }

    /// After an error the settings are still there, to be tried again.
    fn publish(
        &mut self,
        settings: Settings,
        sink: Box<dyn Sink>,
        input: StandbyInput,
        host: &mut Host<'_>,
    ) -> Result<(), ProducerError> {
        let mut producer = Box::new(Producer::new(settings, sink, input));
        let started = producer.start(host).and_then(|()| producer.begin_input());
        self.state = State::Publishing(producer);
        started?;
        self.failure.clear();
        Ok(())
    }

    /// The first tick is due at `now`, or, with rates, as soon as they have a value.
    pub(super) fn begin(&mut self, now: Monotonic) {
        if let State::Publishing(producer) = &mut self.state {
            producer.begin(now);
        }
    }

    /// Does what is due at `now`. `Some`: it has ended.
    pub(super) fn turn(
        &mut self,
        now: Monotonic,
        host: &mut Host<'_>,
    ) -> Result<Option<End>, ProducerError> {
        match &mut self.state {
            State::Waiting(_) => self.attempt(host),
            State::Publishing(producer) => {
                if producer.has_lines() || producer.is_always_readable() {
                    producer.read_input(host)?;
                }
                producer.turn(now, host)
            }
            State::New | State::Failed { .. } | State::Ended(_) => Ok(None),
        }
    }

    /// Reads its input, which is readable.
    pub(super) fn read_input(&mut self, host: &mut Host<'_>) -> Result<Option<End>, ProducerError> {
        let State::Publishing(producer) = &mut self.state else { return Ok(None) };
        producer.read_input(host)?;
        producer.turn(Monotonic::now(), host)
    }

    /// The other producer may have ended.
    pub(super) fn attempt(&mut self, host: &mut Host<'_>) -> Result<Option<End>, ProducerError> {
        let State::Waiting(waiting) = &mut self.state else { return Ok(None) };
        let sink = match waiting.attempt(host)? {
            Attempt::Held => return Ok(None),
            Attempt::InputEnded => return Ok(Some(End::Input)),
            Attempt::Opened(sink) => sink,
        };
        waiting.input.finish(&waiting.address)?;
        let State::Waiting(waiting) = std::mem::replace(&mut self.state, State::New) else {
            return Ok(None);
        };
        let Waiting { settings, input, .. } = *waiting;
        self.publish(settings, sink, input, host).map(|()| None)
    }

    /// When it has something to do.
    pub(super) fn due(&self) -> Option<Monotonic> {
        match &self.state {
            State::Waiting(waiting) => Some(waiting.due()),
            State::Publishing(producer) => Some(producer.due()),
            State::Failed { retry, .. } => retry.as_ref().map(|(_, again)| *again),
            State::New | State::Ended(_) => None,
        }
    }

    /// How long before that the loop polls the clock.
    pub(super) fn busy_wait(&self) -> Duration {
        match &self.state {
            State::Publishing(producer) => producer.settings.producer.busy_wait,
            _ => Duration::ZERO,
        }
    }

    /// It cannot be opened, or not be published to, for now: `settings` are tried again, without them
    /// nothing is.
    pub(super) fn fail(&mut self, error: ProducerError, settings: Option<Settings>) {
        let given_up = match &self.state {
            State::Publishing(producer) => Some((producer.publisher.sink.path(), &producer.input)),
            State::Waiting(waiting) => Some((waiting.address.path(), &waiting.input.input)),
            _ => None,
        };
        if let Some((region, input)) = given_up {
            let _about = self.span.enter();
            log_unread(region, input.as_ref());
        }
        let again = Monotonic::now().after(RETRY_EVERY);
        let retry = settings.map(|settings| (Box::new(settings), again));
        self.state = State::Failed { error, retry };
    }

    /// Logs why it has failed, if that is news.
    pub(super) fn log_failure(&mut self) {
        let State::Failed { error, retry } = &self.state else { return };
        let text = match retry {
            Some(_) => format!("{}; trying again each second", one_line(error)),
            None => format!("{}; it is read again with SIGHUP", one_line(error)),
        };
        if self.failure.update(text).is_some() && self.failures.pass(Monotonic::now()).is_some() {
            let _about = self.span.enter();
            tracing::error!("{}", self.failure.last().map_or("", String::as_str));
        }
    }

    /// The settings of one that is to be opened again at `now`.
    pub(super) fn take_retry(&mut self, now: Monotonic) -> Option<Settings> {
        let State::Failed { retry, .. } = &mut self.state else { return None };
        let (settings, _) = retry.take_if(|(_, again)| *again <= now)?;
        Some(*settings)
    }

    /// One that has failed is as one that was not opened yet, if it can be read again.
    pub(super) fn renew(&mut self) {
        if matches!(self.state, State::Failed { .. }) && self.config.read_once().is_none() {
            self.state = State::New;
        }
    }

    /// Why it has failed, if it has.
    pub(super) fn take_error(&mut self) -> Option<ProducerError> {
        match std::mem::replace(&mut self.state, State::New) {
            State::Failed { error, .. } => Some(error),
            state => {
                self.state = state;
                None
            }
        }
    }

    /// Messages are about the region called `name`.
    pub(super) fn set_subject(&mut self, name: &str) {
        self.span = logging::about(name);
    }

    /// Nothing of it is polled any more.
    pub(super) fn forget_poll(&mut self) {
        match &mut self.state {
            State::Publishing(producer) => {
                producer.input.iter_mut().for_each(Input::forget_poll);
            }
            State::Waiting(waiting) => waiting.forget_poll(),
            State::New | State::Failed { .. } | State::Ended(_) => {}
        }
    }

    /// Whether it publishes or waits.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.state, State::Waiting(_) | State::Publishing(_))
    }

    /// Whether it publishes, waits, or will do so.
    pub(super) fn is_active(&self) -> bool {
        self.is_open() || matches!(self.state, State::New)
    }

    /// Whether it does its work, or cannot: a service is ready when all of its regions are settled.
    pub(super) fn is_settled(&self) -> bool {
        match &self.state {
            State::New => false,
            State::Waiting(waiting) => waiting.is_settled(),
            State::Publishing(producer) => producer.is_settled(),
            State::Failed { .. } | State::Ended(_) => true,
        }
    }

    /// How many records it has published since it was opened.
    pub(super) fn records(&self) -> u64 {
        match &self.state {
            State::Publishing(producer) => producer.publisher.records(),
            _ => 0,
        }
    }

    /// What it does, for `STATUS=`.
    pub(super) fn status(&self) -> String {
        match &self.state {
            State::New => String::new(),
            State::Waiting(waiting) => waiting.status(),
            State::Publishing(producer) => producer.status(),
            State::Failed { error, .. } => one_line(error),
            State::Ended(end) => end.to_string(),
        }
    }

    /// Closes its region, if it has one.
    pub(super) fn close(&mut self, end: End) -> Option<Closed> {
        match std::mem::replace(&mut self.state, State::Ended(end)) {
            State::Publishing(producer) => Some(producer.close(self.span.clone())),
            _ => None,
        }
    }
}
