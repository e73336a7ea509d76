//! The fields of a record: as many columns as there is room for.

use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Block, Cell, Row, Table};

use super::super::model::{Focus, Model};
use super::super::number_text::number_text;
use super::super::track::{Track, rate_text};
use super::Theme;

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Name,
    Value,
    Unit,
    Least,
    Most,
    Rate,
    Trend,
}

impl Column {
    /// From left to right.
    const ALL: [Self; 7] =
        [Self::Name, Self::Value, Self::Unit, Self::Least, Self::Most, Self::Rate, Self::Trend];

    /// From the one that is left out last to the one that is left out first.
    const BY_NEED: [Self; 7] =
        [Self::Name, Self::Value, Self::Unit, Self::Trend, Self::Rate, Self::Least, Self::Most];

    fn head(self) -> &'static str {
        match self {
            Self::Name => "FIELD",
            Self::Value => "VALUE",
            Self::Unit => "UNIT",
            Self::Least => "MIN",
            Self::Most => "MAX",
            Self::Rate => "CHANGE",
            Self::Trend => "TREND",
        }
    }

    /// Its width for these rows.
    fn width(self, tracks: &[Track]) -> u16 {
        let widest = |of: fn(&Track) -> usize, least: usize, most: usize| {
            let widest = tracks.iter().map(of).max().unwrap_or(0);
            u16::try_from(widest.clamp(least, most)).unwrap_or(u16::MAX)
        };
        match self {
            Self::Name => widest(|track| track.name.chars().count(), 5, 24),
            Self::Value => widest(|track| track.widest, 8, 20),
            Self::Unit => widest(|track| track.unit.chars().count(), 4, 10),
            Self::Least | Self::Most => 9,
            Self::Rate => 12,
            Self::Trend => 8,
        }
    }

    fn cell(self, track: &Track, width: u16, theme: Theme) -> Cell<'static> {
        let right = |text: String| Cell::new(Line::from(text).right_aligned());
        let number = |number: Option<f64>| right(number.map_or_else(String::new, number_text));
        match self {
            Self::Name => Cell::new(track.name.clone()),
            Self::Value => right(shortened(&track.text, width)),
            Self::Unit => Cell::new(track.unit.clone()).style(theme.dim()),
            Self::Least => number(track.range().map(|(least, _)| least)),
            Self::Most => number(track.range().map(|(_, most)| most)),
            Self::Rate => right(track.rate().map_or_else(String::new, rate_text)),
            Self::Trend => Cell::new(track.bars(width.into())).style(theme.accent()),
        }
    }
}

pub(super) fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    block: Block<'_>,
    model: &mut Model,
    theme: Theme,
) {
    model.fields.place(area);
    let columns = columns(&model.shown.tracks, block.inner(area).width);
    let on_screen: Vec<usize> = model.fields.on_screen().collect();
    let rows = model.fields.rows.iter().map(|index| {
        let track = &model.shown.tracks[*index];
        // Bars of a thousand fields that are not on the screen would take long.
        if !on_screen.contains(index) {
            return Row::default();
        }
        Row::new(columns.iter().map(|(column, width)| column.cell(track, *width, theme)))
    });
    let heads = columns.iter().map(|(column, _)| match column {
        Column::Name | Column::Unit | Column::Trend => Line::from(column.head()),
        _ => Line::from(column.head()).right_aligned(),
    });
    let help = model.fields.index().map(|index| model.shown.tracks[index].help.clone());
    let widths = columns.iter().map(|(_, width)| Constraint::Length(*width));
    let table = Table::new(rows, widths)
        .header(Row::new(heads).style(theme.head()))
        .row_highlight_style(Theme::selected(model.focus, Focus::Content))
        .block(match help.filter(|help| !help.is_empty()) {
            Some(help) => block.title_bottom(format!(" {help} ")),
            None => block,
        });
    frame.render_stateful_widget(table, area, &mut model.fields.table);
}

/// The columns that fit, and their widths; the trend takes what is left.
fn columns(tracks: &[Track], room: u16) -> Vec<(Column, u16)> {
    let mut left = room;
    let mut chosen = Vec::new();
    for column in Column::BY_NEED {
        let width = column.width(tracks);
        let gap = u16::from(!chosen.is_empty());
        if let Some(rest) = left.checked_sub(width + gap) {
            left = rest;
            chosen.push((column, width));
        } else if chosen.is_empty() {
            chosen.push((column, room));
            left = 0;
        }
    }
    if let Some((_, width)) = chosen.iter_mut().find(|(column, _)| *column == Column::Trend) {
        *width += left;
    }
    let place = |column: &Column| Column::ALL.iter().position(|other| other == column);
    chosen.sort_by_key(|(column, _)| place(column));
    chosen
}

/// `text` in so many columns; where it is cut, it ends with `~`.
fn shortened(text: &str, width: u16) -> String {
    let width = usize::from(width);
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    kept + "~"
}
