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
//!                                        other?  changed: see `reload_region`
//! ```

use std::collections::BTreeMap;

use daemon::{Monotonic, Passed, one_line};
use settings::Settings;

use super::inputs::Inputs;
use super::member::{Member, State};
use super::process::Wanted;
use super::queue::Queue;
use super::{Daemon, Host};
use crate::cli::Args;
use crate::configs::Config;
use crate::error::ProducerError;
use crate::messages::End;

/// What a configuration holds that was read again.
#[derive(Debug)]
pub(super) enum Reread {
    /// It cannot be read again: why.
    ReadOnce(&'static str),
    /// The settings that are in force.
    Unchanged,
    New(Box<Settings>),
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
