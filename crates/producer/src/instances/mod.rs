//! The instances of a region: the values of each, which of them there are, and which join and are retired.
//!
//! Invariant: there are at most as many as the region has room for.
//!
//! ```text
//!   a list     all join at the start
//!   a pattern  search --> found: join | gone: retired | more than there can be: logged
//!   the input  line --> its instance: see `lines`
//! ```
//!
//! Price: for each instance its sources, record and keys, 2.8 KB for a record of 4 fields (20,000 of quotes.toml,
//! `RssAnon`, November 2026); a line is searched for its instance first.

mod changes;
mod lines;
mod member;
mod members;
mod search;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use daemon::{Monotonic, OnChange};
use layout::{InstanceName, RecordBuf};
use settings::{GlobInstances, InputInstances, Instances, LeavesFolder, RecordSettings, Settings};

use crate::input::{InstanceKey, Keys};
use crate::records::{Values, Which};
use crate::sink::Sink;
use crate::sources::{Moment, Shared, Sources};
pub(crate) use changes::Changes;
use member::{Member, Standing};
use members::Members;
pub(crate) use search::{Choice, patterns, search};

/// The instances of a region.
#[derive(Debug)]
pub(crate) struct InstanceSet {
    record: RecordSettings,
    instances: Instances,
    key: Option<InstanceKey>,
    /// What a line has for an instance that no line has named yet.
    keys: Keys,
    /// Those that have a place in the region.
    members: Members,
    /// Those that lines have named, and whose records are not whole yet.
    held: Members,
    /// Names that the region of another producer has and `members` does not: those of a standby.
    elsewhere: BTreeSet<InstanceName>,
    /// How many lines have named an instance.
    turn: u64,
    /// That of the last line.
    current: Option<InstanceName>,
    /// Those that are to be retired in the region.
    retired: Vec<InstanceName>,
    changes: Changes,
    next_search: Option<Monotonic>,
    complaint: OnChange<Option<String>>,
    shared: Rc<RefCell<Shared>>,
}

impl InstanceSet {
    /// None yet.
    pub(crate) fn new(settings: &Settings, instances: &Instances) -> Self {
        let key = match instances {
            Instances::Input(input) => Some(InstanceKey::new(&input.key)),
            Instances::Named(_) | Instances::Glob(_) => None,
        };
        Self {
            record: settings.record.clone(),
            instances: instances.clone(),
            key,
            keys: crate::run::keys(settings),
            members: Members::default(),
            held: Members::default(),
            elsewhere: BTreeSet::new(),
            turn: 0,
            current: None,
            retired: Vec::new(),
            changes: Changes::default(),
            next_search: None,
            complaint: OnChange::new(),
            shared: Rc::default(),
        }
    }

    /// Begins with those that the configuration names, and those that the region of `sink` has and the
    /// configuration does not exclude.
    pub(crate) fn open(&mut self, sink: &dyn Sink) -> Changes {
        match self.instances.clone() {
            Instances::Named(names) => self.adopt(&names, &sink.instances()),
            Instances::Glob(glob) => self.search_in(&glob, &sink.instances()),
            Instances::Input(input) => {
                self.take_in(sink, &input);
                Changes::default()
            }
        }
    }

    fn adopt(&mut self, names: &[InstanceName], there: &[InstanceName]) -> Changes {
        let there: BTreeSet<_> = there.iter().collect();
        for name in names {
            self.join(*name);
        }
        let joined = names.iter().filter(|name| !there.contains(name)).copied().collect();
        Changes { joined, ..Changes::default() }
    }

    /// Those that are there continue with the values of their newest records. The oldest is the one with the oldest
    /// record and no line since, also of those that a standby has read.
    fn take_in(&mut self, sink: &dyn Sink, input: &InputInstances) {
        // What joined and was retired while another producer had the region was never in it.
        (self.retired, self.changes) = (Vec::new(), Changes::default());
        self.elsewhere.clear();
        let mut newest = RecordBuf::new(Arc::clone(&self.record.schema));
        let mut all = Vec::new();
        for name in sink.instances() {
            let known = self.members.remove(&name).or_else(|| self.held.remove(&name));
            let Ok(mut member) = known.map_or_else(|| self.member(&name), Ok) else {
                self.retired.push(name);
                self.changes.retired.push(name);
                continue;
            };
            member.standing = Standing::Joined;
            let at = sink.newest(Some(&name), newest.bytes_mut());
            if let Some(at) = at {
                member.restore(&newest, at);
            }
            all.push((at.max(member.named_at), name, member));
        }
        let named = self.members.take_by_turn().into_iter();
        all.extend(named.map(|(name, member)| (member.named_at, name, member)));
        all.sort_by_key(|(at, ..)| *at);
        for (_, name, member) in all {
            let turn = self.next_turn();
            self.members.insert(name, member, turn);
        }
        self.shrink(input);
    }

    /// Searches for paths that the patterns match, if that is due at `now`.
    pub(crate) fn search_if_due(&mut self, now: Monotonic) -> Option<Changes> {
        self.next_search.filter(|at| *at <= now)?;
        let Instances::Glob(glob) = self.instances.clone() else { return None };
        let there: Vec<InstanceName> = self.members.names().collect();
        Some(self.search_in(&glob, &there))
    }

    fn search_in(&mut self, glob: &GlobInstances, there: &[InstanceName]) -> Changes {
        self.next_search = Some(Monotonic::now().after(glob.rescan));
        let (mut found, there) = (search(glob), there.iter().copied().collect::<BTreeSet<_>>());
        found.keep(&there);
        let retired: BTreeSet<_> = there.difference(&found.names).copied().collect();
        for name in &retired {
            self.retire(*name);
        }
        self.shared.borrow_mut().losses.forget(|name| retired.contains(name));
        let Choice { mut names, complaint } = Choice::of(&found, &there, glob);
        names.retain(|name| self.join(*name) && !there.contains(name));
        let warning = self.complaint.update(complaint).cloned().flatten();
        let retired = retired.into_iter().collect();
        Changes { joined: names, retired, warning, ..Changes::default() }
    }

    /// When the next search is due.
    pub(crate) fn due(&self) -> Option<Monotonic> {
        self.next_search
    }

    /// `false`: the name would lead a path out of its folder.
    fn join(&mut self, name: InstanceName) -> bool {
        if self.has(&name) {
            return true;
        }
        let Ok(mut member) = self.member(&name) else { return false };
        member.waits = !member.values.begin_rates(Moment::now()).is_zero();
        member.is_pending = !member.waits;
        let turn = self.next_turn();
        self.members.insert(name, member, turn);
        true
    }

    fn member(&self, name: &InstanceName) -> Result<Member, LeavesFolder> {
        let sources = Sources::of_instance(&self.record, name, Moment::now(), &self.shared)?;
        Ok(Member::new(sources, self.keys.clone()))
    }

    fn next_turn(&mut self) -> u64 {
        self.turn += 1;
        self.turn
    }

    fn retire(&mut self, name: InstanceName) {
        self.members.remove(&name);
        self.retired.push(name);
    }

    /// Those that are to be retired in the region, once.
    pub(crate) fn take_retired(&mut self) -> Vec<InstanceName> {
        std::mem::take(&mut self.retired)
    }

    /// What lines have changed, once.
    pub(crate) fn take_changes(&mut self) -> Changes {
        std::mem::take(&mut self.changes)
    }

    /// Continues where `earlier` was, with the same instances.
    pub(crate) fn carry_over(&mut self, mut earlier: Self) {
        earlier.log_losses();
        // A region that has kept its names has retired the others to make room.
        let has_names = self.members.len() > 0;
        for (name, old) in earlier.members.take_by_turn() {
            let is_new = self.key.is_some() && (!has_names || old.standing == Standing::New);
            if is_new || self.has(&name) {
                self.continue_with(name, old);
            }
        }
        if let Instances::Input(input) = self.instances.clone() {
            for (name, old) in earlier.held.take_by_turn() {
                self.hold(name, old);
            }
            self.shrink(&input);
        }
    }

    /// As [`carry_over`](Self::carry_over), for a standby, which has published nothing of what lines have set.
    pub(crate) fn carry_over_unpublished(&mut self, earlier: Self) {
        let pending = earlier.members.iter().filter(|(_, member)| member.is_pending);
        let pending: Vec<_> = pending.map(|(name, _)| *name).collect();
        self.carry_over(earlier);
        for name in pending {
            if let Some(member) = self.members.get_mut(&name) {
                member.is_pending = true;
            }
        }
        // What joined and was retired while another producer has the region was never in it.
        (self.retired, self.changes) = (Vec::new(), Changes::default());
    }

    fn continue_with(&mut self, name: InstanceName, old: Member) {
        let Ok(mut member) = self.member(&name) else { return };
        let there = self.members.remove(&name);
        member.carry_over(old, there.as_ref());
        if self.key.is_none() || member.keys.is_complete() {
            let turn = self.next_turn();
            self.members.insert(name, member, turn);
            return;
        }
        // Its record is not whole any more.
        if there.is_some() {
            self.retired.push(name);
            self.changes.retired.push(name);
        }
        self.put_on_hold(name, member);
    }

    fn hold(&mut self, name: InstanceName, old: Member) {
        let Ok(mut member) = self.member(&name) else { return };
        member.carry_over(old, None);
        self.put_on_hold(name, member);
    }

    fn put_on_hold(&mut self, name: InstanceName, member: Member) {
        let turn = self.next_turn();
        self.held.insert(name, Member { standing: Standing::New, ..member }, turn);
    }

    fn has(&self, name: &InstanceName) -> bool {
        self.members.has(name)
    }

    /// The first readings of rates. Returns how long to wait for the second ones; zero without rates.
    pub(crate) fn begin_rates(&mut self, now: Moment) -> Duration {
        let waits = self.members.iter_mut().map(|(_, member)| {
            member.waits = false;
            member.values.begin_rates(now)
        });
        waits.max().unwrap_or_default()
    }

    /// Sources that start now, with the values that they have.
    pub(crate) fn restart(&mut self) {
        for (name, member) in self.members.iter_mut() {
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
        publish: impl FnMut(&InstanceName, &mut Values) -> Result<(), E>,
    ) -> Result<(), E> {
        let published = self.publish_each(which, publish);
        if self.shared.borrow().losses.is_noted() {
            match &self.instances {
                // One whose path is gone has no values either: the search comes first.
                Instances::Glob(_) => self.next_search = Some(Monotonic::now()),
                Instances::Named(_) | Instances::Input(_) => self.log_losses(),
            }
        }
        published
    }

    /// Logs which values were lost and found.
    pub(crate) fn log_losses(&self) {
        self.shared.borrow_mut().losses.log();
    }

    fn publish_each<E>(
        &mut self,
        which: Which,
        mut publish: impl FnMut(&InstanceName, &mut Values) -> Result<(), E>,
    ) -> Result<(), E> {
        let joined = &mut self.changes.joined;
        let mut publish = |name: &InstanceName, member: &mut Member| {
            member.is_pending = false;
            if std::mem::replace(&mut member.standing, Standing::Published) == Standing::New {
                joined.push(*name);
            }
            publish(name, &mut member.values)
        };
        // The order of their newest records is what a restart knows of that of the lines.
        let names = match which {
            Which::All => {
                let all = self.members.iter_mut();
                let mut due = all.filter_map(|(name, member)| {
                    (!std::mem::take(&mut member.waits)).then_some((name, member))
                });
                return due.try_for_each(|(name, member)| publish(name, member));
            }
            Which::OfLine => self.current.into_iter().collect(),
            Which::Pending | Which::Published => self.members.names_by_turn(),
        };
        for name in names {
            let Some(member) = self.members.get_mut(&name) else { continue };
            let is_wanted = match which {
                Which::Pending => member.is_pending,
                Which::Published => member.standing == Standing::Published,
                Which::All | Which::OfLine => true,
            };
            if is_wanted {
                publish(&name, member)?;
            }
        }
        Ok(())
    }

    /// Whether an instance has values that were not published.
    pub(crate) fn has_pending(&self) -> bool {
        self.members.iter().any(|(_, member)| member.is_pending)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    /// What it waits for, for the status.
    pub(crate) fn wait(&self) -> Option<String> {
        match &self.instances {
            Instances::Glob(glob) if self.members.len() == 0 => {
                Some(format!("no path matches {}", patterns(glob)))
            }
            _ => None,
        }
    }
}
