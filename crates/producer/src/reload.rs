//! SIGHUP: the configuration is read again.
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

use crate::error::ProducerError;
use crate::input::Input;
use crate::outlet::{self, Outlet};
use crate::run::{Producer, keys, max_line, open_input, patrol_period};
use crate::say::say;
use crate::sources::{Moment, Sources};

/// What a reload does with the input.
enum NewInput {
    /// The same stream with other keys or limits; or none before and after.
    Same,
    /// Another stream, or none any more.
    Other(Option<Input>),
}

impl Producer<'_> {
    /// Reads the configuration again and goes over to it.
    ///
    /// # Errors
    /// Those of the first publish into a new region; a reload that fails is logged.
    pub(crate) fn reload(&mut self) -> Result<(), ProducerError> {
        self.service.reloading(Monotonic::now());
        let changed = self.reread();
        let status = self.status();
        self.service.reloaded(Monotonic::now(), &status);
        match changed {
            Changed::Replaced => self.publish_soon(Monotonic::now()),
            _ => Ok(()),
        }
    }

    fn reread(&mut self) -> Changed {
        let Some(path) = &self.args.config else {
            say!(info, self.outlet, "SIGHUP: the built-in configuration has no file to read again");
            return Changed::Kept;
        };
        let path = path.display();
        let adopted = match crate::load(self.args) {
            Ok(new) if new == self.settings => {
                say!(info, self.outlet, "SIGHUP: {path} is unchanged");
                return Changed::Kept;
            }
            Ok(new) => self.adopt(new),
            Err(error) => Err(error),
        };
        match adopted {
            Ok(changed) => {
                let origin = self.outlet.origin();
                say!(info, self.outlet, "SIGHUP: {path} is in force: {origin}");
                changed
            }
            Err(error) => {
                let error = one_line(&error);
                say!(error, self.outlet, "SIGHUP: {error}; keeping the old configuration");
                Changed::Kept
            }
        }
    }

    /// After an error nothing has changed.
    fn adopt(&mut self, new: Settings) -> Result<Changed, ProducerError> {
        let input = self.new_input(&new)?;
        let changed = self.change_outlet(&new)?;
        // From here on nothing fails.
        let now = Moment::now();
        let sources = Sources::new(&new.record, now);
        let mut record = sources.first_record();
        let earlier = std::mem::replace(&mut self.sources, sources);
        let kept = self.sources.carry_over(earlier, &self.record, &mut record);
        self.record = record;
        self.settings = new;
        self.change_input(input, &kept);

        let now = Monotonic::now();
        self.ticks.change_period(now, self.settings.producer.tick);
        self.patrol.change_period(now, patrol_period(&self.settings));
        if changed == Changed::Replaced {
            self.warn_of_place();
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
        self.incomplete_said = false;
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

    /// `Replaced`: the region is another one than before.
    fn change_outlet(&mut self, new: &Settings) -> Result<Changed, ProducerError> {
        if !self.outlet.is_named() {
            let changed = self.outlet.change(new)?;
            if changed == Changed::Replaced {
                self.keep();
            }
            return Ok(changed);
        }
        let address = outlet::locate(&new.region.address)?;
        if address.path() == self.outlet.path() {
            return self.outlet.change(new);
        }
        // The old one is closed by the assignment: its readers learn that it has ended.
        self.outlet = Outlet::open(&address, new)?;
        Ok(Changed::Replaced)
    }

    /// A new region is empty: its readers shall not have to wait a whole tick.
    fn publish_soon(&mut self, now: Monotonic) -> Result<(), ProducerError> {
        match &self.input {
            None => {
                self.ticks.restart(now);
                Ok(())
            }
            Some(input) if input.keys().is_complete() => self.publish(),
            Some(_) => Ok(()),
        }
    }
}
