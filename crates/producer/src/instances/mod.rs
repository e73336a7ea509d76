//! The instances of a region: the values of each, which of them there are, and which join and are retired.
//!
//! Invariant: there are at most as many as the region has room for. A line that is bad changes nothing, and no
//! instance joins or is retired for it.
//!
//! ```text
//!   a list     all join at the start
//!   a pattern  search --> found: join | gone: retired | more than there can be: logged
//!   the input  line --> its instance --> one name more than there can be: refused, or for the oldest
//! ```
//!
//! Price: for each instance its sources, record and keys, 2.8 KB for a record of 4 fields (20,000 of quotes.toml,
//! `RssAnon`, November 2026); a line is searched for its instance first.

mod member;
mod search;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use daemon::{Monotonic, OnChange};
use layout::InstanceName;
use layout::text::shorten;
use settings::{GlobInstances, InputInstances, Instances, LeavesFolder, RecordSettings, WhenFull};

use crate::input::{InstanceKey, Keys, LineError, ReadLine};
use crate::records::{Values, Which};
use crate::sources::{Moment, Shared, Sources};
use member::Member;
use search::complaint;
pub(crate) use search::{patterns, search};

/// Names that a message lists.
const LISTED: usize = 8;

/// The instances of a region.
#[derive(Debug)]
pub(crate) struct InstanceSet {
    record: RecordSettings,
    instances: Instances,
    key: Option<InstanceKey>,
    members: BTreeMap<InstanceName, Member>,
    /// The instances by the turn of their last line.
    order: BTreeMap<u64, InstanceName>,
    turn: u64,
    /// That of the last line.
    current: Option<InstanceName>,
    /// Those that are to be retired in the region.
    retired: Vec<InstanceName>,
    next_search: Option<Monotonic>,
    complaint: OnChange<Option<String>>,
    shared: Rc<RefCell<Shared>>,
}

/// What a search has changed, for the log.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) joined: Vec<InstanceName>,
    pub(crate) retired: Vec<InstanceName>,
    /// What is wrong, if that is news.
    pub(crate) warning: Option<String>,
}

impl InstanceSet {
    /// None yet.
    pub(crate) fn new(record: &RecordSettings, instances: &Instances) -> Self {
        let key = match instances {
            Instances::Input(input) => Some(InstanceKey::new(&input.key)),
            Instances::Named(_) | Instances::Glob(_) => None,
        };
        Self {
            record: record.clone(),
            instances: instances.clone(),
            key,
            members: BTreeMap::new(),
            order: BTreeMap::new(),
            turn: 0,
            current: None,
            retired: Vec::new(),
            next_search: None,
            complaint: OnChange::new(),
            shared: Rc::default(),
        }
    }

    /// Begins with those that the configuration names, and those that the region has and the configuration
    /// does not exclude. `keys` are those of the input, if any.
    pub(crate) fn open(&mut self, there: &[InstanceName], keys: Option<&Keys>) -> Changes {
        match self.instances.clone() {
            Instances::Named(names) => self.adopt(&names, there),
            Instances::Glob(glob) => self.search_in(&glob, there),
            Instances::Input(input) => {
                self.take_in(there, keys, &input);
                Changes::default()
            }
        }
    }

    fn adopt(&mut self, names: &[InstanceName], there: &[InstanceName]) -> Changes {
        let there: BTreeSet<_> = there.iter().collect();
        let listed: BTreeSet<_> = names.iter().collect();
        self.retired.extend(there.difference(&listed).copied());
        for name in names {
            self.join(*name, None);
        }
        let joined = names.iter().filter(|name| !there.contains(name)).copied().collect();
        Changes { joined, ..Changes::default() }
    }

    /// Those that are there are older than any that a line has named.
    fn take_in(&mut self, there: &[InstanceName], keys: Option<&Keys>, input: &InputInstances) {
        let known = std::mem::take(&mut self.order);
        for name in there {
            if !self.join(*name, keys) {
                self.retired.push(*name);
            }
        }
        let there = std::mem::take(&mut self.order).into_values();
        let names: Vec<_> = there.chain(known.into_values()).collect();
        for name in names {
            self.touch(name);
        }
        self.shrink(input);
    }

    /// Retires those for which there is no room.
    fn shrink(&mut self, input: &InputInstances) {
        while self.members.len() > input.max as usize {
            let extra = match input.full {
                WhenFull::RetireOldest => self.order.first_key_value(),
                WhenFull::Refuse => self.order.last_key_value(),
            };
            let Some((_, name)) = extra else { break };
            self.retire(*name);
        }
    }

    /// Searches for paths that the patterns match, if that is due at `now`.
    pub(crate) fn search_if_due(&mut self, now: Monotonic) -> Option<Changes> {
        self.next_search.filter(|at| *at <= now)?;
        let Instances::Glob(glob) = self.instances.clone() else { return None };
        let there: Vec<InstanceName> = self.members.keys().copied().collect();
        Some(self.search_in(&glob, &there))
    }

    fn search_in(&mut self, glob: &GlobInstances, there: &[InstanceName]) -> Changes {
        self.next_search = Some(Monotonic::now().after(glob.rescan));
        let found = search(glob);
        let there: BTreeSet<_> = there.iter().copied().collect();
        let retired: Vec<_> = there.difference(&found.names).copied().collect();
        for name in &retired {
            self.retire(*name);
        }
        // Those that the region has keep their places, before any that is found.
        let (mut joined, mut left_out) = (Vec::new(), Vec::new());
        for name in there.intersection(&found.names).chain(found.names.difference(&there)) {
            if self.members.len() >= glob.max as usize && !self.has(name) {
                left_out.push(*name);
            } else if self.join(*name, None) && !there.contains(name) {
                joined.push(*name);
            }
        }
        let complaint = complaint(glob, &left_out, found.bad, self.members.is_empty());
        let warning = self.complaint.update(complaint).cloned().flatten();
        Changes { joined, retired, warning }
    }

    /// When the next search is due.
    pub(crate) fn due(&self) -> Option<Monotonic> {
        self.next_search
    }

    /// `false`: the name would lead a path out of its folder.
    fn join(&mut self, name: InstanceName, keys: Option<&Keys>) -> bool {
        if self.members.contains_key(&name) {
            return true;
        }
        let Ok(mut member) = self.member(&name, keys) else { return false };
        // An input has its values from lines.
        if self.key.is_none() {
            member.waits = !member.values.begin_rates(Moment::now()).is_zero();
            member.is_pending = !member.waits;
        }
        self.members.insert(name, member);
        self.touch(name);
        true
    }

    fn member(&self, name: &InstanceName, keys: Option<&Keys>) -> Result<Member, LeavesFolder> {
        let sources = Sources::of_instance(&self.record, name, Moment::now(), &self.shared)?;
        Ok(Member::new(sources, keys))
    }

    /// A line has named it.
    fn touch(&mut self, name: InstanceName) {
        self.turn += 1;
        if let Some(member) = self.members.get_mut(&name) {
            self.order.remove(&member.turn);
            member.turn = self.turn;
            self.order.insert(self.turn, name);
        }
    }

    fn retire(&mut self, name: InstanceName) {
        if let Some(member) = self.members.remove(&name) {
            self.order.remove(&member.turn);
        }
        self.retired.push(name);
    }

    /// Those that are to be retired in the region, once.
    pub(crate) fn take_retired(&mut self) -> Vec<InstanceName> {
        std::mem::take(&mut self.retired)
    }

    /// Continues where `earlier` was, with the same instances. `keys` are those of the input, if any.
    pub(crate) fn carry_over(&mut self, mut earlier: Self, keys: Option<&Keys>) {
        let order = std::mem::take(&mut earlier.order);
        let kept = order.into_values().filter(|name| self.key.is_some() || self.has(name));
        for name in kept.collect::<Vec<_>>() {
            let Some(old) = earlier.members.remove(&name) else { continue };
            let Ok(mut member) = self.member(&name, keys) else { continue };
            let pairs = member.values.carry_over(old.values);
            member.keys.carry_over(&old.keys, &pairs);
            member.is_published = old.is_published && member.keys.is_complete();
            (member.is_pending, member.waits) = (false, old.waits);
            if let Some(before) = self.members.insert(name, member) {
                self.order.remove(&before.turn);
            }
            self.touch(name);
        }
        if let Instances::Input(input) = self.instances.clone() {
            self.shrink(&input);
        }
    }

    fn has(&self, name: &InstanceName) -> bool {
        self.members.contains_key(name)
    }

    /// The first readings of rates. Returns how long to wait for the second ones; zero without rates.
    pub(crate) fn begin_rates(&mut self, now: Moment) -> Duration {
        let waits = self.members.values_mut().map(|member| {
            member.waits = false;
            member.values.begin_rates(now)
        });
        waits.max().unwrap_or_default()
    }

    /// Sources that start now, with the values that they have.
    pub(crate) fn restart(&mut self) {
        for (name, member) in &mut self.members {
            let sources = Sources::of_instance(&self.record, name, Moment::now(), &self.shared);
            if let Ok(sources) = sources {
                member.values.restart(sources);
            }
        }
    }

    /// Calls `publish` with each instance of `which`.
    pub(crate) fn each<E>(
        &mut self,
        which: Which,
        mut publish: impl FnMut(&InstanceName, &mut Values) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut publish = |name: &InstanceName, member: &mut Member| {
            (member.is_pending, member.is_published) = (false, true);
            publish(name, &mut member.values)
        };
        if which == Which::OfLine {
            let member = self.current.and_then(|name| Some((name, self.members.get_mut(&name)?)));
            return member.map_or(Ok(()), |(name, member)| publish(&name, member));
        }
        for (name, member) in &mut self.members {
            let is_wanted = match which {
                Which::Pending => member.is_pending,
                Which::Published => member.is_published,
                Which::All | Which::OfLine => !std::mem::take(&mut member.waits),
            };
            if is_wanted {
                publish(name, member)?;
            }
        }
        Ok(())
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    /// The keys for which the instance of the last line has had no value.
    pub(crate) fn missing(&self) -> Vec<&str> {
        let member = self.current.and_then(|name| self.members.get(&name));
        member.map(|member| member.keys.missing()).unwrap_or_default()
    }

    /// What it waits for, for the status.
    pub(crate) fn wait(&self) -> Option<String> {
        match &self.instances {
            Instances::Glob(glob) if self.members.is_empty() => {
                Some(format!("no path matches {}", patterns(glob)))
            }
            _ => None,
        }
    }
}

impl ReadLine for InstanceSet {
    fn read_line(
        &mut self,
        line: &[u8],
        keys: &mut Keys,
        keep_going: &mut dyn FnMut() -> bool,
    ) -> Result<bool, LineError> {
        let (Some(key), Instances::Input(input)) = (&self.key, &self.instances) else {
            return Ok(false); // no configuration has lines without a name
        };
        let (name, max, full) = (key.find(line)?, input.max, input.full);
        if let Some(member) = self.members.get_mut(&name) {
            let is_complete = member.read(line, keep_going)?;
            self.current = Some(name);
            self.touch(name);
            return Ok(is_complete);
        }
        let is_full = self.members.len() >= max as usize;
        if is_full && full == WhenFull::Refuse {
            return Err(LineError::NoPlace { name, max });
        }
        let mut member = self.member(&name, Some(keys)).map_err(LineError::LeavesFolder)?;
        let is_complete = member.read(line, keep_going)?;
        if is_full && let Some((_, oldest)) = self.order.first_key_value() {
            self.retire(*oldest);
        }
        self.members.insert(name, member);
        self.current = Some(name);
        self.touch(name);
        Ok(is_complete)
    }
}

/// A few of the names.
pub(crate) fn list(names: &[InstanceName]) -> String {
    let mut text: Vec<String> =
        names.iter().take(LISTED).map(|name| shorten(&name.to_string())).collect();
    if names.len() > LISTED {
        text.push("...".to_owned());
    }
    text.join(", ")
}
