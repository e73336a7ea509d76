//! Instances that join and are retired.
//!
//! `--follow` reads of each in its order; a poll compares the names at two looks, and does not see one that
//! came and went in between.
//!
//! Price: a set of the names for each look of a poll.

use std::collections::BTreeSet;

use layout::InstanceName;

use crate::error::ConsumerError;
use crate::messages::Change;
use crate::printer::Flow;
use crate::session::Session;

impl Session<'_> {
    /// Logs which instances have joined or are retired since the look before, where `names` are there now. At the
    /// first look all have been there.
    pub(crate) fn compare_members(
        &mut self,
        names: &[Option<InstanceName>],
    ) -> Result<(), ConsumerError> {
        let now: BTreeSet<_> = names.iter().copied().flatten().collect();
        let is_known = !self.link.is_attached() || self.members.as_ref() == Some(&now);
        // A file that was cut short has no names that could be read.
        if is_known || self.link.is_cut() {
            return Ok(());
        }
        let Some(before) = self.members.replace(now.clone()) else { return Ok(()) };
        // A closed stdout is noticed by the next write.
        for name in before.difference(&now) {
            let _ = self.retire(*name)?;
        }
        for name in now.difference(&before) {
            let _ = self.log_change(Change::Joined(*name))?;
        }
        Ok(())
    }

    /// An instance is retired. Prints what a rate holds back of it, and logs that.
    pub(crate) fn retire(&mut self, name: InstanceName) -> Result<Flow, ConsumerError> {
        let held = self.pace.as_mut().and_then(|pace| pace.retire(name));
        let flow = held.map_or(Ok(Flow::Continue(())), |held| self.print_of_now(held))?;
        if self.link.selection().names(&name) {
            self.kept.retire_named(name);
        } else {
            self.kept.retire(name);
        }
        let left = self.link.names().unwrap_or_default();
        self.seeks_instances |= self.link.selection().loses(&name, &left);
        let logged = self.log_change(Change::Retired(name))?;
        Ok(if flow.is_break() { flow } else { logged })
    }
}
