//! One field over time, or the elements of a long array by their index.

use ratatui::Frame;
use ratatui::layout::{Alignment, Rect};
use ratatui::symbols::Marker;
use ratatui::text::Line;
use ratatui::widgets::{Axis, Chart, Dataset, GraphType};

use super::super::model::{Focus, Model};
use super::super::number_text::number_text;
use super::super::track::{Track, extent};
use super::room::{columns, draw_text, title_room, whole_parts};
use super::{Theme, border, content_title};

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, model: &mut Model, theme: Theme) {
    let index = model.fields.index();
    let headline = index.map(|index| headline(&model.shown.tracks[index], area));
    let title = content_title(model, area);
    let titles = (title.as_str(), headline.as_deref().unwrap_or_default());
    let inside = border(frame, area, model, theme, Focus::Content, titles);
    model.fields.put(area, inside);
    let Some(track) = index.map(|index| &model.shown.tracks[index]) else { return };
    let curve = track.curve();
    if curve.is_empty() {
        draw_curve(frame, inside, theme, track, &Curve::over_index(&track.elements));
    } else {
        draw_curve(frame, inside, theme, track, &Curve::over_time(&curve));
    }
}

/// Points, and the labels at the ends of their axis.
struct Curve<'a> {
    points: &'a [(f64, f64)],
    bounds: [f64; 2],
    ends: [String; 2],
}

impl<'a> Curve<'a> {
    fn over_time(points: &'a [(f64, f64)]) -> Self {
        let (begin, end) = span(points.iter().map(|point| point.0), 1.0);
        let ends = [format!("{} s", number_text(begin)), "newest".to_owned()];
        Self { points, bounds: [begin, end], ends }
    }

    fn over_index(points: &'a [(f64, f64)]) -> Self {
        let (begin, end) = span(points.iter().map(|point| point.0), 1.0);
        Self { points, bounds: [begin, end], ends: [format!("[{begin}]"), format!("[{end}]")] }
    }
}

/// Draws a curve; a value that has none as a text.
fn draw_curve(frame: &mut Frame<'_>, room: Rect, theme: Theme, track: &Track, curve: &Curve<'_>) {
    let (least, most) = span(curve.points.iter().map(|point| point.1), 0.0);
    if curve.points.is_empty() || !(most - least).is_finite() {
        return draw_text(frame, room, &track.text);
    }
    let margin = ((most - least) * 0.05).max(f64::MIN_POSITIVE);
    let data = Dataset::default()
        .data(curve.points)
        .graph_type(GraphType::Line)
        .marker(Marker::Braille)
        .style(theme.accent());
    let ends = end_labels(&curve.ends, room);
    let below = if ends.is_empty() { 0 } else { 2 };
    let values = value_labels(least, most, Rect { height: room.height - below, ..room });
    let x_axis = Axis::default().bounds(curve.bounds).labels(ends).style(theme.dim());
    let y_axis = Axis::default().bounds([least - margin, most + margin]).style(theme.dim());
    let y_axis = y_axis.labels(values).labels_alignment(Alignment::Right);
    frame.render_widget(Chart::new(vec![data]).x_axis(x_axis).y_axis(y_axis), room);
}

/// The labels of the horizontal axis, if the chart gives them so much room: a third for what is left of the
/// vertical axis, and half of the rest.
fn end_labels([begin, end]: &[String; 2], room: Rect) -> Vec<Line<'static>> {
    let (third, rest) = (room.width / 3, room.width - room.width / 3);
    if room.height < 5 || columns(begin) > third || columns(end) + 1 > rest / 2 {
        return Vec::new();
    }
    vec![Line::from(begin.clone()), Line::from(end.clone())]
}

/// The labels of the vertical axis, if each has a line of its own.
fn value_labels(least: f64, most: f64, room: Rect) -> Vec<Line<'static>> {
    let values = match room.height {
        0..=1 => Vec::new(),
        2..=4 => vec![least, most],
        _ => vec![least, middle(least, most), most],
    };
    let texts: Vec<_> = values.into_iter().map(number_text).collect();
    let fit = texts.iter().all(|text| columns(text) <= room.width / 3);
    texts.into_iter().filter(|_| fit).map(Line::from).collect()
}

/// The ends of an axis; a single value is given `room` before it, or else a bit on both sides.
fn span(values: impl Iterator<Item = f64>, room: f64) -> (f64, f64) {
    let (least, most) = extent(values);
    match () {
        () if least < most => (least, most),
        () if !least.is_finite() => (0.0, 1.0),
        () if room > 0.0 => (least - room, most),
        () => (least - least.abs().max(1.0) * 0.1, most + most.abs().max(1.0) * 0.1),
    }
}

/// The value between two, without a remainder that is too small to be seen beside them.
fn middle(least: f64, most: f64) -> f64 {
    let middle = least + (most - least) / 2.0;
    if middle.abs() < (most - least) * 1e-2 { 0.0 } else { middle }
}

/// `temperature 21.5 Cel: min 20, max 22, +0.1/s`, as far as there is room.
fn headline(track: &Track, area: Rect) -> String {
    let unit = if track.unit.is_empty() { String::new() } else { format!(" {}", track.unit) };
    let summary = track.summary();
    let summary = if summary.is_empty() { summary } else { format!(": {summary}") };
    whole_parts(&[format!("{} {}{unit}", track.name, track.text), summary], title_room(area))
}

#[cfg(test)]
mod tests {
    use super::middle;

    #[test]
    fn the_middle_of_a_nearly_symmetric_axis_is_zero() {
        assert_eq!(middle(-10.0, 9.987).to_bits(), 0);
        assert!((middle(1.0, 2.0) - 1.5).abs() < f64::EPSILON);
        assert!((middle(1e-9, 2e-9) - 1.5e-9).abs() < f64::EPSILON);
    }
}
