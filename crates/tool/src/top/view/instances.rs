//! The instances of a region, a row each.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use render::Align;

use super::super::model::{Focus, Model};
use super::super::shown::{InstanceLine, Shown};
use super::list::{self, Column, Place};
use super::room::{columns as columns_of, title_room, whole_parts, widest};
use super::{Theme, border, content_title};
use crate::age::age_text;

/// The columns of a name, of an age and of a value.
const NAME: (u16, u16) = (8, 24);
const AGE: u16 = 11;
const VALUE: (u16, u16) = (6, 20);

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, model: &mut Model, theme: Theme) {
    let fields = model.shown.heads.len();
    let columns = columns(&model.shown, area.width.saturating_sub(2));
    let mut more = Vec::new();
    if columns.len() < fields + 2 {
        more = vec![daemon::counted(fields as u64, "field"), ", Enter for all".to_owned()];
    }
    let more = whole_parts(&more, title_room(area));
    let title = content_title(model, area);
    let inside = border(frame, area, model, theme, Focus::Content, (&title, &more));
    let selected = Theme::selected(model.focus, Focus::Content);
    let place = Place { area, inside, theme, selected };
    let lines = model.shown.instances.as_deref().unwrap_or_default();
    list::draw(frame, place, &mut model.instances, &columns, |index| {
        let InstanceLine { name, age, cells } = &lines[index];
        let age = age.map_or_else(String::new, age_text);
        let texts = [name.clone(), age].into_iter().chain(cells.iter().cloned());
        texts.map(|text| (text, Style::new())).collect()
    });
}

/// The name, the age, and the values of as many fields as have room, in their order.
fn columns(shown: &Shown, room: u16) -> Vec<Column> {
    let lines = shown.instances.as_deref().unwrap_or_default();
    let most = (room / 3).clamp(NAME.0, NAME.1);
    let name = widest(lines.iter().map(|line| line.name.as_str()), (NAME.0, most));
    let mut columns = vec![Column::new("INSTANCE", name.min(room), Align::Left)];
    let Some(mut left) = room.checked_sub(name + 1 + AGE) else { return columns };
    columns.push(Column::new("AGE", AGE, Align::Right));
    for (field, head) in shown.heads.iter().enumerate() {
        let values = lines.iter().filter_map(|line| line.cells.get(field));
        let width = widest(values.map(String::as_str), VALUE).max(columns_of(head).min(VALUE.1));
        let Some(rest) = left.checked_sub(width + 1) else { break };
        left = rest;
        columns.push(Column::new(head, width, Align::Right));
    }
    columns
}
