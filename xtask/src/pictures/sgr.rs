//! The screen of a terminal with its colours, out of the escape sequences that tmux captures it with.

/// How a cell looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Style {
    /// One of 16 colours; `None` is the terminal's own.
    pub(super) fg: Option<u8>,
    pub(super) bg: Option<u8>,
    pub(super) bold: bool,
    pub(super) reversed: bool,
}

/// A line of the screen.
pub(super) type Line = Vec<(char, Style)>;

/// The lines of what `tmux capture-pane -e` has printed.
pub(super) fn screen(captured: &str) -> Vec<Line> {
    let mut style = Style::default();
    captured.lines().map(|line| cells(line, &mut style)).collect()
}

fn cells(line: &str, style: &mut Style) -> Line {
    let mut cells = Line::new();
    let mut rest = line.chars();
    while let Some(found) = rest.next() {
        if found != '\u{1b}' {
            cells.push((found, *style));
            continue;
        }
        // "[" parameters "m"; of any other sequence tmux captures none.
        let sequence: String =
            rest.by_ref().take_while(|letter| !letter.is_ascii_alphabetic()).collect();
        apply(sequence.trim_start_matches('['), style);
    }
    cells
}

fn apply(parameters: &str, style: &mut Style) {
    let mut codes = parameters.split([';', ':']).map(|code| code.parse::<u8>().unwrap_or(0));
    while let Some(code) = codes.next() {
        match code {
            0 => *style = Style::default(),
            1 => style.bold = true,
            7 => style.reversed = true,
            22 => style.bold = false,
            27 => style.reversed = false,
            30..=37 => style.fg = Some(code - 30),
            90..=97 => style.fg = Some(code - 90 + 8),
            40..=47 => style.bg = Some(code - 40),
            100..=107 => style.bg = Some(code - 100 + 8),
            38 => style.fg = indexed(&mut codes),
            48 => style.bg = indexed(&mut codes),
            39 => style.fg = None,
            49 => style.bg = None,
            _ => {}
        }
    }
}

/// The colour behind `38;5;`, if it is one of the 16.
fn indexed(codes: &mut impl Iterator<Item = u8>) -> Option<u8> {
    let is_indexed = codes.next() == Some(5);
    codes.next().filter(|colour| is_indexed && *colour < 16)
}

#[cfg(test)]
mod tests {
    use super::{Style, screen};

    #[test]
    fn colours_and_modes_last_until_they_are_ended_also_across_lines() {
        let lines = screen("a\u{1b}[1m\u{1b}[32mb\nc\u{1b}[0md\u{1b}[7;38;5;14me");
        let green = Style { fg: Some(2), bold: true, ..Style::default() };
        let reversed = Style { fg: Some(14), reversed: true, ..Style::default() };
        assert_eq!(lines[0], [('a', Style::default()), ('b', green)]);
        assert_eq!(lines[1], [('c', green), ('d', Style::default()), ('e', reversed)]);
    }
}
