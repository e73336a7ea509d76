//! SIGHUP: reloads the configuration.
//!
//! Invariant: all or nothing. Everything that can fail is done first; a failure is logged and the
//! producer keeps its old configuration.
//!
//! ```text
//!   read --> same as before?  nothing
//!        --> input: the same stream stays open, another one is opened
//!        --> region: same path   kept if the record is the same, else retired and recreated
//!                    other path  the new one is opened, then the old one closed
//!        --> sources: unchanged ones continue (counters keep counting, rates keep their base)
//! ```

use daemon::{Monotonic, one_line};
use region::Changed;
use settings::Settings;

use super::{Producer, keys, max_line, open_input};
use crate::error::ProducerError;
use crate::input::Input;
use crate::messages::{log_event, warn_of_destination};
use crate::recovery::Heartbeats;
use crate::sink;
use crate::sources::{Moment, Sources};

/// What a reload does with the input.
enum NewInput {
    /// The same stream, perhaps with other keys or limits; or none before and after.
    Same,
    /// Another stream, or none.
    Other(Option<Input>),
}

impl Producer<'_> {
    /// Reads the configuration again and applies it.
    ///
    /// # Errors
    /// Those of the first publish into a new region; a reload that fails is logged.
    pub(super) fn reload(&mut self) -> Result<(), ProducerError> {
        self.service.reloading(Monotonic::now());
        let changed = self.reread();
        self.service.reloaded(Monotonic::now(), &self.status());
        match changed {
            Changed::Replaced => self.publish_soon(),
            _ => Ok(()),
        }
    }

    fn reread(&mut self) -> Changed {
        let Some(path) = &self.args.config else {
            log_event!(
                info,
                self.publisher.sink,
                "SIGHUP: the built-in configuration has no file to read again"
            );
            return Changed::Kept;
        };
        let path = path.display();
        let adopted = match self.args.load() {
            Ok(new) if new == self.settings => {
                log_event!(info, self.publisher.sink, "SIGHUP: {path} is unchanged");
                return Changed::Kept;
            }
            Ok(new) => self.adopt(new),
            Err(error) => Err(error),
        };
        match adopted {
            Ok(changed) => {
                let origin = self.publisher.sink.origin();
                log_event!(info, self.publisher.sink, "SIGHUP: {path} is in force: {origin}");
                changed
            }
            Err(error) => {
                let error = one_line(&error);
                log_event!(
                    error,
                    self.publisher.sink,
                    "SIGHUP: {error}; keeping the old configuration"
                );
                Changed::Kept
            }
        }
    }

    /// After an error nothing has changed.
    fn adopt(&mut self, new: Settings) -> Result<Changed, ProducerError> {
        let input = self.new_input(&new)?;
        let changed = self.change_sink(&new)?;
        // No step after this line can fail.
        let now = Moment::now();
        let sources = Sources::new(&new.record, now);
        let mut record = sources.first_record();
        let earlier = std::mem::replace(&mut self.sources, sources);
        let kept = self.sources.carry_over(earlier, &self.record, &mut record);
        self.record = record;
        self.settings = new;
        self.change_input(input, &kept);

        self.schedule.change_tick(Monotonic::now(), self.settings.producer.tick);
        self.deadline.change(self.settings.producer.input_deadline);
        self.publisher.change_heartbeats(Heartbeats::of(&self.settings));
        if changed == Changed::Replaced {
            warn_of_destination(&*self.publisher.sink);
        }
        Ok(changed)
    }

    fn new_input(&self, new: &Settings) -> Result<NewInput, ProducerError> {
        let same_stream = self.settings.producer.input == new.producer.input;
        if self.settings.reads_input() == new.reads_input() && same_stream {
            return Ok(NewInput::Same);
        }
        open_input(new).map(NewInput::Other)
    }

    fn change_input(&mut self, input: NewInput, kept: &[(usize, usize)]) {
        self.input_log.reset();
        let mut keys = keys(&self.settings);
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
    fn change_sink(&mut self, new: &Settings) -> Result<Changed, ProducerError> {
        if !self.publisher.sink.is_named() {
            let changed = self.publisher.sink.change(new)?;
            if changed == Changed::Replaced {
                self.publisher.store_memfd(self.service);
            }
            return Ok(changed);
        }
        let address = sink::locate(&new.region.address)?;
        if address.path() == self.publisher.sink.path() {
            return self.publisher.sink.change(new);
        }
        self.publisher.sink = sink::open(&address, new)?;
        Ok(Changed::Replaced)
    }

    /// Restarts the ticks, so that readers of a new, empty region do not wait a whole tick.
    fn publish_soon(&mut self) -> Result<(), ProducerError> {
        match &self.input {
            None => {
                self.schedule.restart(Monotonic::now());
                Ok(())
            }
            Some(input) if input.keys().is_complete() => self.publish_again(),
            Some(_) => Ok(()),
        }
    }
}
