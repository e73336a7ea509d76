//! One region: its sources, its input and its schedule, a turn at a time.
//!
//! Invariant: a record is published whole, and a failing input line, file or region affects at most one
//! turn, and no other region.
//!
//! ```text
//!   read    each good line -> sample -> publish: see `lines`
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

use super::Host;
use super::deadline::InputDeadline;
use super::schedule::Schedule;
use crate::error::ProducerError;
use crate::input::Input;
use crate::messages::{End, InputLog, log_event, log_start, warn_of_destination, warn_of_memfd};
use crate::records::{Records, Which};
use crate::recovery::{Heartbeats, Publisher};
use crate::sink::Sink;
use crate::sources::Moment;
use crate::standby_input::StandbyInput;

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
        // A standby's is open already; any other is held when it is opened.
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
        // The values of a line may need those of the newest record to be a whole one.
        let (records, sink) = (&mut self.records, &*self.publisher.sink);
        let is_pending = self.input.as_mut().is_some_and(|input| {
            records.continue_with_newest(sink, input.keys_mut()) || records.has_pending()
        });
        let read = self.unpublished.or_else(|| is_pending.then(Monotonic::now));
        if let Some(read) = read {
            self.deadline.renew(read);
            if !self.deadline.is_over(Monotonic::now()) {
                self.sample_and_publish(Which::Pending, host)?;
            }
        }
        self.log_changes();
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

    /// No good line came within `limit`.
    fn fall_silent(&mut self, now: Monotonic, limit: Duration, host: &mut Host<'_>) {
        InputLog::silent(&*self.publisher.sink, limit);
        let name = &self.settings.region.address;
        host.service.status(now, format!("{name}: stalled, waiting for input"));
    }

    /// Samples all of `which` at one moment, and publishes them.
    pub(super) fn sample_and_publish(
        &mut self,
        which: Which,
        host: &mut Host<'_>,
    ) -> Result<(), ProducerError> {
        let (now, publisher) = (Moment::now(), &mut self.publisher);
        self.records.each(which, |of: Option<&InstanceName>, values| {
            publisher.publish(of, values.sample_to_publish(now), host.service).map(drop)
        })?;
        if self.publisher.take_cut() { self.publish_again(host) } else { Ok(()) }
    }

    /// New readers of a new file get the last record and need not wait for the next one. It keeps its time:
    /// a new file does not make values new.
    pub(super) fn publish_again(&mut self, host: &mut Host<'_>) -> Result<(), ProducerError> {
        let (now, publisher) = (Moment::now(), &mut self.publisher);
        let is_over = self.deadline.is_over(Monotonic::now());
        self.records.each(Which::Published, |of, values| match values.published_at() {
            Some(at) => publisher.publish_again(of, (values.completed(now), at), host.service),
            None if is_over => Ok(()),
            // It is whole under this configuration, and was not under the one before.
            None => publisher.publish(of, values.sample_to_publish(now), host.service).map(drop),
        })
    }

    /// Checks that the region and the input are still those of their names.
    fn check(&mut self, host: &mut Host<'_>) -> Result<(), ProducerError> {
        // An instance that has no record yet is not published again.
        let has_records = self.publisher.records() > 0 || self.records.instances().is_some();
        if self.publisher.check_region(host.service)? && has_records {
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
}
