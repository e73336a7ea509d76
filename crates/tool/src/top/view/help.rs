//! All keys, over the lists.

use ratatui::Frame;
use ratatui::layout::{Constraint, Flex, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};

use super::super::action::KEYS;
use super::Theme;

/// The width of the keys.
const KEY: usize = 18;
/// The width of all.
const WIDTH: u16 = 80;

pub(super) fn draw(frame: &mut Frame<'_>, body: Rect, theme: Theme) {
    let height = u16::try_from(KEYS.len() + 2).unwrap_or(u16::MAX);
    let [rows] = Layout::vertical([Constraint::Max(height)]).flex(Flex::Center).areas(body);
    let [area] = Layout::horizontal([Constraint::Max(WIDTH)]).flex(Flex::Center).areas(rows);
    let lines = KEYS.map(|(keys, what)| {
        Line::from(vec![Span::styled(format!(" {keys:<KEY$}"), theme.head()), Span::raw(what)])
    });
    let block = Block::bordered().title(" Keys ").border_style(theme.head());
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(lines.to_vec()).block(block), area);
}
