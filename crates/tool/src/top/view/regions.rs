//! The list of regions.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use render::Align;

use super::super::model::{Focus, Model};
use super::list::{self, Cells, Column, Place};
use super::{Theme, border};
use crate::list::rate_text;

/// The columns of a state, and of a rate.
const STATE: u16 = 7;
const RATE: u16 = 8;
/// The least columns of a name that has others beside it.
const NAME: u16 = 8;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, model: &mut Model, theme: Theme) {
    let title = daemon::counted(model.lines.len() as u64, "region");
    let inside = border(frame, area, model, theme, Focus::Regions, (&title, ""));
    let selected = Theme::selected(model.focus, Focus::Regions);
    let place = Place { area, inside, theme, selected };
    let lines = &model.lines;
    list::draw(frame, place, &mut model.regions, &columns(inside.width), |index| -> Cells {
        let line = &lines[index];
        let word = line.status.word();
        let rate = line.rate.map_or_else(|| "-".to_owned(), short_rate);
        vec![
            (line.name.clone(), Style::new()),
            (word.to_owned(), theme.status(word)),
            (rate, Style::new()),
        ]
    });
}

/// The name, and the state and the rate where there is room.
fn columns(room: u16) -> Vec<Column> {
    let others =
        [Column::new("STATE", STATE, Align::Left), Column::new("RATE", RATE, Align::Right)];
    let mut left = room;
    let mut columns = vec![Column::new("NAME", 0, Align::Left)];
    for column in others {
        let Some(rest) = left.checked_sub(column.width + 1).filter(|rest| *rest >= NAME) else {
            break;
        };
        left = rest;
        columns.push(column);
    }
    columns[0].width = left;
    columns
}

/// A rate in at most [`RATE`] columns.
fn short_rate(rate: f64) -> String {
    match rate {
        1e6.. => format!("{:.1}M/s", rate / 1e6),
        1e5.. => format!("{:.0}k/s", rate / 1e3),
        _ => rate_text(rate),
    }
}

#[cfg(test)]
mod tests {
    use super::{RATE, short_rate};

    #[test]
    fn a_rate_is_never_cut() {
        for (rate, want) in
            [(0.5, "0.50/s"), (99_999.0, "99999/s"), (123_456.0, "123k/s"), (12.3e6, "12.3M/s")]
        {
            assert_eq!(short_rate(rate), want);
            assert!(want.len() <= usize::from(RATE));
        }
    }
}
