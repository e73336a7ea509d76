//! SIGHUP: reads the configurations again.
//!
//! Invariant: all or nothing, for each region. Everything that can fail is done first; a failure is
//! logged and the region keeps its old configuration. If the list itself cannot be made, because a
//! directory is unreadable or empty, nothing changes at all.
//!
//! ```text
//!   list --> gone         the region is closed
//!        --> new          opened, as at the start
//!        --> had failed   read and opened again; one that can be read only once is still tried again
//!        --> the others   read; same as before?  nothing
//!              --> input: the same stream stays open, another one is opened; a standby keeps what it has
//!                         read of the same one
//!              --> region: same path   kept if the record is the same, else retired and recreated
//!                          other path  the new one is opened, then the old one closed
//!              --> sources: unchanged ones continue (counters keep counting, rates keep their base)
//! ```

use std::collections::BTreeMap;

use daemon::{Monotonic, Passed, one_line};
use region::{Changed, ToPlace as _};
use settings::Settings;

use super::inputs::Inputs;
use super::member::{Member, State};
use super::process::Wanted;
use super::producer::Producer;
use super::queue::Queue;
use super::waiting::Waiting;
use super::{Daemon, Host, keys, max_line, open_input};
use crate::cli::Args;
use crate::configs::Config;
use crate::error::ProducerError;
use crate::input::{Input, Keys};
use crate::messages::{End, log_event, warn_of_destination};
use crate::records::Records;
use crate::recovery::Heartbeats;
use crate::sink;
use crate::standby_input::StandbyInput;

/// What a configuration holds that was read again.
#[derive(Debug)]
pub(super) enum Reread {
    /// It cannot be read again: why.
    ReadOnce(&'static str),
    /// The settings that are in force.
    Unchanged,
    New(Box<Settings>),
}

/// What a reload does with the input.
enum NewInput {
    /// The same stream, perhaps with other keys or limits; or none before and after.
    Same,
    /// Another stream, or none.
    Other(Option<Input>),
}

impl Daemon<'_> {
    /// Reads the configurations again and applies them.
    ///
    /// # Errors
    /// No region is left; a reload that fails is logged.
    pub(super) fn reload(&mut self) -> Result<(), ProducerError> {
        self.host.service.reloading(Monotonic::now());
        let reloaded = match self.host.configs.list() {
            Ok(configs) => self.reload_all(configs),
            Err(error) => {
                let error = one_line(&error);
                tracing::error!("SIGHUP: {error}; keeping the old configurations");
                Ok(())
            }
        };
        let status = self.status();
        self.host.service.reloaded(Monotonic::now(), &status);
        reloaded
    }

    fn reload_all(&mut self, configs: Vec<Config>) -> Result<(), ProducerError> {
        self.take_list(configs);
        self.members.iter_mut().for_each(Member::renew);
        let read = self.reread_all();
        // A setting of the process may change in all configurations at once.
        let next: Vec<_> = read.iter().map(|read| read.as_ref()?.as_ref().ok()?.wanted()).collect();
        for (index, read) in read.into_iter().enumerate() {
            match (read, &self.members[index].state) {
                (Some(read), _) => self.reload_one(index, read, &next)?,
                (None, State::New) => self.read_and_open(index, &mut Passed::default())?,
                (None, State::Failed { .. }) => self.plan(index)?,
                (None, _) => {}
            }
            self.host.service.keep_alive(Monotonic::now());
        }
        // Settings that were taken back, or whose region kept its old configuration.
        if let Err(error) = self.process.apply(self.wanted()) {
            tracing::error!("SIGHUP: {}", one_line(&error));
        }
        self.check_active()
    }

    /// The members are those of `configs` from now on. Regions that are gone are closed, before another
    /// configuration asks for their names.
    fn take_list(&mut self, configs: Vec<Config>) {
        let earlier = std::mem::take(&mut self.members).into_iter();
        let mut earlier: BTreeMap<_, _> =
            earlier.map(|member| (member.config.clone(), member)).collect();
        let known = configs.into_iter().map(|config| (earlier.remove(&config), config));
        self.members =
            known.map(|(known, config)| known.unwrap_or_else(|| Member::new(config))).collect();
        for (config, mut gone) in earlier {
            tracing::info!("SIGHUP: {config} is gone");
            if let Some(closed) = gone.close(End::Gone) {
                closed.log(End::Gone);
            }
        }
        // The numbers have changed.
        (self.queue, self.inputs) = (Queue::new(self.members.len()), Inputs::default());
        self.members.iter_mut().for_each(Member::forget_poll);
    }

    /// Reads the configurations of the regions that are published or waited for.
    fn reread_all(&mut self) -> Vec<Option<Result<Reread, ProducerError>>> {
        let Host { args, service, .. } = &mut self.host;
        let read = self.members.iter().map(|member| {
            service.keep_alive(Monotonic::now());
            member.is_open().then(|| reread(args, member))
        });
        read.collect()
    }

    /// Applies what was read for member `index`, whose region is published or waited for.
    fn reload_one(
        &mut self,
        index: usize,
        read: Result<Reread, ProducerError>,
        next: &[Option<Wanted>],
    ) -> Result<(), ProducerError> {
        let _about = self.members[index].span.clone().entered();
        let read = read.and_then(|read| {
            if let Reread::New(new) = &read {
                self.prepare(index, new, next)?;
            }
            Ok(read)
        });
        let member = &mut self.members[index];
        let done = match &mut member.state {
            State::Publishing(producer) => producer.reload(&member.config, read, &mut self.host),
            State::Waiting(waiting) => {
                waiting.reload(&member.config, read);
                Ok(())
            }
            _ => Ok(()),
        };
        if self.host.configs.may_be_many() {
            let address = member.settings().map(|settings| settings.region.address.to_string());
            if let Some(address) = address {
                member.set_subject(&address);
            }
        }
        self.done(index, done.map(|()| None)).map(drop)
    }

    /// Checks that member `index` may have the settings `new`, and makes the process what they ask for.
    fn prepare(
        &mut self,
        index: usize,
        new: &Settings,
        next: &[Option<Wanted>],
    ) -> Result<(), ProducerError> {
        self.check_conflicts(index, new, next)?;
        // Without what this region asks for until now.
        let others = self.members.iter().enumerate();
        let others = others.filter(|(other, member)| *other != index && member.is_active());
        let others = others.filter_map(|(_, other)| other.settings()).map(Wanted::of);
        self.process.apply(others.fold(Wanted::of(new), Wanted::and))
    }
}

fn reread(args: &Args, member: &Member) -> Result<Reread, ProducerError> {
    if let Some(why) = member.config.read_once() {
        return Ok(Reread::ReadOnce(why));
    }
    let new = args.load(&member.config)?;
    let is_same = member.settings() == Some(&new);
    Ok(if is_same { Reread::Unchanged } else { Reread::New(Box::new(new)) })
}

impl Reread {
    /// What new settings ask the process to be.
    fn wanted(&self) -> Option<Wanted> {
        match self {
            Self::New(new) => Some(Wanted::of(new)),
            Self::ReadOnce(_) | Self::Unchanged => None,
        }
    }
}

impl Waiting {
    /// Waits for what the new configuration asks for.
    fn reload(&mut self, config: &Config, read: Result<Reread, ProducerError>) {
        let changed = match read {
            Ok(Reread::New(new)) => self.adopt(*new).map(|()| "is in force"),
            Ok(Reread::Unchanged) => Ok("is unchanged"),
            Ok(Reread::ReadOnce(why)) => return tracing::info!("SIGHUP: {why}"),
            Err(error) => Err(error),
        };
        let status = self.status();
        match changed {
            Ok(what) => tracing::info!("SIGHUP: {config} {what}: {status}"),
            Err(error) => {
                tracing::error!("SIGHUP: {}; keeping the old configuration", one_line(&error));
            }
        }
    }

    /// After an error nothing has changed.
    fn adopt(&mut self, new: Settings) -> Result<(), ProducerError> {
        let address = new.region.address.place().to_write()?;
        let (opened, keeps_input) = match new_input(&self.settings, &new)? {
            NewInput::Same => (None, true),
            NewInput::Other(input) => (input, false),
        };
        let input = StandbyInput::new(opened, &new);
        let earlier = std::mem::replace(self, Self::new(new, address, input)?);
        if keeps_input {
            self.input.carry_over(earlier.input, &self.settings);
        }
        Ok(())
    }
}

/// The input for the settings `new`, where that of `old` is open.
fn new_input(old: &Settings, new: &Settings) -> Result<NewInput, ProducerError> {
    let same_stream = old.producer.input == new.producer.input;
    if old.reads_input() == new.reads_input() && same_stream {
        return Ok(NewInput::Same);
    }
    open_input(new).map(NewInput::Other)
}

impl Producer {
    /// Applies the configuration that was read again.
    ///
    /// # Errors
    /// Those of the first publish into a new region; a reload that fails is logged.
    fn reload(
        &mut self,
        config: &Config,
        read: Result<Reread, ProducerError>,
        host: &mut Host<'_>,
    ) -> Result<(), ProducerError> {
        let adopted = match read {
            Ok(Reread::New(new)) => self.adopt(*new, host),
            Ok(Reread::Unchanged) => {
                log_event!(info, self.publisher.sink, "SIGHUP: {config} is unchanged");
                return Ok(());
            }
            Ok(Reread::ReadOnce(why)) => {
                log_event!(info, self.publisher.sink, "SIGHUP: {why}");
                return Ok(());
            }
            Err(error) => Err(error),
        };
        match adopted {
            Ok(changed) => {
                let region = match changed {
                    Changed::Replaced => self.publisher.sink.origin(),
                    _ => format!("same region, mode {:04o}", self.settings.region.mode),
                };
                log_event!(info, self.publisher.sink, "SIGHUP: {config} is in force: {region}");
                if changed == Changed::Replaced { self.publish_soon(host) } else { Ok(()) }
            }
            Err(error) => {
                let error = one_line(&error);
                log_event!(
                    error,
                    self.publisher.sink,
                    "SIGHUP: {error}; keeping the old configuration"
                );
                Ok(())
            }
        }
    }

    /// After an error nothing has changed.
    fn adopt(&mut self, new: Settings, host: &mut Host<'_>) -> Result<Changed, ProducerError> {
        let input = new_input(&self.settings, &new)?;
        let changed = self.change_sink(&new, host)?;
        // No step after this line can fail, but for a region that was lost meanwhile.
        let earlier = std::mem::replace(&mut self.records, Records::new(&new));
        self.settings = new;
        self.open_records()?;
        let keys = keys(&self.settings);
        let kept = self.records.carry_over(earlier);
        self.change_input(input, keys, &kept);
        self.retire_gone()?;
        self.log_changes();

        self.schedule.change_tick(Monotonic::now(), self.settings.producer.tick);
        self.deadline.change(self.settings.producer.input_deadline);
        self.publisher.change_heartbeats(Heartbeats::of(&self.settings));
        if changed == Changed::Replaced {
            warn_of_destination(&*self.publisher.sink);
        }
        Ok(changed)
    }

    fn change_input(&mut self, input: NewInput, mut keys: Keys, kept: &[(usize, usize)]) {
        self.input_log.reset();
        if let Some(old) = &self.input {
            keys.carry_over(old.keys(), kept);
        }
        if let NewInput::Other(input) = input {
            self.input = input;
        }
        if let Some(input) = &mut self.input {
            input.hold();
            input.configure(max_line(&self.settings), keys);
        }
    }

    /// `Replaced`: the region is a new one.
    fn change_sink(
        &mut self,
        new: &Settings,
        host: &mut Host<'_>,
    ) -> Result<Changed, ProducerError> {
        if !self.publisher.sink.is_named() {
            let changed = self.publisher.sink.change(new)?;
            if changed == Changed::Replaced {
                self.publisher.store_memfd(host.service);
            }
            return Ok(changed);
        }
        let address = new.region.address.place().to_write()?;
        if address.path() == self.publisher.sink.path() {
            return self.publisher.sink.change(new);
        }
        self.publisher.sink = sink::open(&address, new)?;
        Ok(Changed::Replaced)
    }

    /// Restarts the ticks, so that readers of a new, empty region do not wait a whole tick.
    fn publish_soon(&mut self, host: &mut Host<'_>) -> Result<(), ProducerError> {
        match &self.input {
            None => {
                self.schedule.restart(Monotonic::now());
                Ok(())
            }
            Some(input) if self.records.instances().is_some() || input.keys().is_complete() => {
                self.publish_again(host)
            }
            Some(_) => Ok(()),
        }
    }
}
