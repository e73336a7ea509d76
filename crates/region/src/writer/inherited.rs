//! The instances that a new file has from the one that it takes the place of.

use super::open::Wanted;
use super::origin::Why;
use super::succession;
use crate::error::{RegionError, RegionErrorKind as Kind};
use crate::instances::{Earlier, InstanceTable};
use crate::mapped_region::MappedRegion;
use crate::options::Options;
use channel::Publisher;
use layout::InstanceName;
use std::cmp::Reverse;
use std::path::Path;

/// The instances of the region that `publisher` is of, whose last writer has ended; `None` if it is
/// a plain one.
pub(super) fn instances_of(
    publisher: &Publisher<MappedRegion>,
    path: &Path,
) -> Result<Option<InstanceTable>, RegionError> {
    let mapped = publisher.ring().memory();
    let Some(blocks) = mapped.blocks() else { return Ok(None) };
    InstanceTable::resume(blocks, mapped.header().slots)
        .map(Some)
        .map_err(|err| RegionError::new(path, Kind::BadOptions(err.to_string())))
}

/// What a new file takes over of the instances of `old`, which are those of `table`.
pub(super) fn earlier<'a>(
    old: &'a Publisher<MappedRegion>,
    table: Option<&'a InstanceTable>,
    why: &Why,
    wanted: Wanted<'_>,
) -> Option<Earlier<'a>> {
    let keeps_records = succession::keeps_records(old, why, wanted);
    let records = old.ring().memory().blocks().filter(|_| keeps_records);
    table.map(|table| Earlier { table, records, are_kept: true })
}

/// The same of a file that another writer has left: of another schema, nothing but the numbers.
pub(super) fn left<'a>(
    old: &'a Publisher<MappedRegion>,
    table: Option<&'a InstanceTable>,
    why: &Why,
    wanted: Wanted<'_>,
) -> Option<Earlier<'a>> {
    let earlier = earlier(old, table, why, wanted)?;
    Some(Earlier { are_kept: *why != Why::OtherSchema, ..earlier })
}

/// The names in the region of `table`.
pub(super) fn names_in(table: Option<&InstanceTable>) -> Vec<InstanceName> {
    let all = table.map(InstanceTable::all).unwrap_or_default();
    all.into_iter().map(|(_, name)| name).collect()
}

/// Those of `before` that the region of `table` does not have.
pub(super) fn gone(before: Vec<InstanceName>, table: Option<&InstanceTable>) -> Vec<InstanceName> {
    let is_gone = |name: &InstanceName| table.is_none_or(|table| table.find(name).is_none());
    before.into_iter().filter(is_gone).collect()
}

/// Gives the new file of `publisher` the instances of an earlier one, if both have instances.
pub(super) fn take_over_instances(
    publisher: &Publisher<MappedRegion>,
    earlier: Option<Earlier<'_>>,
    options: &Options,
    path: &Path,
) -> Result<(), RegionError> {
    let Some((earlier, mut new)) = earlier.zip(instances_of(publisher, path)?) else {
        return Ok(());
    };
    let mut stay = earlier.table.all();
    stay.retain(|(_, name)| earlier.are_kept && options.keeps(name));
    let (have, max) = (stay.len(), new.max());
    if have > max && options.retires_oldest {
        // Stable, so that of those without a record the first ones stay.
        stay.sort_by_key(|(instance, _)| Reverse(earlier.last_published(*instance)));
        stay.truncate(max);
        // Those whose block the new file has come first, and keep it.
        stay.sort_by_key(|(instance, _)| instance.block);
    }
    let blocks = publisher.ring().memory().blocks();
    if blocks.is_some_and(|blocks| new.take_over(blocks, earlier, stay)) {
        return Ok(());
    }
    Err(RegionError::new(path, Kind::TooManyInstances { have, max }))
}
