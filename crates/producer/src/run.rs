//! The loop: wait, look why, do it.
//!
//! Invariant: the record in hand holds the last good value of every field. It goes out whole, and
//! an input line, a file or a region that fails costs at most its own turn.
//!
//! ```text
//!   turn:  wait(signals, input, next deadline)
//!          signal   stop -> end            reload -> reload.rs
//!          input    each good line -> sample -> publish
//!          tick     sample -> publish      (with input: heartbeat only)
//!          patrol   is the region's file still there and whole? -> care.rs
//!          manager  a sign of life, by this very loop, and what it is doing
//! ```

use std::os::fd::AsFd;
use std::time::Duration;

use daemon::{Monotonic, OnChange, RateLimit, Service, Signals, Tick, Ticks, logging};
use layout::RecordBuf;
use settings::{Settings, Source};

use crate::bad_lines::BadLines;
use crate::cli::Args;
use crate::error::{Kind, ProducerError};
use crate::feed::Feed;
use crate::input::{Input, Keys, Outcome};
use crate::outlet::Outlet;
use crate::say::{End, Tally, say};
use crate::sources::{Moment, Sources};

/// How often the region's file is looked at: with each tick, but not more and not less often.
const PATROL: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));
/// Lines that are taken from the input before signals and deadlines are looked at again.
const LINES: usize = 64;
/// Time in which the number of messages of one kind is limited.
const WINDOW: Duration = Duration::from_secs(10);

/// A producer with everything open.
#[derive(Debug)]
pub(crate) struct Producer<'a> {
    pub(crate) args: &'a Args,
    pub(crate) settings: Settings,
    signals: Signals,
    pub(crate) service: &'a mut Service,
    pub(crate) outlet: Outlet,
    pub(crate) sources: Sources,
    pub(crate) record: RecordBuf,
    pub(crate) input: Option<Input>,
    pub(crate) ticks: Ticks,
    pub(crate) patrol: Ticks,
    pub(crate) tally: Tally,
    pub(crate) bad_lines: BadLines,
    /// Whether the record holds values read as a standby that are not yet published.
    is_news: bool,
    missed_ticks: RateLimit,
    /// Missed ticks that have been said.
    missed_said: u64,
    /// Why the region cannot be used at present.
    pub(crate) region_failure: OnChange<String>,
    /// Why the input pipe cannot be followed at present.
    pub(crate) pipe_failure: OnChange<String>,
    /// Whether it has been said that a line came before the record was complete.
    pub(crate) incomplete_said: bool,
}

/// Opens what the sources of `settings` read from outside, if any does.
pub(crate) fn open_input(settings: &Settings) -> Result<Option<Input>, ProducerError> {
    if !settings.reads_input() {
        return Ok(None);
    }
    let path = settings.producer.input.as_deref();
    Ok(Some(Input::open(path, max_line(settings), keys(settings))?))
}

/// Which keys of the input fill which fields.
pub(crate) fn keys(settings: &Settings) -> Keys {
    let inputs = settings.record.sources.iter().enumerate();
    Keys::new(inputs.filter_map(|(field, source)| match source {
        Source::Input(key) => Some((key, field)),
        _ => None,
    }))
}

/// The longest line of input, in bytes.
pub(crate) fn max_line(settings: &Settings) -> usize {
    usize::try_from(settings.producer.max_line).unwrap_or(usize::MAX)
}

/// How often the region's file is looked at.
pub(crate) fn patrol_period(settings: &Settings) -> Duration {
    settings.producer.tick.clamp(PATROL.0, PATROL.1)
}

impl<'a> Producer<'a> {
    /// A producer whose first tick is due now.
    pub(crate) fn new(
        args: &'a Args,
        settings: Settings,
        signals: Signals,
        service: &'a mut Service,
        outlet: Outlet,
        feed: Feed,
    ) -> Self {
        let now = Monotonic::now();
        let Feed { input, record, bad_lines, is_news, .. } = feed;
        if let Some(input) = &input {
            input.hold();
        }
        Self {
            args,
            record,
            sources: Sources::new(&settings.record, Moment::now()),
            signals,
            service,
            input,
            outlet,
            ticks: Ticks::new(now, settings.producer.tick),
            patrol: Ticks::new(now, patrol_period(&settings)),
            settings,
            tally: Tally::default(),
            bad_lines,
            is_news,
            missed_ticks: RateLimit::new(1, WINDOW),
            missed_said: 0,
            region_failure: OnChange::new(),
            pipe_failure: OnChange::new(),
            incomplete_said: false,
        }
    }

    /// Runs until a signal, the last tick or the end of the input.
    pub(crate) fn run(mut self) -> Result<(), ProducerError> {
        self.say_hello();
        if !self.outlet.is_resumed() {
            self.keep();
        }
        if self.input.is_some() {
            // With input-driven fields the first record may never come, so READY is reported now.
            let status = self.status();
            self.service.ready(Monotonic::now(), &status);
        }
        if self.is_news {
            self.sample_and_publish()?;
        }
        let end = loop {
            if let Some(end) = self.turn()? {
                break end;
            }
        };
        self.say_goodbye(end);
        Ok(())
    }

    fn turn(&mut self) -> Result<Option<End>, ProducerError> {
        let mut deadline = self.ticks.deadline().min(self.patrol.deadline());
        if let Some(service) = self.service.deadline() {
            deadline = deadline.min(service);
        }
        let has_lines = self.input.as_ref().is_some_and(Input::has_lines);
        if has_lines {
            deadline = Monotonic::from_nanos(0);
        }
        let input = self.input.as_ref().map(AsFd::as_fd);
        let ready = daemon::wait(&self.signals, input, Some(deadline))
            .map_err(ProducerError::system("cannot wait"))?;
        self.service.keep_alive(Monotonic::now());
        logging::catch_up();
        if ready.signal {
            let pending = self.signals.take();
            if let Some(signal) = pending.stop {
                return Ok(Some(End::Signal(signal)));
            }
            if pending.reload {
                self.reload()?;
                // The reload may have replaced the input, so the readiness polled before is stale.
                return Ok(None);
            }
        }
        if ready.input || has_lines {
            self.read_input()?;
        }
        let now = Monotonic::now();
        if let Some(tick) = self.ticks.take(now) {
            self.tick(tick, now)?;
            if self.args.ticks.is_some_and(|most| self.tally.ticks >= most.get()) {
                return Ok(Some(End::Ticks));
            }
        }
        if self.patrol.take(now).is_some() {
            self.look_after_region()?;
        }
        self.say_progress(now);
        let ended = self.input.as_ref().is_some_and(Input::has_ended);
        Ok(ended.then_some(End::Input))
    }

    fn tick(&mut self, tick: Tick, now: Monotonic) -> Result<(), ProducerError> {
        self.tally.ticks += 1;
        if tick.missed > 0 && self.missed_ticks.pass(now).is_some() {
            let missed = self.ticks.missed() - self.missed_said;
            self.missed_said = self.ticks.missed();
            say!(
                warn,
                self.outlet,
                "missed {missed} ticks: machine or sources are too slow for this tick"
            );
        }
        if self.input.is_some() {
            return Ok(self.outlet.beat()?);
        }
        self.sample_and_publish()
    }

    fn read_input(&mut self) -> Result<(), ProducerError> {
        let Some(mut input) = self.input.take() else { return Ok(()) };
        let result = self.read_lines(&mut input);
        self.input = Some(input);
        result
    }

    fn read_lines(&mut self, input: &mut Input) -> Result<(), ProducerError> {
        if !input.has_lines() {
            input.fill().map_err(|error| ProducerError(Kind::Read(error)))?;
        }
        for _ in 0..LINES {
            let mut go_on = || {
                self.service.keep_alive(Monotonic::now());
                self.signals.stop_requested().is_none()
            };
            let Some(outcome) = input.next(&mut self.record, &mut go_on) else { return Ok(()) };
            match outcome {
                Outcome::Stopped => return Ok(()),
                Outcome::Publish => self.sample_and_publish()?,
                Outcome::Incomplete { number } => self.say_incomplete(number, input.keys()),
                Outcome::Bad { number, error } => self.say_bad_line(number, &error),
            }
        }
        Ok(())
    }

    fn sample_and_publish(&mut self) -> Result<(), ProducerError> {
        self.sources.sample(Moment::now(), &mut self.record);
        self.publish()
    }
}
