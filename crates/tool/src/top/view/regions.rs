//! The list of regions.

use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Cell, Row, Table};

use super::super::model::{Focus, Model};
use super::{Theme, frame_of};
use crate::list::rate_text;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, model: &mut Model, theme: Theme) {
    let title = format!(" {} ", daemon::counted(model.lines.len() as u64, "region"));
    let block = frame_of(model, Focus::Regions, title, theme);
    let rows = model.regions.rows.iter().map(|index| {
        let line = &model.lines[*index];
        let word = line.status.word();
        let rate = line.rate.map_or_else(|| "-".to_owned(), rate_text);
        Row::new([
            Cell::new(line.name.clone()),
            Cell::new(word).style(theme.status(word)),
            Cell::new(Line::from(rate).right_aligned()),
        ])
    });
    let widths = [Constraint::Fill(1), Constraint::Length(7), Constraint::Length(8)];
    let heads = [Line::from("NAME"), Line::from("STATE"), Line::from("RATE").right_aligned()];
    let table = Table::new(rows, widths)
        .header(Row::new(heads).style(theme.head()))
        .row_highlight_style(Theme::selected(model.focus, Focus::Regions))
        .block(block);
    frame.render_stateful_widget(table, area, &mut model.regions.table);
}
