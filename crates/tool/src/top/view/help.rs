//! All keys, over the lists.

use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use super::super::action::KEYS;
use super::super::model::Model;
use super::Theme;
use super::room::{begin, enclose};

/// The columns of the keys, with a space on both sides.
const KEY: usize = 20;
/// The columns of all.
const WIDTH: u16 = 80;

/// Draws the keys from row `model.help` on, or from an earlier one, so that no row stays empty.
pub(super) fn draw(frame: &mut Frame<'_>, body: Rect, model: &mut Model, theme: Theme) {
    let height = u16::try_from(KEYS.len() + 2).unwrap_or(u16::MAX);
    let (columns, rows) = (body.width.min(WIDTH), body.height.min(height));
    let area = body.centered(Constraint::Length(columns), Constraint::Length(rows));
    frame.render_widget(Clear, area);
    let is_whole = area.height >= height;
    let more = if is_whole { "" } else { "Up and Down: more" };
    let inside = enclose(frame, area, theme.head(), ("Keys", more));
    model.help = model.help.min(KEYS.len().saturating_sub(inside.height.into()));
    let room = inside.width;
    let lines = KEYS.iter().skip(model.help).map(|(keys, what)| {
        let keys = format!(" {keys:<width$}", width = KEY - 1);
        let (keys, what) = (begin(&keys, room), begin(what, room.saturating_sub(20)));
        Line::from(vec![
            Span::styled(keys.into_owned(), theme.head()),
            Span::raw(what.into_owned()),
        ])
    });
    let lines: Vec<_> = lines.take(inside.height.into()).collect();
    frame.render_widget(Paragraph::new(lines), inside);
}
