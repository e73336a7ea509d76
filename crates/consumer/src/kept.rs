//! What a session keeps of each instance, or of the one record of a plain region.
//!
//! Price: with `--max-age`, a look at each instance whenever the loop comes round.

use std::collections::HashMap;

use layout::{InstanceName, RecordView, Schema};
use region::Publication;

/// What is kept of one.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// The record that was read last, also if that was in an earlier file: a file that takes its place may
    /// have a copy of this record, which is not read again and yet becomes too old.
    pub(crate) newest: Option<Publication>,
    /// Whether one was read from the file that is attached; a record of a bare file has no name.
    pub(crate) is_read: bool,
    /// The record that was printed last, for `--on-change`.
    printed: Option<Vec<u8>>,
}

impl Kept {
    /// A record was read.
    pub(crate) fn read(&mut self, record: Option<Publication>) {
        (self.newest, self.is_read) = (record, true);
    }

    /// The record that was printed last.
    pub(crate) fn printed(&self) -> Option<&[u8]> {
        self.printed.as_deref()
    }

    /// A record is printed.
    pub(crate) fn print(&mut self, record: RecordView<'_>) {
        let printed = self.printed.get_or_insert_default();
        printed.clear();
        printed.extend_from_slice(record.bytes());
    }
}

/// What is kept of all.
#[derive(Debug, Default)]
pub(crate) struct AllKept {
    plain: Kept,
    instances: HashMap<InstanceName, Kept>,
    /// The fingerprint of the schema of the records that were printed last.
    schema: Option<u64>,
}

impl AllKept {
    /// Another file is attached, with records of `schema`. What was printed last is not compared with
    /// records of another schema.
    pub(crate) fn attach(&mut self, schema: &Schema) {
        let schema = Some(schema.fingerprint());
        let is_other = std::mem::replace(&mut self.schema, schema) != schema;
        for kept in self.instances.values_mut().chain([&mut self.plain]) {
            kept.is_read = false;
            kept.printed.take_if(|_| is_other);
        }
    }

    /// A region of instances is attached: it has no record without a name.
    pub(crate) fn forget_plain(&mut self) {
        self.plain = Kept::default();
    }

    pub(crate) fn of(&mut self, instance: Option<InstanceName>) -> &mut Kept {
        match instance {
            None => &mut self.plain,
            Some(name) => self.instances.entry(name).or_default(),
        }
    }

    /// An instance is retired: its last record is not checked any more.
    pub(crate) fn retire(&mut self, instance: InstanceName) {
        self.instances.remove(&instance);
    }

    /// An instance is retired that was asked for by its name: it is missed when its last record becomes too old.
    pub(crate) fn retire_named(&mut self, instance: InstanceName) {
        let newest = self.instances.remove(&instance).and_then(|kept| kept.newest);
        if newest.is_some() {
            self.instances.insert(instance, Kept { newest, ..Kept::default() });
        }
    }

    /// The newest record of each that has one with a time.
    pub(crate) fn newest(&self) -> impl Iterator<Item = (Option<InstanceName>, Publication)> {
        self.all().filter_map(|(name, kept)| Some((name, kept.newest?)))
    }

    /// Whether any record was read.
    pub(crate) fn has_read(&self) -> bool {
        self.all().any(|(_, kept)| kept.is_read)
    }

    fn all(&self) -> impl Iterator<Item = (Option<InstanceName>, &Kept)> {
        let instances = self.instances.iter().map(|(name, kept)| (Some(*name), kept));
        std::iter::once((None, &self.plain)).chain(instances)
    }
}
