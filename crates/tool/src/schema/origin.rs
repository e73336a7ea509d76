//! What a configuration has beside the record: where the region is, and what its file is like.
//!
//! Invariant: a key whose value is the default is left out, and a group that decides nothing: a user who is not a member
//! of it could not publish the region otherwise.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use settings::{
    Address, DEFAULT_MODE, DEFAULT_SLOTS, Format, Instances, MAX_DURATION, ProducerSettings,
    Settings,
};

use super::toml::quoted;
use crate::observed::Observed;
use crate::writer::group_name;

/// See the [module](self).
#[derive(Clone, Debug)]
pub(super) struct Origin {
    address: Address,
    format: Format,
    mode: u32,
    group: Option<String>,
    slots: u32,
    wakes: bool,
    /// How often the writer gives a sign of life.
    tick: Option<Duration>,
    pub(super) records: Records,
}

/// How many records there are.
#[derive(Clone, Debug)]
pub(super) enum Records {
    One,
    /// Instances that lines of input name, up to so many.
    Many(u32),
    /// The structs of a bare file.
    Array(u32),
}

impl Origin {
    /// The usual file of a region called `name`, with one record.
    pub(super) fn named(name: &str) -> Self {
        Self {
            address: Address::Name(name.to_owned()),
            format: Format::Mapcast,
            mode: DEFAULT_MODE,
            group: None,
            slots: DEFAULT_SLOTS,
            wakes: true,
            tick: None,
            records: Records::One,
        }
    }

    /// That of a region which was given as `address`.
    pub(super) fn of(region: &Observed, address: &Address) -> Self {
        let reader = region.reader();
        let header = reader.header();
        let (mode, group) = rights(reader.path());
        let records = header.instances.map_or(Records::One, |found| Records::Many(found.max));
        Self {
            address: address.clone(),
            format: Format::Mapcast,
            mode,
            group,
            slots: header.slots,
            wakes: header.wakes(),
            tick: reader.period(),
            records,
        }
    }

    /// That of a bare file, by its configuration.
    pub(super) fn of_bare(settings: &Settings) -> Self {
        let region = settings.region.clone();
        let count = settings.record.structs().get();
        let is_array = matches!(settings.record.instances, Some(Instances::Named(_)));
        Self {
            address: region.address,
            format: region.format,
            mode: region.mode,
            group: region.group,
            slots: DEFAULT_SLOTS,
            wakes: true,
            tick: Some(settings.producer.tick),
            records: if is_array { Records::Array(count) } else { Records::One },
        }
    }

    /// The table `[region]`.
    pub(super) fn region(&self) -> String {
        let mut text = String::from("[region]\n");
        let _ = match &self.address {
            Address::Name(name) => writeln!(text, "name = {}", quoted(name)),
            Address::Path(path) => writeln!(text, "path = {}", quoted(&path.to_string_lossy())),
        };
        if self.format == Format::Bare {
            text.push_str("format = \"bare\"\n");
        }
        if self.mode != DEFAULT_MODE {
            let _ = writeln!(text, "mode = \"{:04o}\"", self.mode);
        }
        if let Some(group) = &self.group {
            let _ = writeln!(text, "group = {}", quoted(group));
        }
        if self.slots != DEFAULT_SLOTS {
            let _ = writeln!(text, "slots = {}", self.slots);
        }
        if !self.wakes {
            text.push_str("wake = false\n");
        }
        text
    }

    /// The table `[producer]`, if it has a key.
    pub(super) fn producer(&self) -> String {
        let is_other = |tick: &Duration| *tick != ProducerSettings::default().tick;
        let tick = self.tick.filter(is_other);
        let tick = tick.filter(|tick| !tick.is_zero() && *tick <= MAX_DURATION);
        tick.map_or_else(String::new, |tick| format!("\n[producer]\ntick = \"{}\"\n", exact(tick)))
    }
}

/// The mode of a region's file, and its group if that decides who may use it.
fn rights(path: &Path) -> (u32, Option<String>) {
    // A mode that a configuration cannot have is another program's: it is not repeated.
    let mode_of = |file: &fs::Metadata| file.mode() & 0o777;
    let file = fs::metadata(path).ok().filter(|file| mode_of(file) & 0o600 == 0o600);
    let Some(file) = file else { return (DEFAULT_MODE, None) };
    let mode = mode_of(&file);
    let decides = mode >> 3 & 0o7 != mode & 0o7;
    (mode, decides.then(|| group_name(file.gid())))
}

/// `time` in the largest unit of which it is a whole number.
fn exact(time: Duration) -> String {
    let nanos = time.as_nanos();
    let units = [("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000), ("ns", 1)];
    let whole = units.into_iter().find(|(_, size)| nanos.is_multiple_of(*size));
    let (unit, size) = whole.unwrap_or(("ns", 1));
    format!("{}{unit}", nanos / size)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::exact;

    #[test]
    fn a_time_keeps_all_its_digits() {
        for text in ["2s", "90s", "250ms", "1500us", "333333333ns"] {
            let time: Duration = settings::duration(text).expect("a duration");
            assert_eq!(exact(time), text);
        }
    }
}
