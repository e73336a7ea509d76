//! Whether a record is printed, when, and with which origin.
//!
//! ```text
//!   a record --condition--> --differs from the one printed last--> --its time has come--> a line
//!                                          |                              |
//!                        nothing is held back any more               held back
//! ```

use layout::InstanceName;
use region::{BootTime, Publication};
use render::{Held, Origin, Pace, Reading};

use crate::error::ConsumerError;
use crate::printer::Flow;
use crate::session::Session;

impl Session<'_> {
    /// Whether the record that was copied last is printed; with a rate, now.
    pub(crate) fn selects(
        &mut self,
        instance: Option<InstanceName>,
        publication: Option<Publication>,
    ) -> bool {
        let record = self.link.record();
        if !self.filter.holds(record) {
            return false;
        }
        if !self.filter.is_change(record, self.kept.of(instance).printed()) {
            // What is held back is older than this record, which is like the one printed last.
            if let Some(pace) = &mut self.pace {
                pace.discard(instance);
            }
            return false;
        }
        let Some(pace) = &mut self.pace else { return true };
        let is_due = pace.admits(instance, BootTime::now());
        if !is_due {
            pace.hold(instance, self.link.buffer(), publication, self.link.note(publication));
        }
        is_due
    }

    /// Prints the record that was copied last, buffered.
    pub(crate) fn print(
        &mut self,
        instance: Option<InstanceName>,
        publication: Option<Publication>,
    ) -> Result<Flow, ConsumerError> {
        let record = self.link.record();
        if self.filter.is_on_change() {
            self.kept.of(instance).print(record);
        }
        self.has_printed = true;
        let reading = self.link.reading(record, instance.as_ref(), publication);
        self.printer.print(&reading, self.environment.stdout())
    }

    /// Prints the records that were held back and whose time has come.
    pub(crate) fn release(&mut self) -> Result<Flow, ConsumerError> {
        while let Some(held) = self.pace.as_mut().and_then(|pace| pace.release(BootTime::now())) {
            if self.print_of_now(held)?.is_break() {
                return Ok(Flow::Break(()));
            }
        }
        Ok(Flow::Continue(()))
    }

    /// Prints the records that are held back, whether their time has come or not: at the end, and before another
    /// region takes the place of theirs.
    pub(crate) fn release_all(&mut self) -> Result<Flow, ConsumerError> {
        while let Some(held) = self.pace.as_mut().and_then(Pace::take) {
            if self.print_held(&held)?.is_break() {
                return Ok(Flow::Break(()));
            }
        }
        Ok(Flow::Continue(()))
    }

    /// Prints a record that was held back of the region that is attached, with what that is now.
    pub(crate) fn print_of_now(&mut self, mut held: Held) -> Result<Flow, ConsumerError> {
        held.noted = self.link.note(held.publication).or(held.noted);
        self.print_held(&held)
    }

    /// Prints a record that was held back, with what was noted of its region.
    fn print_held(&mut self, held: &Held) -> Result<Flow, ConsumerError> {
        let record = held.record.view();
        if self.filter.is_on_change() {
            self.kept.of(held.instance).print(record);
        }
        self.has_printed = true;
        let origin = held.noted.as_ref().zip(held.publication);
        let origin = origin.map(|(noted, publication)| Origin { region: noted, publication });
        let instance = held.instance.as_ref().map(InstanceName::as_str);
        let reading = Reading { record, instance, origin };
        self.printer.print(&reading, self.environment.stdout())
    }
}
