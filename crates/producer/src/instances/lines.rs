//! Instances that lines of input name: each line has values of one.
//!
//! Invariant: a name has a place in the region from its first whole record on, and none before. A line that is
//! bad changes nothing, and no instance joins or is retired for it. A standby takes and refuses the lines that a
//! producer with the region would.
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
use region::Address;
use settings::{InputInstances, Instances, WhenFull};

use super::InstanceSet;
use super::member::Standing;
use crate::input::{Keys, LineError, ReadLine};
use crate::names::listed;
use crate::sink::names_in;

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
        if !input.only.is_empty() && !input.only.contains(&name) {
            return Err(LineError::NotListed(name));
        }
        let is_full = self.is_full_for(&name, input);
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
            self.elsewhere.remove(&name);
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

    /// Whether no place is left for a name that has none of its own here.
    fn is_full_for(&self, name: &InstanceName, input: &InputInstances) -> bool {
        let taken = self.members.len() + self.elsewhere.len();
        taken >= input.max as usize && !self.elsewhere.contains(name)
    }

    /// Notes which names have a place in the region at `address`, which another producer has: their lines are
    /// good ones, and no other name gets a place of theirs.
    pub(crate) fn note_places(&mut self, address: &Address) {
        let Instances::Input(InputInstances { full: WhenFull::Refuse, max, .. }) = self.instances
        else {
            return; // the oldest are known at the take-over, when those of both are
        };
        let there = names_in(address, &self.record.schema).into_iter();
        self.elsewhere = there.filter(|name| !self.members.has(name)).collect();
        // The region may have had others meanwhile.
        while self.members.len() > max as usize
            && let Some(oldest) = self.members.oldest()
        {
            self.members.remove(&oldest);
        }
    }

    /// Retires those for which there is no room.
    pub(super) fn shrink(&mut self, input: &InputInstances) {
        while self.members.len() > input.max as usize {
            let extra = match input.full {
                WhenFull::RetireOldest => self.members.oldest(),
                WhenFull::Refuse => self.members.newest_unpublished(),
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
