//! Keys and the mouse, as what they ask for.

use ratatui::crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use ratatui::layout::Position;

use super::model::Over;

/// What a person asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Move the selection by rows.
    Step(isize),
    /// Move it by pages.
    Page(isize),
    First,
    Last,
    Open,
    Back,
    NextPane,
    Filter,
    Sort,
    Pause,
    /// Show or hide the list of regions.
    Regions,
    /// Forget minimum and maximum.
    Reset,
    Help,
    /// Add to the filter.
    Type(char),
    /// Take the last letter of the filter back.
    Erase,
    Click(Position),
    /// Move the selection of the list there by rows.
    Scroll(Position, isize),
    Redraw,
    Suspend,
    Quit,
}

/// All keys, for the help.
pub(crate) const KEYS: [(&str, &str); 17] = [
    ("Up, k / Down, j", "select the previous or next row"),
    ("PgUp / PgDn", "a page up or down"),
    ("Home, g / End, G", "the first or last row"),
    ("Enter, Right, l", "open: fields of a region or instance, chart of a field"),
    ("Esc, Left, h", "back; clear the filter"),
    ("Tab", "from the regions to their content, or back"),
    ("/", "filter by a part of the name; Esc clears it"),
    ("s", "another order of the rows"),
    ("Space, p", "pause, continue"),
    ("b", "hide or show the list of regions"),
    ("r", "forget minimum and maximum"),
    ("?, F1", "this help"),
    ("Ctrl-L", "draw the screen again"),
    ("Ctrl-Z", "suspend"),
    ("q, Ctrl-C", "quit"),
    ("click", "select a row; open the selected one"),
    ("wheel", "move through the list under the pointer"),
];

/// Rows that the wheel moves.
const WHEEL: isize = 3;

/// What `event` asks for, while `over` is on the screen.
pub(crate) fn action(event: &Event, over: Over) -> Option<Action> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => of_key(*key, over),
        Event::Mouse(mouse) => of_mouse(*mouse),
        _ => None,
    }
}

fn of_key(key: KeyEvent, over: Over) -> Option<Action> {
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return match key.code {
            KeyCode::Char('c') => Some(Action::Quit),
            KeyCode::Char('z') => Some(Action::Suspend),
            KeyCode::Char('l') => Some(Action::Redraw),
            _ => None,
        };
    }
    match (key.code, over) {
        (KeyCode::Char(letter), Over::Filter) => Some(Action::Type(letter)),
        (KeyCode::Backspace, Over::Filter) => Some(Action::Erase),
        (KeyCode::Char('q'), Over::Help) => Some(Action::Quit),
        (KeyCode::Up | KeyCode::Char('k'), Over::Help) => Some(Action::Step(-1)),
        (KeyCode::Down | KeyCode::Char('j'), Over::Help) => Some(Action::Step(1)),
        (_, Over::Help) => Some(Action::Help),
        (KeyCode::Char(letter), _) => of_letter(letter),
        (code, _) => of_named(code),
    }
}

fn of_letter(letter: char) -> Option<Action> {
    Some(match letter {
        'k' => Action::Step(-1),
        'j' => Action::Step(1),
        'g' => Action::First,
        'G' => Action::Last,
        'l' => Action::Open,
        'h' => Action::Back,
        '/' => Action::Filter,
        's' => Action::Sort,
        ' ' | 'p' => Action::Pause,
        'b' => Action::Regions,
        'r' => Action::Reset,
        '?' => Action::Help,
        'q' => Action::Quit,
        _ => return None,
    })
}

fn of_named(code: KeyCode) -> Option<Action> {
    Some(match code {
        KeyCode::Up => Action::Step(-1),
        KeyCode::Down => Action::Step(1),
        KeyCode::PageUp => Action::Page(-1),
        KeyCode::PageDown => Action::Page(1),
        KeyCode::Home => Action::First,
        KeyCode::End => Action::Last,
        KeyCode::Enter | KeyCode::Right => Action::Open,
        KeyCode::Esc | KeyCode::Left | KeyCode::Backspace => Action::Back,
        KeyCode::Tab | KeyCode::BackTab => Action::NextPane,
        KeyCode::F(1) => Action::Help,
        _ => return None,
    })
}

fn of_mouse(mouse: MouseEvent) -> Option<Action> {
    let position = Position::new(mouse.column, mouse.row);
    Some(match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => Action::Click(position),
        MouseEventKind::ScrollUp => Action::Scroll(position, -WHEEL),
        MouseEventKind::ScrollDown => Action::Scroll(position, WHEEL),
        _ => return None,
    })
}
