//! Rows of cells in aligned columns.

use unicode_width::UnicodeWidthStr;

/// Which end of a column its cells touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// The left one.
    Left,
    /// The right one, as for numbers.
    Right,
}

/// `rows` under `heads`, two spaces between columns, as wide as their widest cell on a terminal.
pub fn table<R: AsRef<[String]>>(heads: &[(&str, Align)], rows: &[R]) -> String {
    let mut widths: Vec<_> = heads.iter().map(|(head, _)| head.width()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row.as_ref()) {
            *width = (*width).max(cell.width());
        }
    }
    let mut text = String::new();
    let first: Vec<_> = heads.iter().map(|(head, _)| (*head).to_owned()).collect();
    for row in std::iter::once(&first[..]).chain(rows.iter().map(AsRef::as_ref)) {
        let start = text.len();
        for (index, cell) in row.iter().enumerate() {
            let gap = " ".repeat(widths[index] - cell.width());
            let between = if index == 0 { "" } else { "  " };
            text.push_str(between);
            match heads[index].1 {
                Align::Left => text.extend([cell, gap.as_str()]),
                Align::Right => text.extend([gap.as_str(), cell]),
            }
        }
        text.truncate(start + text[start..].trim_end().len());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Align, table};

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_and_lines_have_no_space_at_the_end() {
        let rows = [["a", "1", ""], ["\u{5c0f}\u{660e}", "200", "x"]];
        let rows = rows.map(|row| row.map(str::to_owned));
        let heads = [("NAME", Align::Left), ("N", Align::Right), ("", Align::Left)];
        assert_eq!(table(&heads, &rows), "NAME    N\na       1\n\u{5c0f}\u{660e}  200  x\n");
    }
}
