//! The rows of a list that are on the screen, under their heads.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use render::Align;

use super::super::pane::Pane;
use super::Theme;
use super::room::{begin, columns as columns_of};

/// A column, its head and its width.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) head: String,
    pub(super) width: u16,
    pub(super) align: Align,
}

impl Column {
    pub(super) fn new(head: &str, width: u16, align: Align) -> Self {
        Self { head: head.to_owned(), width, align }
    }
}

/// What is in a row, a text for each column.
pub(super) type Cells = Vec<(String, Style)>;

/// Where a list is drawn, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// With the border.
    pub(super) area: Rect,
    /// Inside of it.
    pub(super) inside: Rect,
    pub(super) theme: Theme,
    /// The style of the selected row.
    pub(super) selected: Style,
}

/// Draws `pane` at `place`; `cells` are those of the row with an index.
pub(super) fn draw(
    frame: &mut Frame<'_>,
    place: Place,
    pane: &mut Pane,
    columns: &[Column],
    cells: impl Fn(usize) -> Cells,
) {
    let inside = place.inside;
    // A single line is for a row.
    let head = u16::from(inside.height > 1);
    pane.put(place.area, Rect { y: inside.y + head, height: inside.height - head, ..inside });
    let buffer = frame.buffer_mut();
    if head > 0 {
        let heads = columns.iter().map(|column| (column.head.clone(), place.theme.head()));
        draw_row(buffer, inside, columns, &heads.collect::<Vec<_>>());
    }
    for (row, index) in (inside.y + head..inside.bottom()).zip(pane.on_screen()) {
        let line = Rect { y: row, height: 1, ..inside };
        let mut cells = cells(index);
        if pane.index() == Some(index) {
            buffer.set_style(line, place.selected);
            for (_, style) in &mut cells {
                *style = without_colour(*style, place.selected);
            }
        }
        draw_row(buffer, line, columns, &cells);
    }
}

/// The style of a cell in the selected row: where that is reversed, a colour would be a patch behind the text.
fn without_colour(style: Style, selected: Style) -> Style {
    let is_reversed = selected.add_modifier.contains(Modifier::REVERSED)
        && !style.sub_modifier.contains(Modifier::REVERSED);
    if is_reversed { Style { fg: None, ..style } } else { style }
}

/// Draws a text for each column, with a space between two.
fn draw_row(buffer: &mut Buffer, line: Rect, columns: &[Column], cells: &[(String, Style)]) {
    let mut left = line.x;
    for (column, (text, style)) in columns.iter().zip(cells) {
        let text = begin(text, column.width);
        let indent = match column.align {
            Align::Left => 0,
            Align::Right => column.width.saturating_sub(columns_of(&text)),
        };
        buffer.set_string(left + indent, line.y, text, *style);
        left += column.width + 1;
    }
}
