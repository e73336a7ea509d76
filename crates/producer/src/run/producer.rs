//! One region: its sources, its input and its schedule, a turn at a time.
//!
//! Invariant: a record is published whole, and a failing input line, file or region affects at most one
//! turn, and no other region.
//!
//! ```text
//!   read    each good line -> sample -> publish
//!   turn    search   for instances: some join, some are retired
//!           tick     sample -> publish      (with input: heartbeat only, with a deadline not that)
//!           silence  the input's deadline has passed: logged
//!           check    is the region's file still there and whole? -> recovery.rs
//! ```

use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use daemon::{Monotonic, counted};
use layout::InstanceName;
use settings::Settings;
use tracing::Span;

use super::Host;
use super::deadline::InputDeadline;
use super::schedule::Schedule;
use crate::error::{Kind, ProducerError};
use crate::input::{Input, Outcome};
use crate::instances::{Changes, InstanceSet};
use crate::messages::{
    End, InputLog, log_event, log_instances, log_start, warn_of_destination, warn_of_memfd,
};
use crate::records::{Records, Which};
use crate::recovery::{Heartbeats, Publisher};
use crate::sink::Sink;
use crate::sources::Moment;
use crate::standby_input::StandbyInput;

/// Lines read from the input before signals and deadlines are checked again.
const LINES: usize = 64;

/// A region with everything open.
#[derive(Debug)]
pub(super) struct Producer {
    pub(super) settings: Settings,
    pub(super) publisher: Publisher,
    pub(super) records: Records,
    pub(super) input: Option<Input>,
    pub(super) input_log: InputLog,
    pub(super) schedule: Schedule,
    pub(super) deadline: InputDeadline,
    /// When the values were read, if the record holds those that came while this was a standby.
    unpublished: Option<Monotonic>,
}

impl Producer {
    /// One whose first tick is due now.
    pub(super) fn new(settings: Settings, sink: Box<dyn Sink>, standby: StandbyInput) -> Self {
        let StandbyInput { input, records, bad_lines, unpublished, .. } = standby;
        if let Some(input) = &input {
            input.hold();
        }
        let now = Monotonic::now();
        Self {
            schedule: Schedule::new(now, settings.producer.tick),
            deadline: InputDeadline::new(settings.producer.input_deadline, now),
            publisher: Publisher::new(sink, Heartbeats::of(&settings)),
            settings,
            records,
            input,
            input_log: InputLog::new(bad_lines),
            unpublished,
        }
    }

    /// Logs the start, and publishes what came while this was a standby.
    pub(super) fn start(&mut self, host: &mut Host<'_>) -> Result<(), ProducerError> {
        let sink = &*self.publisher.sink;
        log_start(sink, &self.settings);
        warn_of_destination(sink);
        if host.args.memfd && !host.service.is_connected() {
            warn_of_memfd(sink);
        }
        if !sink.is_resumed() {
            self.publisher.store_memfd(host.service);
        }
        self.open_records()?;
        if let Some(read) = self.unpublished {
            self.deadline.renew(read);
            if !self.deadline.is_over(Monotonic::now()) {
                self.sample_and_publish(Which::Pending, host)?;
            }
        }
        Ok(())
    }

    /// Begins with the instances of the configuration and the region, if there are any.
    pub(super) fn open_records(&mut self) -> Result<(), ProducerError> {
        let there = self.publisher.sink.instances();
        let keys = self.input.as_ref().map(Input::keys);
        let changes = self.records.open(&self.settings, &there, keys);
        for name in &changes.joined {
            self.publisher.sink.join(name)?;
        }
        self.apply(&changes)
    }

    /// Retires in the region what is to be retired there, and logs what has changed.
    pub(super) fn apply(&mut self, changes: &Changes) -> Result<(), ProducerError> {
        self.retire_gone()?;
        log_instances(&*self.publisher.sink, changes);
        Ok(())
    }

    fn retire_gone(&mut self) -> Result<(), ProducerError> {
        for name in self.records.set().map(InstanceSet::take_retired).unwrap_or_default() {
            self.publisher.sink.retire(&name)?;
        }
        Ok(())
    }

    /// The first tick is due at `now`, or, with rates, as soon as they have a value.
    pub(super) fn begin(&mut self, now: Monotonic) {
        let wait = self.records.begin_rates();
        self.schedule.begin(now.after(wait.min(self.settings.producer.tick)));
    }

    /// When [`turn`](Self::turn) has something to do.
    pub(super) fn due(&self) -> Monotonic {
        if self.input.as_ref().is_some_and(Input::is_always_readable) || self.has_lines() {
            return Monotonic::from_nanos(0);
        }
        let due = [self.deadline.due(), self.records.due()].into_iter().flatten();
        due.fold(self.schedule.deadline(), Monotonic::min)
    }

    /// Does what is due at `now`. `Some`: the region has ended.
    pub(super) fn turn(
        &mut self,
        now: Monotonic,
        host: &mut Host<'_>,
    ) -> Result<Option<End>, ProducerError> {
        let changes = self.records.set().and_then(|set| set.search_if_due(now));
        if let Some(changes) = &changes {
            self.apply(changes)?;
        }
        if self.tick(now, host)? {
            return Ok(Some(End::Ticks));
        }
        if changes.is_some() {
            // Those that joined, unless this turn had a tick.
            self.sample_and_publish(Which::Pending, host)?;
        }
        if let Some(limit) = self.deadline.take(now) {
            self.fall_silent(now, limit, host);
        }
        if self.schedule.take_check(now) {
            self.check(host)?;
        }
        let has_ended = self.input.as_ref().is_some_and(Input::has_ended);
        Ok(has_ended.then_some(End::Input))
    }

    /// Handles a tick if one is due. `true`: it was the last one.
    fn tick(&mut self, now: Monotonic, host: &mut Host<'_>) -> Result<bool, ProducerError> {
        let sink = &*self.publisher.sink;
        let log = |missed| {
            log_event!(
                warn,
                sink,
                "missed {}: machine or sources are too slow for this tick",
                counted(missed, "tick")
            );
        };
        if !self.schedule.take_tick(now, log) {
            return Ok(false);
        }
        if self.input.is_some() {
            self.publisher.heartbeat()?;
        } else {
            self.sample_and_publish(Which::All, host)?;
            if self.records.instances() == Some(0) {
                self.publisher.heartbeat()?;
            }
        }
        Ok(host.args.ticks.is_some_and(|most| self.schedule.taken() >= most.get()))
    }

    /// Whether there may be lines that were read and not published yet.
    pub(super) fn has_lines(&self) -> bool {
        self.input.as_ref().is_some_and(Input::has_lines)
    }

    /// Whether a read returns without blocking although nothing has reported that.
    pub(super) fn is_always_readable(&self) -> bool {
        self.input.as_ref().is_some_and(Input::is_always_readable)
    }

    /// Publishes lines of the input, which is readable.
    pub(super) fn read_input(&mut self, host: &mut Host<'_>) -> Result<(), ProducerError> {
        let Some(input) = &mut self.input else { return Ok(()) };
        if !input.has_lines() {
            input.fill().map_err(Kind::Read)?;
        }
        for _ in 0..LINES {
            let Some(outcome) = self.read_line(host) else { return Ok(()) };
            self.retire_gone()?;
            match outcome {
                Outcome::Stopped => return Ok(()),
                Outcome::Publish => self.publish_line(host)?,
                Outcome::Incomplete { number } => {
                    if let Some(input) = &self.input {
                        let missing = self.records.missing(input.keys()).join(", ");
                        self.input_log.incomplete(&*self.publisher.sink, number, &missing);
                    }
                }
                Outcome::Bad { number, error } => {
                    self.input_log.bad_line(&*self.publisher.sink, number, &error);
                }
            }
        }
        Ok(())
    }

    fn read_line(&mut self, host: &mut Host<'_>) -> Option<Outcome> {
        self.input.as_mut()?.next(&mut self.records, &mut || host.keep_going())
    }

    fn publish_line(&mut self, host: &mut Host<'_>) -> Result<(), ProducerError> {
        self.sample_and_publish(Which::OfLine, host)?;
        if self.deadline.renew(Monotonic::now()) {
            InputLog::resumed(&*self.publisher.sink);
        }
        Ok(())
    }

    /// No good line came within `limit`.
    fn fall_silent(&mut self, now: Monotonic, limit: Duration, host: &mut Host<'_>) {
        InputLog::silent(&*self.publisher.sink, limit);
        let name = &self.settings.region.address;
        host.service.status(now, format!("{name}: stalled, waiting for input"));
    }

    /// Samples all of `which` at one moment, and publishes them.
    fn sample_and_publish(
        &mut self,
        which: Which,
        host: &mut Host<'_>,
    ) -> Result<(), ProducerError> {
        let (now, publisher) = (Moment::now(), &mut self.publisher);
        self.records.each(which, |of: Option<&InstanceName>, values| {
            publisher.publish(of, values.sample(now).bytes(), host.service).map(drop)
        })
    }

    /// New readers of a new file get the last record and need not wait for the next one, unless its
    /// values are too old to be published as new.
    pub(super) fn publish_again(&mut self, host: &mut Host<'_>) -> Result<(), ProducerError> {
        if self.deadline.is_over(Monotonic::now()) {
            return Ok(());
        }
        let publisher = &mut self.publisher;
        self.records.each(Which::Published, |of, values| {
            publisher.publish(of, values.record().bytes(), host.service).map(drop)
        })
    }

    /// Checks that the region and the input are still those of their names.
    fn check(&mut self, host: &mut Host<'_>) -> Result<(), ProducerError> {
        if self.publisher.check_region(host.service)? && self.publisher.records() > 0 {
            self.publish_again(host)?;
        }
        if let Some(input) = &mut self.input {
            self.input_log.followed(&*self.publisher.sink, input.follow_name());
        }
        Ok(())
    }

    /// Whether it does its work: it has published, or waits for input, without which the first record
    /// may never come.
    pub(super) fn is_settled(&self) -> bool {
        self.input.is_some() || self.publisher.records() > 0 || self.records.wait().is_some()
    }

    /// What it does, for `STATUS=`.
    pub(super) fn status(&self) -> String {
        let name = &self.settings.region.address;
        if let Some(wait) = self.records.wait() {
            return format!("{name}: no instance, {wait}");
        }
        if let Some(count) = self.records.instances().filter(|count| *count > 0) {
            let (instances, records) =
                (counted(count as u64, "instance"), self.publisher.records());
            return format!("publishing {name}: {instances}, {}", counted(records, "record"));
        }
        match (self.publisher.records(), self.publisher.sink.sequence()) {
            (0, _) if self.input.is_some() => format!("{name}: waiting for input"),
            (_, Some(sequence)) => format!("publishing {name}: sequence {sequence}"),
            (records, None) => format!("publishing {name}: record {records}"),
        }
    }

    /// The descriptor of the input.
    pub(super) fn input_fd(&self) -> Option<BorrowedFd<'_>> {
        self.input.as_ref().map(AsFd::as_fd)
    }

    /// Closes the region.
    pub(super) fn close(self, span: Span) -> Closed {
        let Self { publisher, schedule, input, input_log, .. } = self;
        let (sink, records) = (&publisher.sink, publisher.records());
        let (epoch, sequence) = (sink.epoch(), sink.sequence());
        let path = sink.path().display().to_string();
        let missing = input.as_ref().map(|input| input.keys().missing()).unwrap_or_default();
        let missing = if records == 0 { missing.join(", ") } else { String::new() };
        let failures = match input {
            Some(_) => counted(input_log.bad_lines(), "bad line"),
            None => counted(schedule.missed(), "missed tick"),
        };
        Closed { span, path, epoch, sequence, records, missing, failures }
    }
}

/// A region that was closed: what there is to log, after others are closed too, so that a slow log does
/// not delay their readers.
#[derive(Debug)]
pub(super) struct Closed {
    span: Span,
    pub(super) path: String,
    epoch: Option<u64>,
    sequence: Option<u64>,
    records: u64,
    /// Keys of the input without which nothing was published.
    missing: String,
    failures: String,
}

impl Closed {
    pub(super) fn log(&self, end: End) {
        let Self { span, path, epoch, sequence, records, missing, failures } = self;
        let _about = span.enter();
        if !missing.is_empty() {
            tracing::warn!(region = %path, "nothing was published: there was no value for {missing}");
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
