//! Instances that are asked for and not there.

use crate::error::{ConsumerError, Kind};
use crate::messages::Change;
use crate::printer::Flow;
use crate::session::Session;

impl Session<'_> {
    /// Why instances that are asked for are not there, if some are not.
    pub(crate) fn absence(&self) -> Option<Kind> {
        let selection = self.link.selection();
        let names = self.link.names().filter(|_| !selection.is_all())?;
        selection.absence(self.link.path(), &names)
    }

    /// Logs which instances that are asked for are not there, and waits for them: once for each file, and again
    /// when the last one of a name or pattern is retired.
    pub(crate) fn await_instances(&mut self) -> Result<Flow, ConsumerError> {
        let is_due = std::mem::take(&mut self.seeks_instances);
        let Some(absence) = is_due.then(|| self.absence()).flatten() else {
            return Ok(Flow::Continue(()));
        };
        let Kind::NoInstance { missing, .. } = &absence else { return Ok(Flow::Continue(())) };
        let awaited = Change::AwaitedInstances(missing.clone());
        self.timeout.instead = Some(absence.into());
        self.log_change(awaited)
    }
}
