//! Text in the columns that there are.
//!
//! Invariant: what is cut ends with `~`, and no text lies over another: what has no room is left out.

use std::borrow::Cow;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::Block;
use unicode_truncate::UnicodeTruncateStr as _;
use unicode_width::UnicodeWidthStr as _;

/// Smaller areas have no border: its titles and what is inside would lie over each other.
const BORDERED: (u16, u16) = (10, 4);

/// The columns that `text` takes on a terminal.
pub(crate) fn columns(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}

/// The columns of the widest of `texts`, within limits.
pub(super) fn widest<'t>(texts: impl Iterator<Item = &'t str>, (least, most): (u16, u16)) -> u16 {
    texts.map(columns).max().unwrap_or(0).clamp(least, most.max(least))
}

/// The beginning of `text` in so many columns; where it is cut, it ends with `~`.
pub(super) fn begin(text: &str, room: u16) -> Cow<'_, str> {
    let room = usize::from(room);
    if text.width() <= room {
        return text.into();
    }
    let mark = if room == 0 { "" } else { "~" };
    let (kept, _) = text.unicode_truncate(room.saturating_sub(1));
    format!("{kept}{mark}").into()
}

/// The end of `text` in so many columns; where it is cut, it begins with `~`.
pub(super) fn end(text: &str, room: u16) -> Cow<'_, str> {
    let room = usize::from(room);
    if text.width() <= room {
        return text.into();
    }
    let mark = if room == 0 { "" } else { "~" };
    let (kept, _) = text.unicode_truncate_start(room.saturating_sub(1));
    format!("{mark}{kept}").into()
}

/// The first of `parts`, and as many of the others as have room.
pub(super) fn whole_parts(parts: &[String], room: u16) -> String {
    let Some((first, others)) = parts.split_first() else { return String::new() };
    let mut text = begin(first, room).into_owned();
    for part in others {
        if columns(&text).saturating_add(columns(part)) > room {
            break;
        }
        text.push_str(part);
    }
    text
}

/// Draws `text` on as many lines as it takes, between words where it can.
///
/// Not by ratatui's `Paragraph`, which panics where a character that is wide or combined has no room (0.30).
pub(super) fn draw_text(frame: &mut Frame<'_>, area: Rect, text: &str) {
    let mut rest = text.trim();
    for row in area.rows() {
        let is_last = row.y + 1 == area.bottom();
        let line = if is_last { rest } else { first_line(rest, row.width) };
        rest = rest[line.len()..].trim_start();
        frame.buffer_mut().set_string(row.x, row.y, begin(line, row.width), Style::new());
    }
}

/// What of `text` is on the first of its lines of so many columns.
fn first_line(text: &str, room: u16) -> &str {
    let (line, _) = text.unicode_truncate(room.into());
    if line.len() == text.len() || text[line.len()..].starts_with(' ') {
        return line;
    }
    line.rfind(' ').map_or(line, |space| &line[..space])
}

/// The room for a title in the border of `area`, without the spaces around it.
pub(super) fn title_room(area: Rect) -> u16 {
    area.width.saturating_sub(4)
}

/// The columns between two areas in `body`: none between two borders.
pub(super) fn gap(body: Rect) -> u16 {
    u16::from(body.height < BORDERED.1)
}

/// Draws a border with a title above and, if it is not empty, one below; returns what is inside.
pub(super) fn enclose(
    frame: &mut Frame<'_>,
    area: Rect,
    style: Style,
    (above, below): (&str, &str),
) -> Rect {
    if area.width < BORDERED.0 || area.height < BORDERED.1 {
        return area;
    }
    let title = |text| Line::styled(format!(" {} ", begin(text, title_room(area))), style);
    let mut block = Block::bordered().border_style(style).title(title(above));
    if !below.is_empty() {
        block = block.title_bottom(title(below));
    }
    let inside = block.inner(area);
    frame.render_widget(block, area);
    inside
}

#[cfg(test)]
mod tests {
    use super::{begin, end, first_line, whole_parts};

    /// Two characters of two columns each, and one with an accent of its own.
    const WIDE: &str = "\u{5c0f}\u{660e}e\u{301}x";

    #[test]
    fn a_text_is_cut_between_two_characters_and_marked() {
        assert_eq!(begin("temperature", 11), "temperature");
        assert_eq!(begin("temperature", 5), "temp~");
        assert_eq!(end("temperature", 5), "~ture");
        assert_eq!(begin(WIDE, 6), WIDE);
        assert_eq!(begin(WIDE, 5), "\u{5c0f}\u{660e}~");
        assert_eq!(begin(WIDE, 4), "\u{5c0f}~");
        assert_eq!(end(WIDE, 4), "~e\u{301}x");
        assert_eq!((begin("ab", 1), begin("ab", 0)), ("~".into(), "".into()));
    }

    #[test]
    fn a_line_ends_between_two_words_if_it_can() {
        for (room, want) in [(20, "start its writer"), (9, "start its"), (8, "start"), (3, "sta")] {
            assert_eq!(first_line("start its writer", room), want);
        }
        assert_eq!(first_line(WIDE, 1), "");
    }

    #[test]
    fn parts_are_whole_or_left_out() {
        let parts = ["host", ": Host", ", sequence 20"].map(str::to_owned);
        for (room, want) in [(23, "host: Host, sequence 20"), (22, "host: Host"), (3, "ho~")] {
            assert_eq!(whole_parts(&parts, room), want);
        }
    }
}
