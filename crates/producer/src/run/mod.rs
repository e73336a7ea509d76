//! The loop: wait for an event, then handle it.
//!
//! Invariant: the record in hand holds the last good value of every field. It is published whole,
//! and a failing input line, file or region affects at most one turn.
//!
//! ```text
//!   turn:  wait(signals, input, next deadline)
//!          signal   stop -> end            reload -> reload.rs
//!          input    each good line -> sample -> publish
//!          tick     sample -> publish      (with input: heartbeat only, with a deadline not that)
//!          silence  the input's deadline has passed: logged
//!          check    is the region's file still there and whole? -> recovery.rs
//!          manager  WATCHDOG=1 and STATUS=, from this loop
//! ```

mod deadline;
mod reload;
mod schedule;

use std::os::fd::AsFd;
use std::time::Duration;

use daemon::{Monotonic, Service, Signals, counted, logging};
use layout::RecordBuf;
use settings::{Settings, Source};

use crate::cli::Args;
use crate::error::{Kind, ProducerError};
use crate::input::{Input, Keys, Outcome};
use crate::messages::{End, InputLog, log_event, log_start, warn_of_destination, warn_of_memfd};
use crate::recovery::{Heartbeats, Publisher};
use crate::sink::Sink;
use crate::sources::{Moment, Sources};
use crate::standby_input::StandbyInput;
use deadline::InputDeadline;
use schedule::Schedule;

/// Lines read from the input before signals and deadlines are checked again.
const LINES: usize = 64;

/// A producer with everything open.
#[derive(Debug)]
pub(crate) struct Producer<'a> {
    args: &'a Args,
    settings: Settings,
    signals: Signals,
    service: &'a mut Service,
    publisher: Publisher,
    sources: Sources,
    record: RecordBuf,
    input: Option<Input>,
    input_log: InputLog,
    schedule: Schedule,
    deadline: InputDeadline,
    /// When the values were read, if the record holds those that came while this was a standby.
    unpublished: Option<Monotonic>,
}

/// Opens the input, if a source of `settings` needs it.
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
        Source::Input(input) => Some((input, field)),
        _ => None,
    }))
}

/// The longest line of input, in bytes.
pub(crate) fn max_line(settings: &Settings) -> usize {
    usize::try_from(settings.producer.max_line).unwrap_or(usize::MAX)
}

impl<'a> Producer<'a> {
    /// A producer whose first tick is due now.
    pub(crate) fn new(
        args: &'a Args,
        settings: Settings,
        signals: Signals,
        service: &'a mut Service,
        sink: Box<dyn Sink>,
        standby: StandbyInput,
    ) -> Self {
        let StandbyInput { input, record, bad_lines, unpublished, .. } = standby;
        if let Some(input) = &input {
            input.hold();
        }
        Self {
            args,
            sources: Sources::new(&settings.record, Moment::now()),
            schedule: Schedule::new(Monotonic::now(), settings.producer.tick),
            deadline: InputDeadline::new(settings.producer.input_deadline, Monotonic::now()),
            publisher: Publisher::new(sink, Heartbeats::of(&settings)),
            settings,
            signals,
            service,
            record,
            input,
            input_log: InputLog::new(bad_lines),
            unpublished,
        }
    }

    /// Runs until a signal, the last tick or the end of the input.
    pub(crate) fn run(mut self) -> Result<(), ProducerError> {
        self.start();
        if let Some(read) = self.unpublished {
            self.deadline.renew(read);
            if !self.deadline.is_over(Monotonic::now()) {
                self.sample_and_publish()?;
            }
        }
        let end = loop {
            if let Some(end) = self.turn()? {
                break end;
            }
        };
        self.finish(end);
        Ok(())
    }

    fn start(&mut self) {
        let sink = &*self.publisher.sink;
        log_start(sink, &self.settings);
        warn_of_destination(sink);
        if self.args.memfd && !self.service.is_connected() {
            warn_of_memfd(sink);
        }
        if !sink.is_resumed() {
            self.publisher.store_memfd(self.service);
        }
        if self.input.is_some() {
            // With input-driven fields the first record may never come, so READY is reported now.
            self.service.ready(Monotonic::now(), &self.status());
        }
    }

    fn turn(&mut self) -> Result<Option<End>, ProducerError> {
        let has_lines = self.input.as_ref().is_some_and(Input::has_lines);
        let deadline = if has_lines { Monotonic::from_nanos(0) } else { self.deadline() };
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
        if self.tick(now)? {
            return Ok(Some(End::Ticks));
        }
        if let Some(limit) = self.deadline.take(now) {
            self.fall_silent(now, limit);
        }
        if self.schedule.take_check(now) {
            self.check()?;
        }
        self.report_progress(now);
        let has_ended = self.input.as_ref().is_some_and(Input::has_ended);
        Ok(has_ended.then_some(End::Input))
    }

    fn deadline(&self) -> Monotonic {
        let others = [self.service.deadline(), self.deadline.due()];
        others.into_iter().flatten().fold(self.schedule.deadline(), Monotonic::min)
    }

    /// Handles a tick if one is due. `true`: it was the last one.
    fn tick(&mut self, now: Monotonic) -> Result<bool, ProducerError> {
        let sink = &*self.publisher.sink;
        let log = |missed| {
            log_event!(
                warn,
                sink,
                "missed {missed} ticks: machine or sources are too slow for this tick"
            );
        };
        if !self.schedule.take_tick(now, log) {
            return Ok(false);
        }
        if self.input.is_some() {
            self.publisher.heartbeat()?;
        } else {
            self.sample_and_publish()?;
        }
        Ok(self.args.ticks.is_some_and(|most| self.schedule.taken() >= most.get()))
    }

    fn read_input(&mut self) -> Result<(), ProducerError> {
        let Some(input) = &mut self.input else { return Ok(()) };
        if !input.has_lines() {
            input.fill().map_err(Kind::Read)?;
        }
        for _ in 0..LINES {
            let Some(outcome) = self.read_line() else { return Ok(()) };
            match outcome {
                Outcome::Stopped => return Ok(()),
                Outcome::Publish => self.publish_line()?,
                Outcome::Incomplete { number } => {
                    if let Some(input) = &self.input {
                        self.input_log.incomplete(&*self.publisher.sink, number, input.keys());
                    }
                }
                Outcome::Bad { number, error } => {
                    self.input_log.bad_line(&*self.publisher.sink, number, &error);
                }
            }
        }
        Ok(())
    }

    fn read_line(&mut self) -> Option<Outcome> {
        let mut keep_going = || {
            self.service.keep_alive(Monotonic::now());
            self.signals.stop_requested().is_none()
        };
        self.input.as_mut()?.next(&mut self.record, &mut keep_going)
    }

    fn publish_line(&mut self) -> Result<(), ProducerError> {
        self.sample_and_publish()?;
        if self.deadline.renew(Monotonic::now()) {
            InputLog::resumed(&*self.publisher.sink);
        }
        Ok(())
    }

    /// No good line came within `limit`.
    fn fall_silent(&mut self, now: Monotonic, limit: Duration) {
        InputLog::silent(&*self.publisher.sink, limit);
        let name = &self.settings.region.address;
        self.service.status(now, format!("{name}: stalled, waiting for input"));
    }

    fn sample_and_publish(&mut self) -> Result<(), ProducerError> {
        self.sources.sample(Moment::now(), &mut self.record);
        self.publish()
    }

    /// Publishes the record in hand.
    fn publish(&mut self) -> Result<(), ProducerError> {
        if self.publisher.publish(self.record.bytes(), self.service)?
            && self.publisher.records() == 1
        {
            self.service.ready(Monotonic::now(), &self.status());
        }
        Ok(())
    }

    /// New readers of a new file get the last record and need not wait for the next one, unless its
    /// values are too old to be published as new.
    fn publish_again(&mut self) -> Result<(), ProducerError> {
        if self.deadline.is_over(Monotonic::now()) { Ok(()) } else { self.publish() }
    }

    /// Checks that the region and the input are still those of their names.
    fn check(&mut self) -> Result<(), ProducerError> {
        if self.publisher.check_region(self.service)? && self.publisher.records() > 0 {
            self.publish_again()?;
        }
        if let Some(input) = &mut self.input {
            self.input_log.followed(&*self.publisher.sink, input.follow_name());
        }
        Ok(())
    }

    /// Reports to the service manager which record it is and how fast they come.
    fn report_progress(&mut self, now: Monotonic) {
        let records = self.publisher.records();
        if self.service.is_connected() && records > 0 {
            // A bare file has no numbers of its own.
            let sequence = self.publisher.sink.sequence().unwrap_or(records);
            let what = format_args!("publishing {}", self.settings.region.address);
            self.service.progress(now, &what, sequence);
        }
    }

    /// What the producer does, for `STATUS=`.
    fn status(&self) -> String {
        let name = &self.settings.region.address;
        match (self.publisher.records(), self.publisher.sink.sequence()) {
            (0, _) if self.input.is_some() => format!("{name}: waiting for input"),
            (_, Some(sequence)) => format!("publishing {name}: sequence {sequence}"),
            (records, None) => format!("publishing {name}: record {records}"),
        }
    }

    fn finish(self, end: End) {
        let Self { publisher, service, schedule, input, input_log, .. } = self;
        let (sink, records) = (&publisher.sink, publisher.records());
        let (epoch, sequence) = (sink.epoch(), sink.sequence());
        let path = sink.path().display().to_string();
        // Closes the region first, so that a slow log or manager does not delay its readers.
        drop(publisher);
        let missing = input.as_ref().map(|input| input.keys().missing()).unwrap_or_default();
        if records == 0 && !missing.is_empty() {
            let missing = missing.join(", ");
            tracing::warn!(region = %path, "nothing was published: there was no value for {missing}");
        }
        let failures = match input {
            Some(_) => counted(input_log.bad_lines(), "bad line"),
            None => counted(schedule.missed(), "missed tick"),
        };
        tracing::info!(
            region = %path,
            epoch,
            sequence,
            "closed {path} ({end}): {}, {failures}",
            counted(records, "record")
        );
        service.stopping(&format!("closed {path} ({end})"));
    }
}
