//! The instances of a region, as `--check` shows them.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use layout::InstanceName;
use layout::text::plain;
use render::{Align, table};
use settings::{InputKey, Instances, RecordSettings, Settings, WhenFull, duration_text};

use super::value;
use crate::error::{Kind, ProducerError};
use crate::instances::{Choice, patterns, search};
use crate::records::Values;
use crate::sources::{Moment, Shared, Sources};

const HEAD: [(&str, Align); 2] = [("instance", Align::Left), ("values", Align::Left)];

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
            let Choice { names, complaint } = Choice::of(&search(glob), &BTreeSet::new(), glob);
            if let Some(complaint) = complaint {
                tracing::warn!("{complaint}");
            }
            names
        }
        Instances::Input(_) => Vec::new(),
    }
}

/// A line for each instance, with the value of each field, sampled once.
pub(super) fn sampled(settings: &Settings) -> Result<String, ProducerError> {
    let record = &settings.record;
    let (now, shared) = (Moment::now(), Rc::<RefCell<Shared>>::default());
    let names = record.instances.as_ref().map(known).unwrap_or_default();
    if record.sources.is_empty() || names.is_empty() {
        return Ok(String::new());
    }
    let row = |name: &InstanceName| {
        let sources = Sources::of_instance(record, name, now, &shared)
            .map_err(|error| Kind::Geometry(error.to_string()))?;
        let mut values = Values::of(sources);
        values.sample(now);
        Ok([plain(name), fields(record, &values)])
    };
    let rows = names.iter().map(row).collect::<Result<Vec<_>, Kind>>()?;
    shared.borrow_mut().losses.log();
    Ok(format!("\n{}", table(&HEAD, &rows)))
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
