//! An instance as `inspect` describes it.

use std::time::Duration;

use daemon::plain;
use render::{Align, table};
use serde::Serialize;

use super::nanos;
use crate::age::age_text;
use crate::observed::SeenInstance;

/// One instance, as JSON has it.
#[derive(Debug, Serialize)]
pub(super) struct InstanceFacts {
    name: String,
    sequence: u64,
    age_ns: Option<u64>,
}

impl InstanceFacts {
    pub(super) fn of(seen: &SeenInstance) -> Self {
        let age = seen.publication.and_then(|publication| publication.age());
        Self { name: seen.name.to_string(), sequence: seen.sequence(), age_ns: age.map(nanos) }
    }

    fn cells(&self) -> [String; 3] {
        let age = self.age_ns.map(|age| age_text(Duration::from_nanos(age)));
        [plain(&self.name), self.sequence.to_string(), age.unwrap_or_else(|| "-".into())]
    }
}

/// A row for each instance, under a head.
pub(super) fn instance_table(instances: &[InstanceFacts]) -> String {
    let heads = [("INSTANCE", Align::Left), ("SEQUENCE", Align::Right), ("AGE", Align::Right)];
    table(&heads, &instances.iter().map(InstanceFacts::cells).collect::<Vec<_>>())
}
