//! The model, drawn. In a wide window the regions are beside their content, in a narrow one only the
//! list that has the focus is shown.
//!
//! Invariant: in a window of any size each word is whole, or cut and marked with `~`: see room.rs.

mod chart;
mod fields;
mod foot;
mod help;
mod instances;
mod list;
mod regions;
mod room;
mod theme;

use ratatui::Frame;
use ratatui::layout::Rect;

use super::model::{Focus, Level, Model, Over};
use crate::age::age_text;

pub(crate) use room::columns;
pub(crate) use theme::Theme;

/// Narrower windows show one list.
const WIDE: u16 = 60;
/// The width of the list of regions.
const REGIONS: (u16, u16) = (28, 44);

/// Draws `model` on all of the screen.
pub(crate) fn draw(frame: &mut Frame<'_>, model: &mut Model, theme: Theme) {
    let (body, foot) = without_foot(frame.area());
    let (list, content) = split(body, model);
    model.regions.hide();
    if let Some(area) = list {
        regions::draw(frame, area, model, theme);
    }
    if let Some(area) = content {
        draw_content(frame, area, model, theme);
    }
    frame.render_widget(foot::line(model, theme, foot.width), foot);
    if model.over == Over::Help {
        help::draw(frame, body, model, theme);
    }
}

/// All but the last line, and the last line.
fn without_foot(all: Rect) -> (Rect, Rect) {
    let height = all.height.saturating_sub(1);
    let foot = Rect { y: all.y + height, height: all.height - height, ..all };
    (Rect { height, ..all }, foot)
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
    let begin = width + room::gap(body);
    let content = Rect { x: body.x + begin, width: body.width - begin, ..body };
    (Some(Rect { width, ..body }), Some(content))
}

fn draw_content(frame: &mut Frame<'_>, area: Rect, model: &mut Model, theme: Theme) {
    if let Some(problem) = model.shown.problem.clone() {
        let title = content_title(model, area);
        let inside = border(frame, area, model, theme, Focus::Content, (&title, ""));
        return room::draw_text(frame, inside, &problem);
    }
    match model.level() {
        Level::Instances => instances::draw(frame, area, model, theme),
        Level::Fields => fields::draw(frame, area, model, theme),
        Level::Chart => chart::draw(frame, area, model, theme),
    }
}

/// Draws the border of a list, brighter if it has the focus; returns what is inside.
fn border(
    frame: &mut Frame<'_>,
    area: Rect,
    model: &Model,
    theme: Theme,
    own: Focus,
    titles: (&str, &str),
) -> Rect {
    let style = if model.focus == own { theme.head() } else { theme.dim() };
    room::enclose(frame, area, style, titles)
}

/// `host / eth0: Net, sequence 12, 3.1 ms ago, writer 831`, as far as there is room.
fn content_title(model: &Model, area: Rect) -> String {
    let (shown, room) = (&model.shown, room::title_room(area));
    let mut parts = names(model, room);
    if shown.problem.is_some() {
        // What was read before would look like what is there now.
        return room::whole_parts(&parts, room);
    }
    if !shown.record.is_empty() {
        parts.push(format!(": {}", shown.record));
    }
    if shown.sequence > 0 {
        parts.push(format!(", sequence {}", shown.sequence));
        parts.extend(shown.age.map(|age| format!(", {} ago", age_text(age))));
    }
    parts.extend(shown.writer.as_ref().map(|by| format!(", writer {by}")));
    room::whole_parts(&parts, room)
}

/// The names of the region and the instance, then the state if the list, which has it too, is hidden: rather the
/// names are cut.
fn names(model: &Model, room: u16) -> Vec<String> {
    let region = model.regions.chosen().unwrap_or("no regions").to_owned();
    let instance = model.instance.as_ref().map(|instance| format!(" / {instance}"));
    let line = model.regions.index().and_then(|index| model.lines.get(index));
    let Some(line) = line.filter(|_| model.regions.is_hidden()) else {
        return [region].into_iter().chain(instance).collect();
    };
    let state = format!(", {}", line.status.word());
    let names = region + instance.as_deref().unwrap_or_default();
    let names = room::begin(&names, room.saturating_sub(columns(&state)));
    vec![format!("{names}{state}")]
}
