//! The fields of a record: as many columns as there is room for.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use render::Align;

use super::super::model::{Focus, Model};
use super::super::number_text::number_text;
use super::super::track::{Track, rate_text};
use super::list::{self, Column, Place};
use super::room::widest;
use super::{Theme, border, content_title};

/// What a column shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Name,
    Value,
    Unit,
    Least,
    Most,
    Rate,
    Trend,
}

/// From left to right.
const ALL: [Kind; 7] =
    [Kind::Name, Kind::Value, Kind::Unit, Kind::Least, Kind::Most, Kind::Rate, Kind::Trend];

/// The columns beside the name and the value, from the one that is left out last.
const BY_NEED: [Kind; 5] = [Kind::Unit, Kind::Trend, Kind::Rate, Kind::Least, Kind::Most];

/// The least columns for a name and a value.
const BOTH: u16 = 12;

impl Kind {
    /// Its column in so many columns.
    fn column(self, width: u16) -> Column {
        let (head, align) = match self {
            Self::Name => ("FIELD", Align::Left),
            Self::Value => ("VALUE", Align::Right),
            Self::Unit => ("UNIT", Align::Left),
            Self::Least => ("MIN", Align::Right),
            Self::Most => ("MAX", Align::Right),
            Self::Rate => ("CHANGE", Align::Right),
            Self::Trend => ("TREND", Align::Left),
        };
        Column::new(head, width, align)
    }

    /// Its width for these rows, where there is room.
    fn width(self, tracks: &[Track]) -> u16 {
        match self {
            Self::Name => widest(tracks.iter().map(|track| track.name.as_str()), (5, 24)),
            Self::Value => tracks.iter().map(|track| track.widest).max().unwrap_or(0).clamp(8, 20),
            Self::Unit => widest(tracks.iter().map(|track| track.unit.as_str()), (4, 10)),
            Self::Least | Self::Most => 10,
            Self::Rate => 12,
            Self::Trend => 8,
        }
    }

    fn text(self, track: &Track, width: u16) -> String {
        let number = |number: Option<f64>| number.map_or_else(String::new, number_text);
        match self {
            Self::Name => track.name.clone(),
            Self::Value => track.text.clone(),
            Self::Unit => track.unit.clone(),
            Self::Least => number(track.range().map(|(least, _)| least)),
            Self::Most => number(track.range().map(|(_, most)| most)),
            Self::Rate => track.rate().map_or_else(String::new, rate_text),
            Self::Trend => track.bars(width.into()),
        }
    }

    fn style(self, theme: Theme) -> Style {
        match self {
            Self::Unit => theme.dim(),
            // Reversed bars would hang from above.
            Self::Trend => theme.accent().remove_modifier(Modifier::REVERSED),
            _ => Style::new(),
        }
    }
}

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, model: &mut Model, theme: Theme) {
    let title = content_title(model, area);
    let help = model.fields.index().map(|index| model.shown.tracks[index].help.clone());
    let help = help.unwrap_or_default();
    let inside = border(frame, area, model, theme, Focus::Content, (&title, &help));
    let selected = Theme::selected(model.focus, Focus::Content);
    let place = Place { area, inside, theme, selected };
    let tracks = &model.shown.tracks;
    let kinds = kinds(tracks, inside.width);
    let columns: Vec<_> = kinds.iter().map(|(kind, width)| kind.column(*width)).collect();
    list::draw(frame, place, &mut model.fields, &columns, |index| {
        let cell =
            |(kind, width): &(Kind, u16)| (kind.text(&tracks[index], *width), kind.style(theme));
        kinds.iter().map(cell).collect()
    });
}

/// The columns that have room, and their widths. The name and the value share what there is; the trend takes what
/// is left.
fn kinds(tracks: &[Track], room: u16) -> Vec<(Kind, u16)> {
    if room < BOTH {
        return vec![(Kind::Name, room)];
    }
    let name = Kind::Name.width(tracks);
    let value = Kind::Value.width(tracks).min((room / 2).max(room.saturating_sub(name + 1)));
    let name = name.min(room - value - 1);
    let mut left = room - name - 1 - value;
    let mut chosen = vec![(Kind::Name, name), (Kind::Value, value)];
    for kind in BY_NEED {
        let width = kind.width(tracks);
        if let Some(rest) = left.checked_sub(width + 1) {
            left = rest;
            chosen.push((kind, width));
        }
    }
    if let Some((_, width)) = chosen.iter_mut().find(|(kind, _)| *kind == Kind::Trend) {
        *width += left;
    }
    chosen.sort_by_key(|(kind, _)| ALL.iter().position(|other| other == kind));
    chosen
}
