//! What is shown, and what a key or the mouse changes in it. No file, terminal or clock is used here.
//!
//! ```text
//!   regions | instances of the selected region --open--> fields of one --open--> chart of one
//!           | or its fields ----------------------------------------------open--> chart of one
//! ```

use std::cmp::Ordering;

use ratatui::layout::Position;

use super::action::Action;
use super::pane::Pane;
use super::regions::RegionLine;
use super::shown::Shown;
use super::track::Track;

/// The list that keys apply to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Focus {
    /// The regions.
    #[default]
    Regions,
    /// What is in the selected one.
    Content,
}

/// What the content is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// The instances of a region.
    Instances,
    /// The fields of a record.
    Fields,
    /// One field over time.
    Chart,
}

/// What lies over the lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Over {
    /// Nothing.
    #[default]
    Nothing,
    /// The keys, and what they do.
    Help,
    /// A filter is typed in.
    Filter,
}

/// What the program has to do after an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Draw.
    None,
    /// Clear the screen and draw all of it.
    Redraw,
    /// Stop until the shell continues it.
    Suspend,
    /// End.
    Quit,
}

/// The state of the view.
#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) lines: Vec<RegionLine>,
    pub(crate) shown: Shown,
    pub(crate) regions: Pane,
    pub(crate) fields: Pane,
    pub(crate) instances: Pane,
    pub(crate) focus: Focus,
    pub(crate) over: Over,
    pub(crate) is_paused: bool,
    pub(crate) hides_regions: bool,
    /// The instance whose fields are shown.
    pub(crate) instance: Option<String>,
    /// Whether the selected field is shown as a chart.
    has_chart: bool,
    /// The first row of the help that is shown.
    pub(crate) help: usize,
    /// Something that has happened, until the next key.
    pub(crate) notice: Option<String>,
}

/// The orders of the regions.
pub(crate) const REGION_ORDERS: [&str; 3] = ["name", "rate", "state"];
/// The orders of fields.
pub(crate) const FIELD_ORDERS: [&str; 3] = ["record", "name", "change"];

/// `rows` with their indices, in an order; equal ones stay as they are.
fn sorted<T>(rows: &[T], order: impl Fn(&T, &T) -> Ordering) -> Vec<(usize, &T)> {
    let mut rows: Vec<_> = rows.iter().enumerate().collect();
    rows.sort_by(|(_, one), (_, other)| order(one, other));
    rows
}

impl Model {
    /// What the content is now.
    pub(crate) fn level(&self) -> Level {
        if self.shown.instances.is_some() && self.instance.is_none() {
            Level::Instances
        } else if self.has_chart {
            Level::Chart
        } else {
            Level::Fields
        }
    }

    /// The list that keys apply to.
    pub(crate) fn pane(&mut self) -> &mut Pane {
        match (self.focus, self.level()) {
            (Focus::Regions, _) => &mut self.regions,
            (Focus::Content, Level::Instances) => &mut self.instances,
            (Focus::Content, _) => &mut self.fields,
        }
    }

    /// The name of the order of that list.
    pub(crate) fn order(&self) -> Option<&'static str> {
        match (self.focus, self.level()) {
            (Focus::Regions, _) => REGION_ORDERS.get(self.regions.order).copied(),
            (Focus::Content, Level::Instances) => None,
            (Focus::Content, _) => FIELD_ORDERS.get(self.fields.order).copied(),
        }
    }

    /// Puts all lists in order.
    pub(crate) fn arrange(&mut self) {
        let lines = sorted(&self.lines, |one, other| match self.regions.order {
            0 => Ordering::Equal,
            1 => other.rate.unwrap_or(0.0).total_cmp(&one.rate.unwrap_or(0.0)),
            _ => one.status.word().cmp(other.status.word()),
        });
        self.regions.arrange(lines.into_iter().map(|(index, line)| (index, line.name.as_str())));
        let change = |track: &Track| track.rate().unwrap_or(0.0).abs();
        let tracks = sorted(&self.shown.tracks, |one, other| match self.fields.order {
            0 => Ordering::Equal,
            1 => one.name.cmp(&other.name),
            _ => change(other).total_cmp(&change(one)),
        });
        self.fields.arrange(tracks.into_iter().map(|(index, track)| (index, track.name.as_str())));
        let instances = self.shown.instances.as_deref().unwrap_or_default();
        let instances = sorted(instances, |one, other| one.name.cmp(&other.name));
        self.instances
            .arrange(instances.into_iter().map(|(index, line)| (index, line.name.as_str())));
    }

    /// The region was replaced by one of another record, or another region is shown.
    pub(crate) fn start_over(&mut self) {
        (self.instance, self.has_chart) = (None, false);
        for pane in [&mut self.fields, &mut self.instances] {
            pane.filter.clear();
        }
    }

    /// Does what `action` asks for. The lists are in order before the next one, which can come before they are drawn.
    pub(crate) fn update(&mut self, action: Action) -> Effect {
        self.notice = None;
        match (self.over, action) {
            (_, Action::Quit) => return Effect::Quit,
            (_, Action::Suspend) => return Effect::Suspend,
            (_, Action::Redraw) => return Effect::Redraw,
            (Over::Filter, _) => self.edit_filter(action),
            (Over::Help, Action::Step(rows) | Action::Scroll(_, rows)) => {
                self.help = self.help.saturating_add_signed(rows);
            }
            (Over::Help, _) => (self.over, self.help) = (Over::Nothing, 0),
            (Over::Nothing, _) => self.act(action),
        }
        self.arrange();
        Effect::None
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Step(rows) => self.pane().step(rows),
            Action::Page(pages) => {
                let rows = self.pane().page().cast_signed() * pages;
                self.pane().step(rows);
            }
            Action::First => self.pane().step(isize::MIN),
            Action::Last => self.pane().step(isize::MAX),
            Action::Open => self.open(),
            Action::Back => self.back(),
            Action::NextPane => self.next_pane(),
            Action::Sort => {
                let pane = self.pane();
                pane.order = (pane.order + 1) % REGION_ORDERS.len();
            }
            Action::Filter => self.over = Over::Filter,
            Action::Help => self.over = Over::Help,
            Action::Pause => self.is_paused = !self.is_paused,
            Action::Regions => self.toggle_regions(),
            Action::Reset => self.shown.reset_ranges(),
            Action::Click(position) => self.click(position),
            Action::Scroll(position, rows) => self.scroll(position, rows),
            Action::Type(_) | Action::Erase | Action::Quit | Action::Suspend | Action::Redraw => {}
        }
    }

    fn edit_filter(&mut self, action: Action) {
        let filter = &mut self.pane().filter;
        match action {
            Action::Type(letter) => filter.push(letter),
            Action::Erase => drop(filter.pop()),
            Action::Back => {
                filter.clear();
                self.over = Over::Nothing;
            }
            Action::Open => self.over = Over::Nothing,
            _ => {}
        }
    }

    fn open(&mut self) {
        match (self.focus, self.level()) {
            (Focus::Regions, _) => self.focus = Focus::Content,
            (Focus::Content, Level::Instances) => {
                self.instance = self.instances.chosen().map(str::to_owned);
            }
            (Focus::Content, Level::Fields) => self.has_chart = self.fields.chosen().is_some(),
            (Focus::Content, Level::Chart) => {}
        }
    }

    fn back(&mut self) {
        let pane = self.pane();
        if !pane.filter.is_empty() && self.level() != Level::Chart {
            self.pane().filter.clear();
        } else if self.level() == Level::Chart {
            self.has_chart = false;
        } else if self.focus == Focus::Content && self.instance.take().is_none() {
            (self.focus, self.hides_regions) = (Focus::Regions, false);
        }
    }

    fn next_pane(&mut self) {
        self.focus = match self.focus {
            Focus::Regions => Focus::Content,
            Focus::Content => Focus::Regions,
        };
        self.hides_regions &= self.focus == Focus::Content;
    }

    fn toggle_regions(&mut self) {
        self.hides_regions = !self.hides_regions;
        if self.hides_regions {
            self.focus = Focus::Content;
        }
    }

    /// Gives the focus to the list at `position`.
    fn focus_at(&mut self, position: Position) {
        let is_region = self.regions.is_at(position);
        self.focus = if is_region { Focus::Regions } else { Focus::Content };
    }

    /// Selects a row; opens it if it is selected already.
    fn click(&mut self, position: Position) {
        let before = self.focus;
        self.focus_at(position);
        if self.level() == Level::Chart && self.focus == Focus::Content {
            return;
        }
        let pane = self.pane();
        let Some(row) = pane.row_at(position) else { return };
        let is_selected = pane.is_selected(row);
        pane.select(row);
        if is_selected && self.focus == before {
            self.open();
        }
    }

    fn scroll(&mut self, position: Position, rows: isize) {
        self.focus_at(position);
        self.pane().step(rows);
    }
}
