//! A scrape: every region read once, as metrics.
//!
//! Invariant: no text has a character that controls a terminal: it is escaped as the consumer does it. A record that a
//! scrape did not read, because a newer one was there, is counted as missed, once; only
//! scrapes count, not the page.
//!
//! Price: 1,000 regions of 10 fields take about as long as reading them and writing 15,000 lines; docs/export.md has
//! the figure.

use std::collections::HashMap;
use std::fmt::{self, Display};
use std::time::Instant;

use daemon::plain;
use mapcast::dynamic::{Field, Reader, RecordView, Value};
use mapcast::{Publication, State};
use render::Escaped;

use super::attached::{Row, Shape};
use super::families::{Families, Kind, Metric, label};
use super::fleet::Fleet;
use super::names::FieldMetric;
use super::units::Unit;

const UP: Metric = Metric::own(
    "mapcast_region_up",
    Kind::Gauge,
    "",
    "1 if the region can be read and its writer is live.",
);
const STATE: Metric =
    Metric::own("mapcast_region_state", Kind::StateSet, "", "The state of the region.");
const EPOCH: Metric = Metric::own(
    "mapcast_region_epoch",
    Kind::Gauge,
    "",
    "How many writers and files the region has had.",
);
const REGION: Metric =
    Metric::own("mapcast_region", Kind::Info, "", "The region's record, lineage and file.");
const AGE: Metric = Metric::own(
    "mapcast_record_age_seconds",
    Kind::Gauge,
    "seconds",
    "Time since the newest record was published.",
);
const RECORDS: Metric = Metric::own(
    "mapcast_records",
    Kind::Counter,
    "",
    "Records published so far: the sequence of the newest one.",
);
const MISSED: Metric = Metric::own(
    "mapcast_missed_records",
    Kind::Counter,
    "",
    "Records that no scrape has read, because a newer one was there.",
);
const DURATION: Metric = Metric::own(
    "mapcast_scrape_duration_seconds",
    Kind::Gauge,
    "seconds",
    "Time that reading all regions for this scrape took.",
);

/// The metrics that every export has, whatever its regions are.
pub(crate) const OWN: [&Metric; 8] =
    [&UP, &STATE, &EPOCH, &REGION, &AGE, &RECORDS, &MISSED, &DURATION];

/// Every state of a region.
const STATES: [State; 6] =
    [State::Live, State::Stalled, State::Dead, State::Closed, State::Retired, State::Stale];

/// Makes metrics, and counts what it missed.
#[derive(Debug, Default)]
pub(crate) struct Scraper {
    /// By the labels of a region or instance.
    tallies: HashMap<String, Tally>,
    /// The number of the scrape.
    scrape: u64,
}

/// What was seen of the records of a region or instance.
#[derive(Debug, Default)]
struct Tally {
    lineage: u64,
    sequence: u64,
    missed: u64,
    /// The last scrape in which it was there.
    scrape: u64,
}

impl Scraper {
    /// Reads every region of `fleet` once.
    pub(crate) fn scrape(&mut self, fleet: &mut Fleet) -> Families {
        let begin = Instant::now();
        let mut families = Families::default();
        self.scrape += 1;
        for (name, region) in fleet.regions() {
            let labels = label("region", name);
            let attached = region.attached().map(|attached| attached.region());
            let state = attached.map(|reader| add_region(&mut families, &labels, reader));
            let is_read =
                region.look(|row, shape| self.add_row(&mut families, &labels, row, shape));
            let is_up = is_read && state == Some(State::Live);
            families.add(&UP, &labels, "", u8::from(is_up));
        }
        self.tallies.retain(|_, tally| tally.scrape == self.scrape);
        families.add(&DURATION, "", "", begin.elapsed().as_secs_f64());
        families
    }

    fn add_row(&mut self, families: &mut Families, region: &str, row: Row<'_>, shape: &Shape) {
        let labels = match row.instance {
            None => region.to_owned(),
            Some(name) => format!("{region},{}", label("region_instance", name)),
        };
        let sequence = row.newest.map_or(0, |(publication, _)| publication.sequence);
        let missed = self.missed(&labels, row.newest.map(|(publication, _)| publication));
        families.add(&RECORDS, &labels, "", sequence);
        families.add(&MISSED, &labels, "", missed);
        let Some((publication, record)) = row.newest else { return };
        if let Some(age) = publication.age() {
            families.add(&AGE, &labels, "", age.as_secs_f64());
        }
        let mut samples = Samples { families, labels: &labels, record, longest: shape.longest };
        for (metric, field) in shape.metrics.iter().zip(record.schema().fields()) {
            if let Some(metric) = metric {
                samples.add(metric, field);
            }
        }
    }

    /// How many records of these labels no scrape has read so far.
    fn missed(&mut self, labels: &str, newest: Option<Publication>) -> u64 {
        if !self.tallies.contains_key(labels) {
            self.tallies.insert(labels.to_owned(), Tally::default());
        }
        let tally = self.tallies.get_mut(labels).expect("it was just made");
        tally.scrape = self.scrape;
        if let Some(newest) = newest {
            let (lineage, sequence) = (newest.lineage(), newest.sequence);
            if tally.lineage == lineage {
                tally.missed += sequence.saturating_sub(tally.sequence + 1);
            }
            (tally.lineage, tally.sequence) = (lineage, sequence);
        }
        tally.missed
    }
}

/// Adds what is known of a region beside its records.
fn add_region(families: &mut Families, labels: &str, region: &Reader) -> State {
    let state = region.state();
    for known in STATES {
        let word = label(&STATE.name, known.as_str());
        families.add(&STATE, labels, &word, u8::from(known == state));
    }
    families.add(&EPOCH, labels, "", region.epoch());
    let about = [
        label("record", region.schema().name()),
        label("lineage", &region.lineage().to_string()),
        label("fingerprint", &format!("{:016x}", region.header().fingerprint)),
        label("path", &plain(&region.path().to_string_lossy())),
    ];
    families.add(&REGION, labels, &about.join(","), 1);
    state
}

/// The samples of one record.
struct Samples<'a> {
    families: &'a mut Families,
    labels: &'a str,
    record: RecordView<'a>,
    longest: u32,
}

impl Samples<'_> {
    fn add(&mut self, metric: &FieldMetric, field: &Field) {
        if let FieldMetric::Text(metric) = metric {
            let text = self.record.text(field).unwrap_or_default();
            let text = cut(text, self.longest as usize);
            let text = label("value", &Escaped(text.as_bytes()).to_string());
            return self.families.add(metric, self.labels, &text, 1);
        }
        let is_array = field.ctype().count().is_some() && !field.ctype().is_text();
        for (index, value) in self.record.elements(field).enumerate() {
            let index = if is_array { label("index", &index.to_string()) } else { String::new() };
            self.add_element(metric, field, &index, &value);
        }
    }

    fn add_element(&mut self, metric: &FieldMetric, field: &Field, index: &str, value: &Value) {
        match metric {
            FieldMetric::Number(metric, unit) => {
                self.families.add(metric, self.labels, index, Number(value, Some(unit)));
            }
            FieldMetric::Word(word, number) => {
                let own = field.label_of(value);
                for known in field.labels() {
                    let is_it = u8::from(own == Some(&known.text));
                    let comma = if index.is_empty() { "" } else { "," };
                    let labels = format!("{index}{comma}{}", label(&word.name, &known.text));
                    self.families.add(word, self.labels, &labels, is_it);
                }
                if let Some((number, unit)) = number {
                    self.families.add(number, self.labels, index, Number(value, Some(unit)));
                }
            }
            FieldMetric::Text(_) => {}
        }
    }
}

/// The first `longest` bytes of a text, or a few less, so that no character is cut; marked if that is not all.
fn cut(text: &[u8], longest: usize) -> String {
    let whole = String::from_utf8_lossy(&text[..text.len().min(longest + 4)]).into_owned();
    if text.len() <= longest {
        return whole;
    }
    let end = whole.floor_char_boundary(longest);
    format!("{}{}", &whole[..end], render::BROKEN_OFF)
}

/// A number as both formats have it, in its base unit.
struct Number<'a>(&'a Value, Option<&'a Unit>);

impl Display for Number<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let &Self(value, unit) = self;
        let unit = unit.filter(|unit| !unit.is_base());
        let number = match (value, unit) {
            (Value::Bool(value), _) => return u8::from(*value).fmt(f),
            (Value::F32(value), None) => f64::from(*value),
            (Value::F64(value), None) => *value,
            (value, None) => return value.fmt(f),
            // By its digits: 0.1 of an f32 is 0.1.
            (value, Some(unit)) => unit.to_base(value.to_string().parse().unwrap_or(f64::NAN)),
        };
        match (number.is_infinite(), unit) {
            (true, _) => f.write_str(if number > 0.0 { "+Inf" } else { "-Inf" }),
            (false, None) => value.fmt(f),
            (false, Some(_)) => Value::F64(number).fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use mapcast::dynamic::Value;

    use super::{Number, cut};
    use crate::export::units::Unit;

    #[test]
    fn a_number_keeps_its_digits_and_is_in_its_base_unit() {
        let percent = Unit::of("%");
        for (value, unit, want) in [
            (Value::F32(0.1), None, "0.1"),
            (Value::F32(0.1), Some(&percent), "0.001"),
            (Value::Uint(u64::MAX), None, "18446744073709551615"),
            (Value::Bool(true), None, "1"),
            (Value::F64(f64::NAN), None, "NaN"),
            (Value::F64(f64::NEG_INFINITY), None, "-Inf"),
            (Value::F32(f32::INFINITY), Some(&percent), "+Inf"),
            (Value::Int(-5), Some(&percent), "-0.05"),
            // 3.6e308 is no float, 1e308 is.
            (Value::F64(3.6e305), Some(&Unit::of("km/h")), "1e305"),
            (Value::F64(-3.6e306), Some(&Unit::of("km/h")), "-1e306"),
            (Value::F64(1e308), Some(&Unit::of("km")), "+Inf"),
        ] {
            assert_eq!(Number(&value, unit).to_string(), want);
        }
    }

    #[test]
    fn a_long_text_is_cut_between_two_characters() {
        assert_eq!(cut(b"abcd", 4), "abcd");
        assert_eq!(cut("ab\u{e9}d".as_bytes(), 3), "ab [...]");
        assert_eq!(cut(&[0xff; 9], 4), "\u{fffd} [...]");
    }
}
