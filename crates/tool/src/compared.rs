//! How a region differs from what describes it, in words.
//!
//! Invariant: for two schemas that interpret the same bytes differently, at least one difference is returned.

use mapcast::dynamic::{Field, Schema, Template};

/// Compares a region with a configuration.
#[derive(Debug)]
pub(crate) struct Compared<'a> {
    /// The configuration's file, or what else describes the region.
    pub(crate) file: &'a str,
}

impl Compared<'_> {
    /// `WHAT is ... in the region, ... in FILE`, if the two values differ.
    pub(crate) fn values<T: PartialEq + ?Sized>(
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

    /// Each difference between the record of a region and the `wanted` one: names and fields first.
    pub(crate) fn records(&self, region: &Schema, wanted: &Schema) -> Vec<String> {
        let file = self.file;
        let quoted = |text: &str| format!("{text:?}");
        let line =
            |schema: &Schema| schema.line().map(Template::text).unwrap_or_default().to_owned();
        let number = |number: &u32| number.to_string();
        let name = self.values("the record's name", region.name(), wanted.name(), quoted);
        let fields = wanted.fields().iter().filter_map(|field| match region.field(field.name()) {
            Some(other) => self.fields(other, field),
            None => Some(format!("field {} is in {file} and not in the region", field.name())),
        });
        let more = region.fields().iter().filter(|field| wanted.field(field.name()).is_none());
        let more =
            more.map(|field| format!("field {} is in the region and not in {file}", field.name()));
        let whole = [
            self.values("its size in bytes", &region.size(), &wanted.size(), number),
            self.values("its alignment", &region.align(), &wanted.align(), number),
            self.values("its line", &*line(region), &*line(wanted), quoted),
        ];
        let all = name.into_iter().chain(fields).chain(more).chain(whole.into_iter().flatten());
        let all: Vec<_> = all.collect();
        if all.is_empty() {
            // The same fields in another order.
            return region.difference(wanted).into_iter().collect();
        }
        all
    }

    /// All that is different in two fields of one name.
    fn fields(&self, region: &Field, config: &Field) -> Option<String> {
        let name = region.name();
        let place = |field: &Field| format!("{} at byte {}", field.ctype(), field.offset());
        let labels = |field: &Field| {
            let labels =
                field.labels().iter().map(|label| format!("{} = {}", label.value, label.text));
            format!("{{ {} }}", labels.collect::<Vec<_>>().join(", "))
        };
        let quoted = |text: &str| format!("{text:?}");
        let parts = [
            self.values(&format!("field {name}"), &*place(region), &*place(config), str::to_owned),
            self.values(&format!("the unit of {name}"), region.unit(), config.unit(), quoted),
            self.values(&format!("the help of {name}"), region.help(), config.help(), quoted),
            self.values(
                &format!("the labels of {name}"),
                &*labels(region),
                &*labels(config),
                str::to_owned,
            ),
        ];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}
