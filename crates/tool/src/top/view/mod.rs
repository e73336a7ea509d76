//! The model, drawn. In a wide window the regions are beside their content, in a narrow one only the
//! list that has the focus is shown.

mod chart;
mod fields;
mod help;
mod instances;
mod regions;

use std::fmt::Write as _;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph, Wrap};

use super::model::{Focus, Level, Model, Over};
use crate::age::age_text;

/// Narrower windows show one list.
const WIDE: u16 = 60;
/// The width of the list of regions.
const REGIONS: (u16, u16) = (28, 44);

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
    fn status(self, word: &str) -> Style {
        self.colour(match word {
            "live" => Color::Green,
            "stalled" | "stale" | "absent" => Color::Yellow,
            "dead" | "error" | "deleted" => Color::Red,
            _ => Color::DarkGray,
        })
    }

    fn dim(self) -> Style {
        self.colour(Color::DarkGray)
    }

    fn accent(self) -> Style {
        self.colour(Color::Cyan)
    }

    fn head(self) -> Style {
        self.accent().add_modifier(Modifier::BOLD)
    }

    /// The selected row, in the list that has the focus or in the other one.
    fn selected(focus: Focus, own: Focus) -> Style {
        let modifier = if focus == own { Modifier::REVERSED } else { Modifier::BOLD };
        Style::new().add_modifier(modifier)
    }
}

/// Draws `model` on all of the screen.
pub(crate) fn draw(frame: &mut Frame<'_>, model: &mut Model, theme: Theme) {
    let [body, foot] =
        Layout::vertical([Constraint::Fill(1), Constraint::Length(1)]).areas(frame.area());
    let (list, content) = split(body, model);
    model.regions.place(list.unwrap_or_default());
    if let Some(area) = list {
        regions::draw(frame, area, model, theme);
    }
    if let Some(area) = content {
        draw_content(frame, area, model, theme);
    }
    frame.render_widget(foot_line(model, theme), foot);
    if model.over == Over::Help {
        help::draw(frame, body, theme);
    }
}

/// Where the regions are, and where their content.
fn split(body: Rect, model: &Model) -> (Option<Rect>, Option<Rect>) {
    if model.hides_regions {
        return (None, Some(body));
    }
    if body.width < WIDE {
        return match model.focus {
            Focus::Regions => (Some(body), None),
            Focus::Content => (None, Some(body)),
        };
    }
    let width = (body.width / 3).clamp(REGIONS.0, REGIONS.1);
    let columns = Layout::horizontal([Constraint::Length(width), Constraint::Fill(1)]);
    let [list, content] = columns.areas(body);
    (Some(list), Some(content))
}

fn draw_content(frame: &mut Frame<'_>, area: Rect, model: &mut Model, theme: Theme) {
    let block = frame_of(model, Focus::Content, content_title(model), theme);
    if let Some(problem) = &model.shown.problem {
        let text = Paragraph::new(problem.as_str()).wrap(Wrap { trim: true });
        frame.render_widget(text.block(block), area);
        return;
    }
    match model.level() {
        Level::Instances => instances::draw(frame, area, block, model, theme),
        Level::Fields => fields::draw(frame, area, block, model, theme),
        Level::Chart => chart::draw(frame, area, block, model, theme),
    }
}

/// The border of a list, brighter if it has the focus.
fn frame_of(model: &Model, own: Focus, title: String, theme: Theme) -> Block<'static> {
    let style = if model.focus == own { theme.head() } else { theme.dim() };
    Block::bordered().border_style(style).title(Line::styled(title, style))
}

/// ` host / eth0: Net, sequence 12, 3.1 ms ago, writer 831 `.
fn content_title(model: &Model) -> String {
    let shown = &model.shown;
    let mut title = format!(" {}", model.regions.chosen().unwrap_or("no regions"));
    if let Some(instance) = &model.instance {
        let _ = write!(title, " / {instance}");
    }
    if !shown.record.is_empty() {
        let _ = write!(title, ": {}", shown.record);
    }
    if shown.sequence > 0 {
        let _ = write!(title, ", sequence {}", shown.sequence);
        title += &shown.age.map_or_else(String::new, |age| format!(", {} ago", age_text(age)));
    }
    title += &shown.writer.as_ref().map_or_else(String::new, |by| format!(", writer {by}"));
    title + " "
}

/// What has happened, what is typed, or the most important keys.
fn foot_line(model: &mut Model, theme: Theme) -> Line<'static> {
    let (order, is_paused) = (model.order(), model.is_paused);
    let filter = model.pane().filter.clone();
    let mut parts = Vec::new();
    if is_paused {
        parts.push(Span::styled(" paused ", Style::new().add_modifier(Modifier::REVERSED)));
    }
    if let Some(notice) = &model.notice {
        parts.push(Span::raw(format!(" {notice}")));
    } else if model.over == Over::Filter {
        parts.push(Span::raw(format!(" /{filter}_  Enter keeps it, Esc clears it")));
    } else {
        let order = order.map_or_else(String::new, |order| format!(" by {order}"));
        let filter = if filter.is_empty() { String::new() } else { format!(" \"{filter}\"") };
        let keys = [
            ("Enter", "open".to_owned()),
            ("Esc", "back".to_owned()),
            ("/", format!("filter{filter}")),
            ("s", format!("sort{order}")),
            ("Space", "pause".to_owned()),
            ("?", "help".to_owned()),
            ("q", "quit".to_owned()),
        ];
        for (key, what) in keys {
            parts.push(Span::styled(format!(" {key} "), theme.head()));
            parts.push(Span::raw(what));
        }
    }
    Line::from(parts)
}
