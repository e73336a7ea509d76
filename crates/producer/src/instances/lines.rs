//! Instances that lines of input name: each line has values of one.
//!
//! Invariant: a name has a place in the region from its first whole record on, and none before. A line that is
//! bad changes nothing, and no instance joins or is retired for it.
//!
//! ```text
//!   line --> has a place:  its values change
//!            has none:     held, until its record is whole
//!                              `--> joins, if need be in place of the oldest
//! ```
//!
//! Price: a name that is held costs what an instance does, and there are no more of them than there can be
//! instances, or [`HELD`].

use layout::InstanceName;
use settings::{InputInstances, Instances, WhenFull};

use super::InstanceSet;
use super::member::Standing;
use crate::input::{Keys, LineError, ReadLine};
use crate::names::listed;

/// The least number of names that may be held.
const HELD: usize = 64;

impl ReadLine for InstanceSet {
    fn read_line(
        &mut self,
        line: &[u8],
        _: &mut Keys,
        keep_going: &mut dyn FnMut() -> bool,
    ) -> Result<bool, LineError> {
        let (Some(key), Instances::Input(input)) = (&self.key, &self.instances) else {
            return Ok(false); // no configuration has lines without a name
        };
        let name = key.find(line)?;
        let is_whole = if let Some(member) = self.members.get_mut(&name) {
            let is_whole = member.read(line, keep_going)?;
            let turn = self.next_turn();
            self.members.touch(name, turn);
            is_whole
        } else {
            let input = input.clone();
            self.read_new(name, &input, line, keep_going)?
        };
        self.current = Some(name);
        Ok(is_whole)
    }
}

impl InstanceSet {
    /// Reads a line of a name that has no place.
    fn read_new(
        &mut self,
        name: InstanceName,
        input: &InputInstances,
        line: &[u8],
        keep_going: &mut dyn FnMut() -> bool,
    ) -> Result<bool, LineError> {
        let is_full = self.members.len() >= input.max as usize;
        if is_full && input.full == WhenFull::Refuse {
            return Err(LineError::NoPlace { name, max: input.max });
        }
        let turn = self.next_turn();
        let is_whole = if let Some(member) = self.held.get_mut(&name) {
            member.read(line, keep_going)?
        } else {
            let mut member = self.member(&name).map_err(LineError::LeavesFolder)?;
            let is_whole = member.read(line, keep_going)?;
            member.standing = Standing::New;
            self.held.insert(name, member, turn);
            is_whole
        };
        self.held.touch(name, turn);
        if !is_whole {
            self.limit_held(input);
        } else if let Some(member) = self.held.remove(&name) {
            if is_full && let Some(oldest) = self.members.oldest() {
                self.displace(oldest);
            }
            self.members.insert(name, member, turn);
        }
        Ok(is_whole)
    }

    /// Drops the name that has waited longest for a whole record, if there are too many of them.
    fn limit_held(&mut self, input: &InputInstances) {
        if self.held.len() > HELD.max(input.max as usize)
            && let Some(oldest) = self.held.oldest()
        {
            self.held.remove(&oldest);
            self.changes.dropped.push(oldest);
        }
    }

    /// Retires those for which there is no room.
    pub(super) fn shrink(&mut self, input: &InputInstances) {
        while self.members.len() > input.max as usize {
            let extra = match input.full {
                WhenFull::RetireOldest => self.members.oldest(),
                WhenFull::Refuse => self.members.newest(),
            };
            let Some(name) = extra else { break };
            self.displace(name);
        }
    }

    fn displace(&mut self, name: InstanceName) {
        let Some(member) = self.members.remove(&name) else { return };
        if member.standing == Standing::New {
            self.changes.dropped.push(name);
        } else {
            self.retired.push(name);
            self.changes.displaced.push(name);
        }
    }

    /// The instance of the last line and the keys for which it has had no value, once for each name.
    pub(crate) fn take_incomplete(&mut self) -> Option<(InstanceName, String)> {
        let name = self.current?;
        let member = self.held.get_mut(&name).or_else(|| self.members.get_mut(&name))?;
        let is_logged = std::mem::replace(&mut member.is_logged, true);
        (!is_logged).then(|| (name, member.keys.missing().join(", ")))
    }

    /// The names whose records were never whole, and what they lacked.
    pub(crate) fn incomplete(&self) -> Option<String> {
        let shown = self.held.iter().map(|(name, member)| {
            let name = layout::text::shorten(name);
            format!("{name} (no value for {})", member.keys.missing().join(", "))
        });
        let shown: Vec<_> = shown.collect();
        (!shown.is_empty()).then(|| listed(shown.into_iter()))
    }
}
