//! A screen as SVG. Bars and curves are drawn as shapes: fonts differ in what they make of them.

use std::fmt::Write as _;

use super::sgr::{Line, Style};

/// The size of a cell and of the letters, in pixels.
const CELL: (f32, f32) = (8.4, 18.0);
const LETTERS: f32 = 14.0;
/// From the top of a cell to the line that letters stand on.
const BASELINE: f32 = 13.5;
/// Around the screen.
const MARGIN: f32 = 12.0;

const GROUND: &str = "#16181d";
const INK: &str = "#d6d9e0";
/// The terminal's sixteen colours.
const PALETTE: [&str; 16] = [
    "#3b3f48", "#e06c75", "#8fc379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d6d9e0",
    "#7f8693", "#ff7b86", "#a9dc8f", "#f2d08a", "#7fc1ff", "#d99bee", "#7fd3de", "#ffffff",
];

/// `lines` on a terminal of so many columns and rows.
pub(super) fn picture(lines: &[Line], (columns, rows): (u16, u16)) -> String {
    let width = f32::from(columns) * CELL.0 + 2.0 * MARGIN;
    let height = f32::from(rows) * CELL.1 + 2.0 * MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         font-family=\"ui-monospace, DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"{LETTERS}\">\n\
         <rect width=\"{width:.0}\" height=\"{height:.0}\" rx=\"6\" fill=\"{GROUND}\"/>\n"
    );
    for (row, line) in (0_u16..).zip(lines) {
        draw_line(&mut svg, line, f32::from(row) * CELL.1 + MARGIN);
    }
    svg + "</svg>\n"
}

fn draw_line(svg: &mut String, line: &Line, top: f32) {
    let mut left = MARGIN;
    for run in line.chunk_by(|one, other| one.1 == other.1 && is_shape(one.0) == is_shape(other.0))
    {
        let style = run[0].1;
        let (ink, ground) = colours(style);
        #[allow(clippy::cast_precision_loss)] // a screen has hundreds of columns
        let width = run.len() as f32 * CELL.0;
        if ground != GROUND {
            let _ = writeln!(
                svg,
                "<rect x=\"{left:.1}\" y=\"{top}\" width=\"{width:.1}\" height=\"{}\" fill=\"{ground}\"/>",
                CELL.1
            );
        }
        if is_shape(run[0].0) {
            draw_shapes(svg, run, (left, top), ink);
        } else {
            draw_text(svg, run, (left, top), ink);
        }
        left += width;
    }
}

/// The colours of letters and of what is behind them.
fn colours(style: Style) -> (&'static str, &'static str) {
    let colour =
        |index: Option<u8>, own| index.map_or(own, |index| PALETTE[usize::from(index) % 16]);
    let (ink, ground) = (colour(style.fg, INK), colour(style.bg, GROUND));
    if style.reversed { (ground, ink) } else { (ink, ground) }
}

fn draw_text(svg: &mut String, run: &[(char, Style)], (left, top): (f32, f32), ink: &str) {
    let text: String = run.iter().map(|(found, _)| *found).collect();
    let text = text.trim_end();
    if text.trim_start().is_empty() {
        return;
    }
    #[allow(clippy::cast_precision_loss)] // a screen has hundreds of columns
    let width = text.chars().count() as f32 * CELL.0;
    let weight = if run[0].1.bold { " font-weight=\"bold\"" } else { "" };
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(
        svg,
        "<text x=\"{left:.1}\" y=\"{:.1}\" textLength=\"{width:.1}\" xml:space=\"preserve\"{weight} fill=\"{ink}\">{text}</text>",
        top + BASELINE
    );
}

/// Bars of a sparkline and dots of a curve.
fn is_shape(found: char) -> bool {
    matches!(found, '\u{2581}'..='\u{2588}' | '\u{2800}'..='\u{28ff}')
}

fn draw_shapes(svg: &mut String, run: &[(char, Style)], (left, top): (f32, f32), ink: &str) {
    let _ = write!(svg, "<path fill=\"{ink}\" d=\"");
    for (column, (found, _)) in (0_u16..).zip(run) {
        let left = left + f32::from(column) * CELL.0;
        match u32::from(*found) {
            bar @ 0x2581..=0x2588 => draw_bar(svg, bar - 0x2580, (left, top)),
            dots => draw_dots(svg, dots & 0xff, (left, top)),
        }
    }
    svg.push_str("\"/>\n");
}

/// A bar of so many eighths.
#[allow(clippy::cast_precision_loss)] // at most 8
fn draw_bar(svg: &mut String, eighths: u32, (left, top): (f32, f32)) {
    let height = CELL.1 * eighths as f32 / 8.0;
    let (right, bottom) = (left + CELL.0, top + CELL.1);
    let _ = write!(svg, "M{left:.1} {bottom:.1}v-{height:.1}H{right:.1}V{bottom:.1}z");
}

/// The dots of a Braille character: two columns of four.
fn draw_dots(svg: &mut String, dots: u32, (left, top): (f32, f32)) {
    // Bits in the order of Unicode: the lowest row came later.
    const PLACES: [(u16, u16); 8] =
        [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)];
    for (_, (column, row)) in PLACES.iter().enumerate().filter(|(bit, _)| dots >> bit & 1 == 1) {
        let x = left + CELL.0 * (f32::from(*column) + 0.5) / 2.0 - 1.0;
        let y = top + CELL.1 * (f32::from(*row) + 0.5) / 4.0 - 1.0;
        let _ = write!(svg, "M{x:.1} {y:.1}h2v2h-2z");
    }
}

#[cfg(test)]
mod tests {
    use super::super::sgr::screen;
    use super::picture;

    #[test]
    fn text_is_escaped_and_bars_and_dots_are_shapes() {
        let svg = picture(&screen("a<b \u{2588}\u{2801} \u{1b}[7mr"), (10, 1));
        assert!(svg.contains(">a&lt;b</text>"), "{svg}");
        assert_eq!(svg.matches("<path").count(), 1, "{svg}");
        assert_eq!(svg.matches('z').count(), 2 + 1, "a bar, a dot, and font-size: {svg}");
        assert!(svg.contains(&format!("fill=\"{}\">r<", super::GROUND)), "{svg}");
        assert!(svg.ends_with("</svg>\n"));
    }
}
