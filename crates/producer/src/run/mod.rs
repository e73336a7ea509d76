//! The loop: wait for an event, then handle it. One thread publishes all regions.
//!
//! Invariant: a region that fails affects no other one: it is tried again while any other is published
//! or waits for its take-over. When none is left, the process ends, with the error of the first
//! configuration that has one. So a producer of one region ends when that fails.
//!
//! ```text
//!   turn:  wait(signals, inputs, first deadline of the queue)
//!          signal    stop -> end            reload -> reload.rs
//!          input     each region whose input is readable     -> producer.rs
//!          deadline  each region that is due, at most a batch -> producer.rs, waiting.rs
//!          manager   READY=1, WATCHDOG=1 and STATUS=, from this loop
//! ```
//!
//! Price: one `ppoll` per turn, in which all regions that are due are handled.

mod closed;
mod deadline;
mod inputs;
mod instances;
mod lines;
mod member;
mod opening;
mod process;
mod producer;
mod queue;
mod reload;
mod reload_region;
mod schedule;
mod status;
mod waiting;

use std::time::Duration;

use daemon::{Monotonic, Passed, Ready, Service, Signals, logging};
use settings::{Instances, Settings, Source};

use crate::cli::Args;
use crate::configs::Configs;
use crate::destination::Destination;
use crate::error::ProducerError;
use crate::input::{Input, Keys};
use crate::messages::End;
use inputs::{Inputs, Wake};
use member::{Member, State};
use process::Process;
pub(crate) use process::{Wanted, refused_settings};
use queue::Queue;
use status::counted_regions;

/// Regions handled before signals and inputs are checked again.
const BATCH: usize = 64;

/// What all regions share.
#[derive(Debug)]
pub(crate) struct Host<'a> {
    args: &'a Args,
    configs: Configs,
    signals: Signals,
    service: &'a mut Service,
}

impl Host<'_> {
    /// For loops inside a region: keeps the watchdog quiet. `false`: a stop was requested.
    fn keep_going(&mut self) -> bool {
        self.service.keep_alive(Monotonic::now());
        self.signals.stop_requested().is_none()
    }
}

/// A process and its regions.
#[derive(Debug)]
pub(crate) struct Daemon<'a> {
    host: Host<'a>,
    members: Vec<Member>,
    queue: Queue,
    inputs: Inputs,
    process: Process,
    /// The time of this turn: no region has two turns in one.
    now: Monotonic,
}

/// The input, if a source of `settings` needs it. A pipe is opened when nothing else can fail: see [`Input::begin`].
pub(crate) fn find_input(settings: &Settings) -> Result<Option<Input>, ProducerError> {
    if !settings.reads_input() {
        return Ok(None);
    }
    let path = settings.producer.input.as_deref();
    Ok(Some(Input::find(path, max_line(settings), keys(settings))?))
}

/// Which keys of the input fill which fields.
pub(crate) fn keys(settings: &Settings) -> Keys {
    let inputs = settings.record.sources.iter().enumerate();
    let keys = Keys::new(inputs.filter_map(|(field, source)| match source {
        Source::Input(input) => Some((input, field)),
        _ => None,
    }));
    let keys = match &settings.record.instances {
        Some(Instances::Input(input)) => keys.and(&input.key),
        _ => keys,
    };
    if settings.producer.ignore_unknown { keys.ignoring_unknown() } else { keys }
}

/// The longest line of input, in bytes.
pub(crate) fn max_line(settings: &Settings) -> usize {
    usize::try_from(settings.producer.max_line).unwrap_or(usize::MAX)
}

impl<'a> Daemon<'a> {
    /// Opens the regions of all configurations.
    ///
    /// # Errors
    /// That of the first if none can be opened.
    pub(crate) fn start(
        args: &'a Args,
        mut passed: Passed,
        service: &'a mut Service,
    ) -> Result<Self, ProducerError> {
        let configs = Configs::of(args)?;
        let members: Vec<_> = configs.list()?.into_iter().map(Member::new).collect();
        // Before any region is created, so that no signal interrupts its creation.
        let signals =
            Signals::stop_and_reload().map_err(ProducerError::system("cannot handle signals"))?;
        let mut daemon = Self {
            host: Host { args, configs, signals, service },
            queue: Queue::new(members.len()),
            members,
            inputs: Inputs::default(),
            process: Process::new(),
            now: Monotonic::now(),
        };
        for index in 0..daemon.members.len() {
            daemon.read_and_open(index, &mut passed)?;
            daemon.host.service.keep_alive(Monotonic::now());
        }
        // None has missed a tick meanwhile, and regions of one tick are handled in one turn.
        let now = Monotonic::now();
        daemon.members.iter_mut().for_each(|member| member.begin(now));
        Ok(daemon)
    }

    /// Runs until a signal, or until no region is published any more.
    pub(crate) fn run(mut self) -> Result<(), ProducerError> {
        let end = loop {
            if let Some(end) = self.turn()? {
                break end;
            }
        };
        self.finish(end);
        Ok(())
    }

    fn turn(&mut self) -> Result<Option<End>, ProducerError> {
        let ready = self.wait()?;
        self.host.service.keep_alive(Monotonic::now());
        logging::catch_up();
        if ready.signal {
            let pending = self.host.signals.take();
            if let Some(signal) = pending.stop {
                return Ok(Some(End::Signal(signal)));
            }
            if pending.reload {
                // It may have replaced inputs, so the readiness polled before is stale.
                return self.reload().map(|()| None);
            }
        }
        if ready.input {
            for wake in self.inputs.take().map_err(ProducerError::system("cannot poll"))? {
                if let Some(end) = self.wake(wake)? {
                    return Ok(Some(end));
                }
            }
        }
        let now = Monotonic::now();
        self.now = now;
        for _ in 0..BATCH {
            let Some(index) = self.queue.take(now) else { break };
            if let Some(end) = self.turn_of(index, now)? {
                return Ok(Some(end));
            }
        }
        self.report(now);
        Ok(None)
    }

    /// Sleeps until something is to be done.
    fn wait(&mut self) -> Result<Ready, ProducerError> {
        let first = self.queue.first().map(|(due, index)| (due, self.members[index].busy_wait()));
        let sleep = first.map(|(due, spin)| daemon::sleep_until(due, spin, self.now));
        let until = sleep.into_iter().chain(self.host.service.deadline()).min();
        let ready = daemon::wait(&self.host.signals, self.inputs.fd(), until)
            .map_err(ProducerError::system("cannot wait"))?;
        if let Some((due, spin)) = first
            && !spin.is_zero()
            && ready == Ready::default()
            && Monotonic::now() >= due.before(spin)
        {
            daemon::spin_until(due);
        }
        Ok(ready)
    }

    fn wake(&mut self, wake: Wake) -> Result<Option<End>, ProducerError> {
        let (Wake::Input(index) | Wake::Standby(index)) = wake;
        let member = &mut self.members[index];
        let _about = member.span.clone().entered();
        let done = match wake {
            Wake::Input(_) => member.read_input(&mut self.host),
            Wake::Standby(_) => member.attempt(&mut self.host),
        };
        self.done(index, done)
    }

    fn turn_of(&mut self, index: usize, now: Monotonic) -> Result<Option<End>, ProducerError> {
        let member = &mut self.members[index];
        let _about = member.span.clone().entered();
        if let Some(settings) = member.take_retry(now) {
            return self.open(index, settings, Destination::Address).map(|()| None);
        }
        let done = member.turn(now, &mut self.host);
        self.done(index, done)
    }

    /// Notes what a region's turn has led to. `Some`: it was the last region.
    fn done(
        &mut self,
        index: usize,
        done: Result<Option<End>, ProducerError>,
    ) -> Result<Option<End>, ProducerError> {
        match done {
            Ok(None) => self.plan(index).map(|()| None),
            // The end of the process, which closes its region.
            Ok(Some(end)) if self.is_last(index) => Ok(Some(end)),
            Ok(Some(end)) => {
                self.forget_input(index);
                if let Some(closed) = self.members[index].close(end) {
                    closed.log(end);
                }
                self.check_active().map(|()| None)
            }
            Err(error) => {
                let settings = self.members[index].settings().cloned();
                self.fail(index, error, settings).map(|()| None)
            }
        }
    }

    /// Puts region `index` into the queue, and its descriptors among those that are polled.
    fn plan(&mut self, index: usize) -> Result<(), ProducerError> {
        let member = &mut self.members[index];
        let failed = ProducerError::system("cannot poll");
        match &mut member.state {
            State::Publishing(producer) => {
                if let Some(input) = &mut producer.input
                    && let Some(fd) = input.take_new()
                    && !self.inputs.add(fd, Wake::Input(index)).map_err(failed)?
                {
                    input.set_always_readable();
                }
            }
            State::Waiting(waiting) => {
                if let Some(fd) = waiting.take_new_event() {
                    self.inputs.add(fd, Wake::Standby(index)).map_err(failed)?;
                }
            }
            _ => {}
        }
        if let Some(due) = member.due() {
            self.queue.set(index, due.max(self.now.after(Duration::from_nanos(1))));
        }
        Ok(())
    }

    /// Whether all other regions have ended.
    fn is_last(&self, index: usize) -> bool {
        let mut others = self.members.iter().enumerate().filter(|(other, _)| *other != index);
        others.all(|(_, member)| matches!(member.state, State::Ended(_)))
    }

    /// An error, the first there is, if no region is published or will be.
    fn check_active(&mut self) -> Result<(), ProducerError> {
        if self.members.iter().any(Member::is_active) {
            return Ok(());
        }
        self.members.iter_mut().find_map(Member::take_error).map_or(Ok(()), Err)
    }

    /// Standard input stays open when its region is closed, so it is not to be polled any more.
    fn forget_input(&self, index: usize) {
        if let State::Publishing(producer) = &self.members[index].state
            && let Some(fd) = producer.input_fd()
        {
            self.inputs.forget(fd);
        }
    }

    fn finish(mut self, end: End) {
        // All regions first, so that a slow log or manager does not delay their readers.
        let was_open =
            |member: &&Member| matches!(member.state, State::Publishing(_) | State::Ended(_));
        let count = self.members.iter().filter(was_open).count();
        let closed: Vec<_> =
            self.members.iter_mut().filter_map(|member| member.close(end)).collect();
        for closed in &closed {
            closed.log(end);
        }
        let text = match (&self.members[..], &closed[..]) {
            ([_], [only]) => format!("closed {} ({end})", only.path),
            ([_], []) => "stopped while waiting to take over".to_owned(),
            _ => format!("closed {} ({end})", counted_regions(count)),
        };
        self.host.service.stopping(&text);
    }
}
