//! How a region differs from the configuration that describes it.

use std::path::Path;

use mapcast::dynamic::{Field, Header, Schema, Template};
use settings::RegionSettings;

use super::configured::Configured;
use super::id::Id;
use super::report::Report;
use super::way::Part;
use crate::writer::group_name;

/// Compares a region with a configuration.
struct Compared<'a> {
    /// The configuration's file.
    file: &'a str,
}

impl Compared<'_> {
    /// `WHAT is ... in the region, ... in FILE`, if the two values differ.
    fn values<T: PartialEq + ?Sized>(
        &self,
        what: &str,
        region: &T,
        config: &T,
        text: impl Fn(&T) -> String,
    ) -> Option<String> {
        (region != config).then(|| {
            let file = self.file;
            format!("{what} is {} in the region, {} in {file}", text(region), text(config))
        })
    }
}

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
    let wanted = &config.settings.record.schema;
    let file = config.path.to_string_lossy();
    let compared = Compared { file: &file };
    let quoted = |text: &str| format!("{text:?}");
    let line = |schema: &Schema| schema.line().map(Template::text).unwrap_or_default().to_owned();
    let number = |number: &u32| number.to_string();
    let whole = [
        compared.values("the record's name", region.name(), wanted.name(), quoted),
        compared.values("its size in bytes", &region.size(), &wanted.size(), number),
        compared.values("its alignment", &region.align(), &wanted.align(), number),
        compared.values("its line", &*line(region), &*line(wanted), quoted),
    ];
    let fields = wanted.fields().iter().filter_map(|field| {
        match region.fields().iter().find(|other| other.name() == field.name()) {
            Some(other) => different_field(other, field, &compared),
            None => Some(format!("field {} is in {file} and not in the region", field.name())),
        }
    });
    let is_wanted = |field: &&Field| wanted.fields().iter().any(|f| f.name() == field.name());
    let more = region.fields().iter().filter(|field| !is_wanted(field));
    let more =
        more.map(|field| format!("field {} is in the region and not in {file}", field.name()));
    for fact in whole.into_iter().flatten().chain(fields).chain(more) {
        report.add(Id::SchemaDiffers, path, fact, step);
    }
}

/// All that is different in two fields of one name.
fn different_field(region: &Field, config: &Field, compared: &Compared<'_>) -> Option<String> {
    let name = region.name();
    let place = |field: &Field| format!("{} at byte {}", field.ctype(), field.offset());
    let labels = |field: &Field| {
        let labels = field.labels().iter().map(|label| format!("{} = {}", label.value, label.text));
        format!("{{ {} }}", labels.collect::<Vec<_>>().join(", "))
    };
    let quoted = |text: &str| format!("{text:?}");
    let parts = [
        compared.values(&format!("field {name}"), &*place(region), &*place(config), str::to_owned),
        compared.values(&format!("the unit of {name}"), region.unit(), config.unit(), quoted),
        compared.values(&format!("the help of {name}"), region.help(), config.help(), quoted),
        compared.values(
            &format!("the labels of {name}"),
            &*labels(region),
            &*labels(config),
            str::to_owned,
        ),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("; "))
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
