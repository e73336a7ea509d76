//! Instances by their names, and in the order in which lines named them last.
//!
//! Invariant: both have the same instances, and no two have the same turn.

use std::collections::BTreeMap;

use layout::InstanceName;

use super::member::{Member, Standing};

/// Some of the instances of a region.
#[derive(Debug, Default)]
pub(super) struct Members {
    by_name: BTreeMap<InstanceName, Member>,
    by_turn: BTreeMap<u64, InstanceName>,
}

impl Members {
    /// Puts one in at `turn`, in place of one of the same name.
    pub(super) fn insert(&mut self, name: InstanceName, mut member: Member, turn: u64) {
        member.turn = turn;
        self.by_turn.insert(turn, name);
        if let Some(before) = self.by_name.insert(name, member) {
            self.by_turn.remove(&before.turn);
        }
    }

    /// Makes it the one of this turn.
    pub(super) fn touch(&mut self, name: InstanceName, turn: u64) {
        if let Some(member) = self.by_name.get_mut(&name) {
            self.by_turn.remove(&member.turn);
            member.turn = turn;
            self.by_turn.insert(turn, name);
        }
    }

    pub(super) fn remove(&mut self, name: &InstanceName) -> Option<Member> {
        let member = self.by_name.remove(name)?;
        self.by_turn.remove(&member.turn);
        Some(member)
    }

    pub(super) fn get_mut(&mut self, name: &InstanceName) -> Option<&mut Member> {
        self.by_name.get_mut(name)
    }

    pub(super) fn has(&self, name: &InstanceName) -> bool {
        self.by_name.contains_key(name)
    }

    pub(super) fn len(&self) -> usize {
        self.by_name.len()
    }

    /// The one whose turn was first.
    pub(super) fn oldest(&self) -> Option<InstanceName> {
        self.by_turn.first_key_value().map(|(_, name)| *name)
    }

    /// The one whose turn was last, of those that the region does not have.
    pub(super) fn newest_unpublished(&self) -> Option<InstanceName> {
        let is_new = |name: &&InstanceName| {
            self.by_name.get(*name).is_some_and(|member| member.standing == Standing::New)
        };
        self.by_turn.values().rev().find(is_new).copied()
    }

    /// The names, in their own order.
    pub(super) fn names(&self) -> impl Iterator<Item = InstanceName> {
        self.by_name.keys().copied()
    }

    /// The names, in the order of their turns.
    pub(super) fn names_by_turn(&self) -> Vec<InstanceName> {
        self.by_turn.values().copied().collect()
    }

    /// All of them by name.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&InstanceName, &Member)> {
        self.by_name.iter()
    }

    /// All of them by name.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (&InstanceName, &mut Member)> {
        self.by_name.iter_mut()
    }

    /// All of them by turn.
    pub(super) fn take_by_turn(&mut self) -> Vec<(InstanceName, Member)> {
        let mut by_name = std::mem::take(&mut self.by_name);
        let order = std::mem::take(&mut self.by_turn).into_values();
        order.filter_map(|name| by_name.remove_entry(&name)).collect()
    }
}
