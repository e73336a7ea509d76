//! The instances of a region, as `--check` shows them.

use std::fmt::Write as _;
use std::rc::Rc;

use layout::InstanceName;
use layout::text::plain;
use settings::{InputKey, Instances, RecordSettings, Settings, WhenFull, duration_text};

use super::value;
use crate::error::{Kind, ProducerError};
use crate::instances::{patterns, search};
use crate::records::Values;
use crate::sources::{Moment, Sources};

const INSTANCE: &str = "instance";

/// How many instances there can be, and where their names come from.
pub(super) fn in_words(instances: &Instances) -> String {
    let max = instances.max();
    match instances {
        Instances::Named(_) => max.to_string(),
        Instances::Glob(glob) => {
            let every = duration_text(glob.rescan);
            format!("at most {max}, one for each {}, searched every {every}", patterns(glob))
        }
        Instances::Input(input) => {
            let (InputKey::Member(key) | InputKey::Pointer(key)) = &input.key;
            let full = match input.full {
                WhenFull::Refuse => "one more is refused",
                WhenFull::RetireOldest => "one more takes the place of the oldest",
            };
            format!("at most {max}, named by {key} in each line; {full}")
        }
    }
}

/// The instances that are known before the producer runs.
fn known(instances: &Instances) -> Vec<InstanceName> {
    match instances {
        Instances::Named(names) => names.clone(),
        Instances::Glob(glob) => {
            let found = search(glob);
            if let Some(bad) = found.bad() {
                tracing::warn!("{bad}");
            }
            found.names.into_iter().take(glob.max as usize).collect()
        }
        Instances::Input(_) => Vec::new(),
    }
}

/// A line for each instance, with the value of each field, sampled once.
pub(super) fn sampled(settings: &Settings) -> Result<String, ProducerError> {
    let record = &settings.record;
    let (now, shared) = (Moment::now(), Rc::default());
    let names = record.instances.as_ref().map(known).unwrap_or_default();
    if record.sources.is_empty() || names.is_empty() {
        return Ok(String::new());
    }
    let width =
        names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max(INSTANCE.len());
    let mut text = format!("\n{INSTANCE:<width$}  values\n");
    for name in &names {
        let sources = Sources::of_instance(record, name, now, &shared)
            .map_err(|error| Kind::Geometry(error.to_string()))?;
        let mut values = Values::of(sources);
        values.sample(now);
        let name = plain(name);
        let _ = writeln!(text, "{name:<width$}  {}", fields(record, &values));
    }
    Ok(text)
}

/// `rx_bytes=12 rx_rate=-`
fn fields(record: &RecordSettings, values: &Values) -> String {
    let shown = |(index, field): (usize, &layout::Field)| {
        let value =
            if values.has_value(index) { value(values.record(), index) } else { "-".into() };
        format!("{}={value}", field.name())
    };
    record.schema.fields().iter().enumerate().map(shown).collect::<Vec<_>>().join(" ")
}
