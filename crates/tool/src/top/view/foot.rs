//! The last line: what has happened, what is typed, or the most important keys.

use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::super::model::{Model, Over};
use super::Theme;
use super::room::{begin, columns, end, whole_parts};

/// What is shown while the view is paused.
const PAUSED: &str = " paused ";

/// The line, in so many columns.
pub(super) fn line(model: &mut Model, theme: Theme, room: u16) -> Line<'static> {
    let mut parts = Vec::new();
    let mut left = room;
    if model.is_paused {
        parts.push(Span::styled(
            begin(PAUSED, room).into_owned(),
            Style::new().add_modifier(Modifier::REVERSED),
        ));
        left = room.saturating_sub(columns(PAUSED));
    }
    if let Some(notice) = &model.notice {
        parts.push(Span::raw(begin(&format!(" {notice}"), left).into_owned()));
    } else if model.over == Over::Filter {
        parts.push(Span::raw(prompt(&model.pane().filter, left)));
    } else {
        parts.extend(keys(model, theme, left));
    }
    Line::from(parts)
}

/// The filter with the place of the next letter, and what ends it.
fn prompt(filter: &str, room: u16) -> String {
    let typed = end(filter, room.saturating_sub(3).max(1)).into_owned();
    whole_parts(&[format!(" /{typed}_"), "  Enter keeps it, Esc clears it".to_owned()], room)
}

/// A key, what it does, and its number: the one with the greatest is left out first.
type Key = (&'static str, String, u8);

/// The keys that have room.
fn keys(model: &mut Model, theme: Theme, room: u16) -> Vec<Span<'static>> {
    let order = model.order().map_or_else(String::new, |order| format!(" by {order}"));
    let filter = &model.pane().filter;
    let filter = if filter.is_empty() { String::new() } else { format!(" \"{filter}\"") };
    let mut keys: Vec<Key> = vec![
        ("Enter", "open".to_owned(), 3),
        ("Esc", "back".to_owned(), 2),
        ("/", format!("filter{filter}"), 4),
        ("s", format!("sort{order}"), 5),
        ("Space", "pause".to_owned(), 6),
        ("?", "help".to_owned(), 0),
        ("q", "quit".to_owned(), 1),
    ];
    let width = |(key, what, _): &Key| columns(key) + columns(what) + 2;
    while keys.iter().map(width).fold(0, u16::saturating_add) > room {
        let last = keys.iter().map(|(.., number)| *number).max();
        keys.retain(|(.., number)| Some(*number) != last);
    }
    let spans =
        |(key, what, _): Key| [Span::styled(format!(" {key} "), theme.head()), Span::raw(what)];
    keys.into_iter().flat_map(spans).collect()
}
