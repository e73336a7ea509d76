//! How a region differs from the configuration that describes it.

use std::path::Path;

use mapcast::dynamic::{Field, Header, Schema};
use settings::RegionSettings;

use super::configured::Configured;
use super::id::Id;
use super::path_walk::Part;
use super::report::Report;
use crate::compared::Compared;
use crate::writer::group_name;

/// That the record of a region is not the one that `config` describes, but another one altogether: it has
/// another name, and none of the fields.
pub(super) fn other_record(region: &Schema, config: &Configured) -> Option<String> {
    let wanted = &config.settings.record.schema;
    let has = |field: &Field| region.fields().iter().any(|other| is_same_place(other, field));
    let is_other = region.name() != wanted.name() && !wanted.fields().iter().any(has);
    is_other.then(|| {
        let [region, wanted] = [region, &**wanted].map(|schema| {
            format!(
                "{} of {}",
                schema.name(),
                daemon::counted(schema.fields().len() as u64, "field")
            )
        });
        format!("its record is {region}, and {} describes {wanted}", config.path.display())
    })
}

fn is_same_place(one: &Field, other: &Field) -> bool {
    one.name() == other.name() && one.ctype() == other.ctype() && one.offset() == other.offset()
}

/// Reports each field, and anything else of the record, that is not as `config` describes it.
pub(super) fn schema(
    path: &Path,
    region: &Schema,
    config: &Configured,
    step: &str,
    report: &mut Report,
) {
    let file = config.path.to_string_lossy();
    for fact in (Compared { file: &file }).records(region, &config.settings.record.schema) {
        report.add(Id::SchemaDiffers, path, fact, step);
    }
}

/// Reports mode and group of the file that are not as `config` asks for.
pub(super) fn rights(file: &Part, config: &Configured, step: &str, report: &mut Report) {
    let RegionSettings { mode, group, .. } = &config.settings.region;
    let origin = config.path.to_string_lossy();
    let compared = Compared { file: &origin };
    let octal = |mode: &u32| format!("{mode:04o}");
    if let Some(fact) = compared.values("the mode", &file.mode, mode, octal) {
        report.add(Id::ModeDiffers, &file.path, fact, step);
    }
    let named = group.as_ref().filter(|group| **group != file.gid.to_string());
    let fact = named.and_then(|wanted| {
        compared.values("the group", &*group_name(file.gid), &**wanted, str::to_owned)
    });
    if let Some(fact) = fact {
        report.add(Id::GroupDiffers, &file.path, fact, step);
    }
}

/// Reports slots, instances and waking that are not as `config` asks for.
pub(super) fn header(
    path: &Path,
    header: &Header,
    config: &Configured,
    step: &str,
    report: &mut Report,
) {
    let RegionSettings { slots, wake, .. } = &config.settings.region;
    let origin = config.path.to_string_lossy();
    let compared = Compared { file: &origin };
    let number = |slots: &u32| slots.to_string();
    if let Some(fact) = compared.values("the number of slots", &header.slots, slots, number) {
        report.add(Id::SlotsDiffer, path, fact, step);
    }
    let (region, wanted) = (header.instances.is_some(), config.settings.record.instances.is_some());
    let number = |has: &bool| if *has { "many" } else { "one" }.to_owned();
    if let Some(fact) = compared.values("the number of records", &region, &wanted, number) {
        report.add(Id::SchemaDiffers, path, fact, step);
    }
    if let Some(fact) = compared.values("wake", &header.wakes(), wake, bool::to_string) {
        report.add(Id::WakeDiffers, path, fact, step);
    }
}
