//! Lines of input, each of which publishes a record.

use daemon::Monotonic;

use super::Host;
use super::producer::Producer;
use crate::error::{Kind, ProducerError};
use crate::input::{Input, Outcome};
use crate::messages::InputLog;
use crate::records::Which;

/// Lines read from the input before signals and deadlines are checked again.
const LINES: usize = 64;

impl Producer {
    /// Whether there may be lines that were read and not published yet.
    pub(super) fn has_lines(&self) -> bool {
        self.input.as_ref().is_some_and(Input::has_lines)
    }

    /// Whether a read returns without blocking although nothing has reported that.
    pub(super) fn is_always_readable(&self) -> bool {
        self.input.as_ref().is_some_and(Input::is_always_readable)
    }

    /// Opens the input, if there is one: lines that are written from now on are for this producer.
    pub(super) fn begin_input(&mut self) -> Result<(), ProducerError> {
        let Some(input) = &mut self.input else { return Ok(()) };
        input.begin()?;
        input.hold();
        Ok(())
    }

    /// Publishes lines of the input, which is readable.
    pub(super) fn read_input(&mut self, host: &mut Host<'_>) -> Result<(), ProducerError> {
        let Some(input) = &mut self.input else { return Ok(()) };
        if !input.has_lines() {
            let filled = input.fill();
            filled.map_err(|source| Kind::Read { input: input.name(), source })?;
        }
        let published = self.publish_lines(host);
        self.log_changes();
        published
    }

    fn publish_lines(&mut self, host: &mut Host<'_>) -> Result<(), ProducerError> {
        for _ in 0..LINES {
            let Some(outcome) = self.read_line(host) else { return Ok(()) };
            self.retire_gone()?;
            match outcome {
                Outcome::Stopped => return Ok(()),
                Outcome::Publish => self.publish_line(host)?,
                Outcome::Incomplete { number } => self.log_incomplete(number),
                Outcome::Bad { number, error } => {
                    self.input_log.bad_line(&*self.publisher.sink, number, &error);
                }
            }
        }
        Ok(())
    }

    fn log_incomplete(&mut self, number: u64) {
        let Some(input) = &self.input else { return };
        if let Some((of, missing)) = self.records.take_incomplete(input.keys()) {
            self.input_log.incomplete(&*self.publisher.sink, number, of.as_ref(), &missing);
        }
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
}
