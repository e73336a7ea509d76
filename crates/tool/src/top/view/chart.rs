//! One field over time, or the elements of a long array by their index.

use std::fmt::Write as _;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::symbols::Marker;
use ratatui::text::Line;
use ratatui::widgets::{Axis, Block, Chart, Dataset, GraphType, Paragraph};

use super::super::model::Model;
use super::super::number_text::number_text;
use super::super::track::{Track, extent};
use super::Theme;

pub(super) fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    block: Block<'_>,
    model: &mut Model,
    theme: Theme,
) {
    model.fields.place(area);
    let Some(track) = model.fields.index().map(|index| &model.shown.tracks[index]) else { return };
    let block = block.title_bottom(headline(track));
    let curve = track.curve();
    let (points, is_over_time) =
        if curve.is_empty() { (&track.elements, false) } else { (&curve, true) };
    let (least, most) = span(points.iter().map(|point| point.1), 0.0);
    if points.is_empty() || !(most - least).is_finite() {
        frame.render_widget(Paragraph::new(track.text.as_str()).block(block), area);
        return;
    }
    let (begin, end) = span(points.iter().map(|point| point.0), 1.0);
    let margin = ((most - least) * 0.05).max(f64::MIN_POSITIVE);
    let times = if is_over_time {
        [format!("{} s", number_text(begin)), "newest".to_owned()]
    } else {
        [format!("[{begin}]"), format!("[{end}]")]
    };
    let middle = middle(least, most);
    let values = [least, middle, most].map(|value| Line::from(number_text(value)));
    let data = Dataset::default()
        .data(points)
        .graph_type(GraphType::Line)
        .marker(Marker::Braille)
        .style(theme.accent());
    let chart = Chart::new(vec![data])
        .x_axis(Axis::default().bounds([begin, end]).labels(times).style(theme.dim()))
        .y_axis(
            Axis::default()
                .bounds([least - margin, most + margin])
                .labels(values)
                .style(theme.dim()),
        )
        .block(block);
    frame.render_widget(chart, area);
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
    if middle.abs() < (most - least) * 1e-4 { 0.0 } else { middle }
}

/// ` temperature 21.5 Cel: min 20, max 22, +0.1/s `.
fn headline(track: &Track) -> String {
    let mut line = format!(" {} {}", track.name, track.text);
    if !track.unit.is_empty() {
        let _ = write!(line, " {}", track.unit);
    }
    let summary = track.summary();
    if !summary.is_empty() {
        let _ = write!(line, ": {summary}");
    }
    line + " "
}

#[cfg(test)]
mod tests {
    use super::middle;

    #[test]
    fn the_middle_of_a_nearly_symmetric_axis_is_zero() {
        assert_eq!(middle(-9.997, 9.9971).to_bits(), 0);
        assert!((middle(1.0, 2.0) - 1.5).abs() < f64::EPSILON);
        assert!((middle(1e-9, 2e-9) - 1.5e-9).abs() < f64::EPSILON);
    }
}
