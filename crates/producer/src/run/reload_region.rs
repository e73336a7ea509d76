//! A reload of one region that is published or waited for.
//!
//! ```text
//!   input    the same stream stays open, also a pipe by another name: one that no process reads loses what it holds.
//!            Another one is found. A standby keeps what it has read of the same one
//!   region   same path   kept if the record is the same, else retired and recreated
//!            other path  the new one is opened, then the old one closed
//!                        - - - - - until here: all or nothing
//!   sources  unchanged ones continue (counters keep counting, rates keep their base)
//!   input    a pipe that was found is opened: a reload that is refused reads no line of it
//! ```

use daemon::{Monotonic, one_line};
use region::{Changed, ToPlace as _};
use settings::Settings;

use super::producer::Producer;
use super::reload::Reread;
use super::waiting::Waiting;
use super::{Host, find_input, keys, max_line};
use crate::configs::Config;
use crate::error::ProducerError;
use crate::input::{Input, Keys};
use crate::messages::{log_event, log_unread, warn_of_destination};
use crate::records::Records;
use crate::recovery::Heartbeats;
use crate::sink;
use crate::standby_input::StandbyInput;

/// What a reload does with the input.
enum NewInput {
    /// The same stream, perhaps with another name, other keys or limits; or none before and after.
    Same,
    /// Another stream, or none.
    Other(Option<Input>),
}

impl Waiting {
    /// Waits for what the new configuration asks for.
    pub(super) fn reload(&mut self, config: &Config, read: Result<Reread, ProducerError>) {
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

    /// After an error nothing has changed. A new pipe is opened at the next attempt.
    fn adopt(&mut self, new: Settings) -> Result<(), ProducerError> {
        let address = new.region.address.place().to_write()?;
        let next = new_input(&self.settings, self.input.input.as_ref(), &new)?;
        let input = StandbyInput::new(None, &new);
        let earlier = std::mem::replace(self, Self::new(new, address, input)?);
        match next {
            NewInput::Same => self.input.carry_over(earlier.input, &self.settings),
            NewInput::Other(input) => {
                log_unread(self.address.path(), earlier.input.input.as_ref());
                self.input.input = input;
            }
        }
        Ok(())
    }
}

/// What a reload has prepared; no later step refuses it.
struct Next {
    settings: Settings,
    input: NewInput,
    changed: Changed,
}

/// The input for the settings `new`, where `current` is that of `old`.
fn new_input(
    old: &Settings,
    current: Option<&Input>,
    new: &Settings,
) -> Result<NewInput, ProducerError> {
    let same_name = old.producer.input == new.producer.input;
    if old.reads_input() == new.reads_input() && same_name {
        return Ok(NewInput::Same);
    }
    let found = find_input(new)?;
    let both = current.zip(found.as_ref());
    let same_pipe = both.is_some_and(|(current, found)| current.is_same_pipe(found));
    Ok(if same_pipe { NewInput::Same } else { NewInput::Other(found) })
}

impl Producer {
    /// Applies the configuration that was read again.
    ///
    /// # Errors
    /// Those of a region that was lost meanwhile, and of the first publish into a new one; a reload that fails is
    /// logged.
    pub(super) fn reload(
        &mut self,
        config: &Config,
        read: Result<Reread, ProducerError>,
        host: &mut Host<'_>,
    ) -> Result<(), ProducerError> {
        let sink = &self.publisher.sink;
        let prepared = match read {
            Ok(Reread::New(new)) => self.prepare(*new, host),
            Ok(Reread::Unchanged) => {
                log_event!(info, sink, "SIGHUP: {config} is unchanged");
                return Ok(());
            }
            Ok(Reread::ReadOnce(why)) => {
                log_event!(info, sink, "SIGHUP: {why}");
                return Ok(());
            }
            Err(error) => Err(error),
        };
        match prepared {
            Ok(next) => self.adopt(next, config, host),
            Err(error) => {
                let (sink, error) = (&self.publisher.sink, one_line(&error));
                log_event!(error, sink, "SIGHUP: {error}; keeping the old configuration");
                Ok(())
            }
        }
    }

    /// Changes the region, the last step that can be refused. After an error nothing has changed.
    fn prepare(&mut self, new: Settings, host: &mut Host<'_>) -> Result<Next, ProducerError> {
        let input = new_input(&self.settings, self.input.as_ref(), &new)?;
        let changed = self.change_sink(&new, host)?;
        Ok(Next { settings: new, input, changed })
    }

    /// Continues with what [`prepare`](Self::prepare) has made. After an error the region is opened again.
    fn adopt(
        &mut self,
        next: Next,
        config: &Config,
        host: &mut Host<'_>,
    ) -> Result<(), ProducerError> {
        let Next { settings, input, changed } = next;
        let earlier = std::mem::replace(&mut self.records, Records::new(&settings));
        self.settings = settings;
        self.open_records()?;
        let keys = keys(&self.settings);
        let kept = self.records.carry_over(earlier);
        self.change_input(input, keys, &kept);
        self.retire_gone()?;
        self.begin_input()?;
        self.log_changes();

        self.schedule.change_tick(Monotonic::now(), self.settings.producer.tick);
        self.deadline.change(self.settings.producer.input_deadline);
        self.publisher.change_heartbeats(Heartbeats::of(&self.settings));
        let region = if changed == Changed::Replaced {
            warn_of_destination(&*self.publisher.sink);
            self.publisher.sink.origin()
        } else {
            format!("same region, mode {:04o}", self.settings.region.mode)
        };
        log_event!(info, self.publisher.sink, "SIGHUP: {config} is in force: {region}");
        if changed == Changed::Replaced { self.publish_soon(host) } else { Ok(()) }
    }

    fn change_input(&mut self, input: NewInput, mut keys: Keys, kept: &[(usize, usize)]) {
        self.input_log.reset();
        if let Some(old) = &self.input {
            keys.carry_over(old.keys(), kept);
        }
        if let NewInput::Other(input) = input {
            log_unread(self.publisher.sink.path(), self.input.as_ref());
            self.input = input;
        }
        if let Some(input) = &mut self.input {
            let producer = &self.settings.producer;
            input.configure(producer.input.as_deref(), max_line(&self.settings), keys);
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
