//! The instances of a region, as the configuration and the input change them.

use super::producer::Producer;
use crate::error::ProducerError;
use crate::instances::{Changes, InstanceSet};
use crate::messages::{log_gone, log_instances};

impl Producer {
    /// Begins with the instances of the configuration and the region, if there are any.
    pub(super) fn open_records(&mut self) -> Result<(), ProducerError> {
        log_gone(&*self.publisher.sink);
        let changes = self.records.open(&self.settings, &*self.publisher.sink);
        // Before the others join: the region may be full.
        self.retire_gone()?;
        for name in &changes.joined {
            self.publisher.sink.join(name)?;
        }
        self.apply(&changes)
    }

    /// Retires in the region what is to be retired there, and logs what has changed.
    pub(super) fn apply(&mut self, changes: &Changes) -> Result<(), ProducerError> {
        self.retire_gone()?;
        log_instances(&*self.publisher.sink, changes);
        self.records.log_losses();
        Ok(())
    }

    /// Logs what lines have changed.
    pub(super) fn log_changes(&mut self) {
        if let Some(set) = self.records.set() {
            log_instances(&*self.publisher.sink, &set.take_changes());
        }
    }

    /// Retires in the region what is to be retired there.
    pub(super) fn retire_gone(&mut self) -> Result<(), ProducerError> {
        for name in self.records.set().map(InstanceSet::take_retired).unwrap_or_default() {
            self.publisher.sink.retire(&name)?;
        }
        Ok(())
    }
}
