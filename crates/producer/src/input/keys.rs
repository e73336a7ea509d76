//! Which values of a line fill which fields, and which fields have received a value.
//!
//! ```text
//!   keys "temperature", "/imu/accel", "/imu/accel/2"
//!
//!   members --+-- "imu" -- "accel" (a field) -- "2" (a field)
//!             `-- "temperature" (a field)
//! ```
//!
//! Price: per line, one byte for each field and member of the object, to record what the line
//! contained. A copy, as each instance has one, is about 150 bytes for each field.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use daemon::Monotonic;
use settings::{Constant, InputKey, InputSource};

/// The fields that are filled from lines.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    pub(super) targets: Vec<Target>,
    /// The members of a line's object.
    pub(super) members: Arc<Node>,
    /// Whether a line may have other members.
    pub(super) ignores_unknown: bool,
}

/// A field and where its value is.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// The key as the configuration has it.
    pub(super) key: Arc<str>,
    pub(super) field: usize,
    pub(super) required: bool,
    pub(super) default: Option<Constant>,
    pub(super) max_age: Option<Duration>,
    /// When a good line had a value for it.
    pub(super) seen: Option<Monotonic>,
}

impl Target {
    /// Whether the field has a value, if only its default.
    fn has_value(&self) -> bool {
        self.seen.is_some() || self.default.is_some()
    }
}

/// A place in a JSON value: the fields that are filled from it, and the used places below it.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    /// Its JSON pointer; empty for a line's object.
    pointer: String,
    /// The numbers of the targets that are filled from here.
    pub(super) targets: Vec<usize>,
    /// Sorted by name. The name of a list's element is its number.
    pub(super) children: Vec<(String, Node)>,
    /// One more than the number of the last used element of a list.
    pub(super) items: usize,
}

impl Node {
    /// The place called `name`, and its index among its siblings.
    pub(super) fn child(&self, name: &str) -> Option<(usize, &Self)> {
        let at = self.find(name).ok()?;
        Some((at, &self.children[at].1))
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.children.iter().map(|(name, _)| name.as_str())
    }

    /// Its key for messages: a member of the line by its name, what is inside of one by its pointer.
    pub(super) fn key(&self) -> String {
        key_of(&self.pointer)
    }

    /// That of a child called `name`, which need not be used.
    pub(super) fn key_of_child(&self, name: &str) -> String {
        key_of(&self.pointer_of_child(name))
    }

    fn pointer_of_child(&self, name: &str) -> String {
        format!("{}/{}", self.pointer, name.replace('~', "~0").replace('/', "~1"))
    }

    fn find(&self, name: &str) -> Result<usize, usize> {
        self.children.binary_search_by(|(child, _)| child.as_str().cmp(name))
    }

    fn child_or_new(&mut self, name: String) -> &mut Self {
        if let Ok(item) = name.parse::<usize>() {
            self.items = self.items.max(item.saturating_add(1));
        }
        let at = self.find(&name).unwrap_or_else(|at| {
            let child = Self { pointer: self.pointer_of_child(&name), ..Self::default() };
            self.children.insert(at, (name, child));
            at
        });
        &mut self.children[at].1
    }
}

impl Keys {
    /// From pairs of a source and the number of its field; a key may fill several fields.
    pub(crate) fn new<'a>(pairs: impl IntoIterator<Item = (&'a InputSource, usize)>) -> Self {
        let (mut targets, mut members) = (Vec::new(), Node::default());
        for (source, field) in pairs {
            let (InputKey::Member(key) | InputKey::Pointer(key)) = &source.key;
            let node = source.key.steps().into_iter().fold(&mut members, Node::child_or_new);
            node.targets.push(targets.len());
            targets.push(Target {
                key: key.as_str().into(),
                field,
                required: source.required,
                default: source.default.clone(),
                max_age: source.max_age,
                seen: None,
            });
        }
        Self { targets, members: Arc::new(members), ignores_unknown: false }
    }

    /// The same, for lines with a value at `key` that no field need use.
    pub(crate) fn and(self, key: &InputKey) -> Self {
        let mut members = Node::clone(&self.members);
        key.steps().into_iter().fold(&mut members, Node::child_or_new);
        Self { members: Arc::new(members), ..self }
    }

    /// The same, for lines that may have members which no field uses.
    pub(crate) fn ignoring_unknown(self) -> Self {
        Self { ignores_unknown: true, ..self }
    }

    /// The keys that no good line has contained so far: their fields have no value yet.
    pub(crate) fn missing(&self) -> Vec<&str> {
        let unseen = self.targets.iter().filter(|target| !target.has_value());
        let keys: BTreeSet<&str> = unseen.map(|target| &*target.key).collect();
        keys.into_iter().collect()
    }

    /// The numbers of the fields for which a good line had a value.
    pub(crate) fn fields_set(&self) -> BTreeSet<usize> {
        let set = self.targets.iter().filter(|target| target.seen.is_some());
        set.map(|target| target.field).collect()
    }

    /// Whether every field has received a value.
    pub(crate) fn is_complete(&self) -> bool {
        self.targets.iter().all(Target::has_value)
    }

    /// Takes over from an earlier configuration which fields have a value. `kept` are the fields
    /// whose values were taken over: pairs of the number now and the number then.
    pub(crate) fn carry_over(&mut self, earlier: &Self, kept: &[(usize, usize)]) {
        let had = earlier.targets.iter().filter_map(|target| Some((target.field, target.seen?)));
        let had: BTreeMap<usize, Monotonic> = had.collect();
        for target in &mut self.targets {
            let then = kept.iter().find(|(now, _)| *now == target.field);
            target.seen = target.seen.or(then.and_then(|(_, then)| had.get(then).copied()));
        }
    }

    /// Marks the targets for which a line had a value.
    pub(super) fn mark_seen(&mut self, found: &[bool], now: Monotonic) {
        for (target, _) in self.targets.iter_mut().zip(found).filter(|(_, found)| **found) {
            target.seen = Some(now);
        }
    }
}

/// The key of the value at `pointer`.
fn key_of(pointer: &str) -> String {
    shown(&InputKey::Pointer(pointer.to_owned()))
}

/// A key for messages: a member of the line by its name, what is inside of one by its pointer.
pub(super) fn shown(key: &InputKey) -> String {
    let (InputKey::Member(text) | InputKey::Pointer(text)) = key;
    match &key.steps()[..] {
        [only] => only.clone(),
        _ => text.clone(),
    }
}
