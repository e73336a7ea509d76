//! One value of a record over time.
//!
//! Invariant: the points are in the order of their records, at most [`MOST`] of them.
//!
//! Price: 16 bytes a point.

use std::collections::VecDeque;
use std::fmt::{self, Write as _};

use mapcast::BootTime;
use mapcast::dynamic::{Field, RecordView, Schema};
use query::FieldRef;

use super::number_text::number_text;
use super::view::columns;

/// Most points that are kept: a minute at 20 records a second.
const MOST: usize = 1200;

/// Arrays of at most so many elements have a row for each.
const FEW: u32 = 16;

/// Most characters of a value.
const LONGEST: usize = 200;

/// Most elements of an array that are drawn.
const DRAWN: usize = 2000;

/// The time over which the rate of change is measured.
const RATE_OVER: f64 = 1.0;

/// The bars of a sparkline, from low to high.
const BARS: [char; 8] = [
    '\u{2581}', '\u{2582}', '\u{2583}', '\u{2584}', '\u{2585}', '\u{2586}', '\u{2587}', '\u{2588}',
];

/// A field or an element, its value now and before.
#[derive(Clone, Debug)]
pub(crate) struct Track {
    at: FieldRef,
    pub(crate) name: String,
    pub(crate) unit: String,
    pub(crate) help: String,
    /// The value as every view shows it.
    pub(crate) text: String,
    /// The columns of the widest value so far: a column that follows each value would jump.
    pub(crate) widest: u16,
    /// Whether it is a number, and not a label.
    is_number: bool,
    points: VecDeque<Point>,
    range: Option<(f64, f64)>,
    /// The elements of an array that has one row.
    pub(crate) elements: Vec<(f64, f64)>,
}

#[derive(Clone, Copy, Debug)]
struct Point {
    at: BootTime,
    value: f64,
}

impl Track {
    /// A row for each field of `schema`, and for each element of a short array.
    pub(crate) fn of(schema: &Schema) -> Vec<Self> {
        let rows = schema.fields().iter().enumerate().flat_map(|(index, field)| {
            let elements = if field.ctype().is_text() { None } else { field.ctype().count() };
            match elements {
                Some(count) if count <= FEW => {
                    let element = |element| FieldRef { field: index, element: Some(element) };
                    (0..count).map(element).collect::<Vec<_>>()
                }
                _ => vec![FieldRef::whole(index)],
            }
        });
        rows.map(|at| Self::new(at, schema)).collect()
    }

    fn new(at: FieldRef, schema: &Schema) -> Self {
        let field = at.of(schema);
        let about =
            |of: fn(&Field) -> &str| field.map_or_else(String::new, |f| daemon::plain(of(f)));
        Self {
            at,
            name: daemon::plain(&at.name(schema).to_string()),
            unit: about(Field::unit),
            help: about(Field::help),
            text: String::new(),
            widest: 0,
            is_number: field.is_some_and(|field| field.labels().is_empty()),
            points: VecDeque::new(),
            range: None,
            elements: Vec::new(),
        }
    }

    /// Takes its value from a record that was published at `at`.
    pub(crate) fn take(&mut self, record: RecordView<'_>, at: BootTime) {
        self.text = text(self.at, record);
        self.widest = self.widest.max(columns(&self.text));
        let Some(value) = self.at.number(record) else {
            self.elements = elements(self.at, record);
            return;
        };
        if !value.is_finite() || self.points.back().is_some_and(|newest| newest.at >= at) {
            return;
        }
        if self.points.len() == MOST {
            self.points.pop_front();
        }
        self.points.push_back(Point { at, value });
        let (least, most) = self.range.unwrap_or((value, value));
        self.range = Some((least.min(value), most.max(value)));
    }

    /// The least and the greatest value that was seen; `None` for what is no number.
    pub(crate) fn range(&self) -> Option<(f64, f64)> {
        self.range.filter(|_| self.is_number)
    }

    /// The range begins with the present value.
    pub(crate) fn reset_range(&mut self) {
        self.range = self.points.back().map(|newest| (newest.value, newest.value));
    }

    /// How much it changes in a second, over the last second or the last two records.
    pub(crate) fn rate(&self) -> Option<f64> {
        let newest = self.points.back().filter(|_| self.is_number)?;
        let before = |point: &&Point| seconds(newest.at, point.at) >= RATE_OVER;
        let earlier = self.points.iter().rev().skip(1);
        let since = earlier.clone().find(before).or_else(|| earlier.last())?;
        Some((newest.value - since.value) / seconds(newest.at, since.at))
    }

    /// The last values as bars, the newest at the right end of `columns`.
    pub(crate) fn bars(&self, columns: usize) -> String {
        let before = self.points.len().saturating_sub(columns);
        let values = || self.points.iter().skip(before).map(|point| point.value);
        let (least, most) = extent(values());
        let bar = |value: f64| {
            let height = (value - least) / (most - least) * 7.0;
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            // saturates; NaN is 0
            BARS[(height.round() as usize).min(7)]
        };
        let bars: String = values().map(bar).collect();
        format!("{bars:>columns$}")
    }

    /// Seconds before the newest record, and values.
    pub(crate) fn curve(&self) -> Vec<(f64, f64)> {
        let Some(newest) = self.points.back() else { return Vec::new() };
        self.points.iter().map(|point| (-seconds(newest.at, point.at), point.value)).collect()
    }

    /// `min 1, max 9, +0.5/s`, as far as it is known.
    pub(crate) fn summary(&self) -> String {
        let mut parts = Vec::new();
        if let Some((least, most)) = self.range() {
            parts.push(format!("min {}, max {}", number_text(least), number_text(most)));
        }
        parts.extend(self.rate().map(rate_text));
        parts.join(", ")
    }
}

/// `+0.5/s`.
pub(crate) fn rate_text(rate: f64) -> String {
    let sign = if rate > 0.0 { "+" } else { "" };
    format!("{sign}{}/s", number_text(rate))
}

/// The least and the greatest of `values`.
pub(crate) fn extent(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let ends = (f64::INFINITY, f64::NEG_INFINITY);
    values.fold(ends, |(least, most), value| (least.min(value), most.max(value)))
}

fn seconds(later: BootTime, earlier: BootTime) -> f64 {
    later.since(earlier).as_secs_f64()
}

/// The value as text, cut after [`LONGEST`] characters: an array may have megabytes.
pub(crate) fn text(at: FieldRef, record: RecordView<'_>) -> String {
    let Some(field) = at.of(record.schema()) else { return String::new() };
    let mut text = Cut { text: String::new(), left: LONGEST };
    // An error means that it is cut.
    let _ = write!(text, "{}", record.shown(field, at.element));
    text.text
}

/// The elements of an array of numbers by their index, every n-th of a long one.
fn elements(at: FieldRef, record: RecordView<'_>) -> Vec<(f64, f64)> {
    let Some(field) = at.of(record.schema()).filter(|field| !field.ctype().is_text()) else {
        return Vec::new();
    };
    let count = field.ctype().count().unwrap_or(0);
    let step = (count as usize).div_ceil(DRAWN).max(1);
    let number = |element| {
        let value = FieldRef { field: at.field, element: Some(element) }.number(record)?;
        value.is_finite().then_some((f64::from(element), value))
    };
    (0..count).step_by(step).filter_map(number).collect()
}

struct Cut {
    text: String,
    left: usize,
}

impl fmt::Write for Cut {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        for found in piece.chars() {
            self.left = self.left.checked_sub(1).ok_or(fmt::Error)?;
            self.text.push(found);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mapcast::BootTime;
    use mapcast::dynamic::{CType, FieldSpec, RecordBuf, Scalar, Schema, Value};

    use super::Track;

    /// Tracks of a record whose `x` had these values, 100 ms apart.
    fn tracks(values: &[f64]) -> Vec<Track> {
        let few = CType::array(Scalar::U8, 3).expect("an array");
        let many = CType::array(Scalar::U8, 5000).expect("an array");
        let schema = Schema::builder("R")
            .field(FieldSpec::new("x", Scalar::F64).unit("m"))
            .field(FieldSpec::new("mode", Scalar::U8).label(0, "auto"))
            .field(FieldSpec::new("few", few))
            .field(FieldSpec::new("many", many))
            .build()
            .expect("a record");
        let mut tracks = Track::of(&schema);
        let mut record = RecordBuf::new(Arc::new(schema));
        for (tenth, value) in (1..).zip(values) {
            record.set_by_name("x", &Value::F64(*value)).expect("a field");
            let at = BootTime::from_nanos(tenth * 100_000_000);
            for track in &mut tracks {
                track.take(record.view(), at);
            }
        }
        tracks
    }

    #[test]
    fn a_short_array_has_a_row_for_each_element_and_a_long_one_a_single_row() {
        let tracks = tracks(&[1.0]);
        let names: Vec<_> = tracks.iter().map(|track| track.name.as_str()).collect();
        assert_eq!(names, ["x", "mode", "few[0]", "few[1]", "few[2]", "many"]);
        assert_eq!(tracks[5].text.chars().count(), 200, "the text of a long array is cut");
        assert_eq!(tracks[5].elements.len(), 1667, "every third of 5000");
    }

    #[test]
    fn minimum_maximum_and_rate_are_of_the_values_that_were_seen() {
        let x = &tracks(&[5.0, 1.0, 2.0])[0];
        assert_eq!((x.text.as_str(), x.range()), ("2", Some((1.0, 5.0))));
        assert_eq!(x.rate(), Some(-15.0), "3 m less in the 0.2 s that there are");
        let ramp: Vec<f64> = (0..30).map(f64::from).collect();
        assert_eq!(tracks(&ramp)[0].rate(), Some(10.0), "of the last second");
    }

    #[test]
    fn a_label_has_no_minimum_and_no_rate() {
        let mode = &tracks(&[1.0, 2.0])[1];
        assert_eq!((mode.text.as_str(), mode.range(), mode.rate()), ("auto", None, None));
    }

    #[test]
    fn bars_end_with_the_newest_value_and_a_constant_is_a_line() {
        let rising = &tracks(&[0.0, 7.0])[0];
        assert_eq!(rising.bars(4), "  \u{2581}\u{2588}");
        assert_eq!(tracks(&[3.0, 3.0])[0].bars(2), "\u{2581}\u{2581}");
    }

    #[test]
    fn not_a_number_and_infinities_are_left_out() {
        let x = &tracks(&[1.0, f64::NAN, f64::INFINITY, 2.0])[0];
        assert_eq!(x.curve().len(), 2);
        assert_eq!((x.bars(3).as_str(), x.range()), (" \u{2581}\u{2588}", Some((1.0, 2.0))));
    }

    #[test]
    fn the_history_is_bounded_and_a_record_counts_once() {
        let mut many = tracks(&vec![1.0; 5000]);
        assert_eq!(many[0].curve().len(), super::MOST);
        let (schema, at) = (
            Arc::new(
                Schema::builder("R")
                    .field(FieldSpec::new("x", Scalar::F64))
                    .build()
                    .expect("a record"),
            ),
            BootTime::from_nanos(u64::MAX),
        );
        let record = RecordBuf::new(schema);
        for _ in 0..3 {
            many[0].take(record.view(), at);
        }
        assert_eq!(many[0].curve().iter().filter(|(_, value)| *value == 0.0).count(), 1);
    }
}
