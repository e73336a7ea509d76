//! Colours, or none.

use ratatui::style::{Color, Modifier, Style};

use super::super::model::Focus;

/// Colours, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Theme {
    /// The terminal's sixteen colours.
    Colours,
    /// Bold and reversed only.
    Plain,
}

impl Theme {
    /// As `NO_COLOR` says.
    pub(crate) fn of_environment() -> Self {
        let is_set = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if is_set { Self::Plain } else { Self::Colours }
    }

    fn colour(self, colour: Color) -> Style {
        match self {
            Self::Colours => Style::new().fg(colour),
            Self::Plain => Style::new(),
        }
    }

    /// The style of the word for a region's status.
    pub(super) fn status(self, word: &str) -> Style {
        self.colour(match word {
            "live" => Color::Green,
            "stalled" | "stale" | "absent" => Color::Yellow,
            "dead" | "error" | "deleted" => Color::Red,
            _ => Color::DarkGray,
        })
    }

    pub(super) fn dim(self) -> Style {
        self.colour(Color::DarkGray)
    }

    pub(super) fn accent(self) -> Style {
        self.colour(Color::Cyan)
    }

    pub(super) fn head(self) -> Style {
        self.accent().add_modifier(Modifier::BOLD)
    }

    /// The selected row, in the list that has the focus or in the other one.
    pub(super) fn selected(focus: Focus, own: Focus) -> Style {
        let modifier = if focus == own { Modifier::REVERSED } else { Modifier::BOLD };
        Style::new().add_modifier(modifier)
    }
}
