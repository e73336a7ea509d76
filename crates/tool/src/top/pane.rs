//! A list on the screen: its filter, its order, and the row that is selected.
//!
//! Invariant: the selection is a name, so it stays on its row whatever the order and the filter do; when
//! that row is gone, it is on the one that took its place.

use ratatui::layout::{Position, Rect};

/// Rows that fit before it was drawn.
const BEFORE: usize = 50;

/// A list of rows with names.
#[derive(Debug, Default)]
pub(crate) struct Pane {
    /// Only names that contain this are shown.
    pub(crate) filter: String,
    /// Which of its orders it has.
    pub(crate) order: usize,
    /// Where it was drawn, with its border and heads.
    area: Rect,
    /// Where its rows were drawn.
    place: Rect,
    selected: Option<usize>,
    /// The first row on the screen.
    first: usize,
    /// The indices of the rows that are shown.
    pub(crate) rows: Vec<usize>,
    names: Vec<String>,
    chosen: Option<String>,
}

impl Pane {
    /// Shows the rows with these indices and names, in this order, as far as the filter lets them.
    pub(crate) fn arrange<'n>(&mut self, sorted: impl Iterator<Item = (usize, &'n str)>) {
        let wanted = self.filter.to_lowercase();
        let shown = sorted.filter(|(_, name)| name.to_lowercase().contains(&wanted));
        (self.rows, self.names) = shown.map(|(index, name)| (index, name.to_owned())).unzip();
        let chosen = self.chosen.as_ref();
        let at = chosen.and_then(|chosen| self.names.iter().position(|name| name == chosen));
        self.select(at.or(self.selected).unwrap_or(0));
    }

    /// The name of the selected row.
    pub(crate) fn chosen(&self) -> Option<&str> {
        self.chosen.as_deref().filter(|_| !self.names.is_empty())
    }

    /// Selects a row, or the last one.
    pub(crate) fn select(&mut self, row: usize) {
        let row = row.min(self.names.len().saturating_sub(1));
        self.selected = (!self.names.is_empty()).then_some(row);
        if let Some(name) = self.names.get(row) {
            self.chosen = Some(name.clone());
        }
        self.keep_in_view();
    }

    /// Is drawn in `area` from now on, its rows at `place`.
    pub(crate) fn put(&mut self, area: Rect, place: Rect) {
        (self.area, self.place) = (area, place);
        self.keep_in_view();
    }

    /// Is not drawn from now on.
    pub(crate) fn hide(&mut self) {
        self.put(Rect::default(), Rect::default());
    }

    /// Whether it is not on the screen.
    pub(crate) fn is_hidden(&self) -> bool {
        self.area.is_empty()
    }

    /// Whether it was drawn at `position`.
    pub(crate) fn is_at(&self, position: Position) -> bool {
        self.area.contains(position)
    }

    /// Scrolls to the selected row.
    fn keep_in_view(&mut self) {
        let selected = self.selected.unwrap_or(0);
        let page = self.page();
        self.first = self.first.clamp((selected + 1).saturating_sub(page), selected);
        // No empty lines below the last row while there are rows above the first one.
        self.first = self.first.min(self.names.len().saturating_sub(page));
    }

    /// Moves the selection by so many rows.
    pub(crate) fn step(&mut self, rows: isize) {
        let at = self.selected.unwrap_or(0);
        self.select(at.saturating_add_signed(rows));
    }

    /// The selected row's index.
    pub(crate) fn index(&self) -> Option<usize> {
        self.rows.get(self.selected?).copied()
    }

    /// Whether this row is selected.
    pub(crate) fn is_selected(&self, row: usize) -> bool {
        self.selected == Some(row)
    }

    /// The indices of the rows on the screen.
    pub(crate) fn on_screen(&self) -> impl Iterator<Item = usize> {
        self.rows.iter().copied().skip(self.first).take(self.page())
    }

    /// Rows that fit.
    pub(crate) fn page(&self) -> usize {
        match self.place.height {
            0 => BEFORE,
            height => height.into(),
        }
    }

    /// The row at a position of the screen.
    pub(crate) fn row_at(&self, position: Position) -> Option<usize> {
        let below = position.y.checked_sub(self.place.y)?;
        let row = self.first + usize::from(below);
        (usize::from(below) < self.page() && row < self.names.len()).then_some(row)
    }
}

#[cfg(test)]
mod tests {
    use super::Pane;

    fn arrange(pane: &mut Pane, names: &[&str]) -> Vec<usize> {
        pane.arrange(names.iter().copied().enumerate());
        pane.rows.clone()
    }

    #[test]
    fn the_selection_stays_on_its_name_when_the_order_changes() {
        let mut pane = Pane::default();
        arrange(&mut pane, &["a", "b", "c"]);
        pane.step(1);
        arrange(&mut pane, &["c", "x", "a", "b"]);
        assert_eq!((pane.chosen(), pane.selected), (Some("b"), Some(3)));
    }

    #[test]
    fn when_the_selected_row_is_gone_the_one_in_its_place_is_selected() {
        let mut pane = Pane::default();
        arrange(&mut pane, &["a", "b", "c"]);
        pane.step(1);
        arrange(&mut pane, &["a", "c"]);
        assert_eq!(pane.chosen(), Some("c"));
        arrange(&mut pane, &[]);
        assert_eq!((pane.chosen(), pane.selected), (None, None));
    }

    #[test]
    fn a_filter_ignores_case_and_steps_end_at_the_ends() {
        let mut pane = Pane { filter: "TeMp".into(), ..Pane::default() };
        assert_eq!(arrange(&mut pane, &["temp_in", "load", "cpu_temp"]), [0, 2]);
        pane.step(-5);
        assert_eq!(pane.chosen(), Some("temp_in"));
        pane.step(isize::MAX);
        assert_eq!(pane.chosen(), Some("cpu_temp"));
    }
}
