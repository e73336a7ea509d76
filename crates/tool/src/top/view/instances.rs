//! The instances of a region, a row each.

use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Block, Cell, Row, Table};

use super::super::model::{Focus, Model};
use super::super::shown::InstanceLine;
use super::Theme;
use crate::age::age_text;

/// The width of a name and of an age.
const NAME: (usize, usize) = (8, 24);
const AGE: u16 = 10;
/// The width of a value.
const VALUE: (usize, usize) = (6, 20);

pub(super) fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    block: Block<'_>,
    model: &mut Model,
    theme: Theme,
) {
    model.instances.place(area);
    let lines = model.shown.instances.as_deref().unwrap_or_default();
    let name = width(lines.iter().map(|line| line.name.as_str()), NAME);
    let mut widths = vec![Constraint::Length(name), Constraint::Length(AGE)];
    let mut heads = vec![Line::from("INSTANCE"), Line::from("AGE").right_aligned()];
    let mut left = block.inner(area).width.saturating_sub(name + AGE + 1);
    let values = |field: usize| lines.iter().filter_map(move |line| line.cells.get(field));
    for (field, head) in model.shown.heads.iter().enumerate() {
        let texts = values(field).map(String::as_str).chain([head.as_str()]);
        let width = width(texts, VALUE);
        let Some(rest) = left.checked_sub(width + 1) else { break };
        left = rest;
        widths.push(Constraint::Length(width));
        heads.push(Line::from(head.clone()).right_aligned());
    }
    let rows = model.instances.rows.iter().map(|index| row(&lines[*index], widths.len() - 2));
    let table = Table::new(rows, widths.iter().copied())
        .header(Row::new(heads).style(theme.head()))
        .row_highlight_style(Theme::selected(model.focus, Focus::Content))
        .block(block);
    frame.render_stateful_widget(table, area, &mut model.instances.table);
}

fn row(line: &InstanceLine, fields: usize) -> Row<'static> {
    let right = |text: String| Cell::new(Line::from(text).right_aligned());
    let age = line.age.map_or_else(String::new, age_text);
    let values = line.cells.iter().take(fields).map(|value| right(value.clone()));
    Row::new([Cell::new(line.name.clone()), right(age)].into_iter().chain(values))
}

/// The width of the widest of `texts`, within limits.
fn width<'t>(texts: impl Iterator<Item = &'t str>, (least, most): (usize, usize)) -> u16 {
    let widest = texts.map(|text| text.chars().count()).max().unwrap_or(0);
    u16::try_from(widest.clamp(least, most)).unwrap_or(u16::MAX)
}
