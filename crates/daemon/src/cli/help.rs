//! The text behind the options of `--help`, in the columns of a window.
//!
//! Invariant: a line with a description in a second column keeps that column; where too little room
//! is left beside it, the description begins below. A line without one, such as a command to be
//! typed in, is not broken.

use std::fmt::Write as _;

/// A description has at least so many columns, or a line of its own.
const LEAST: usize = 30;
/// Where a description on a line of its own begins.
const BELOW: usize = 6;

/// `text` with lines of at most `columns`, where that is possible.
pub(super) fn fit(text: &str, columns: usize) -> String {
    let mut fitted = String::with_capacity(text.len());
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        match line[indent..].find("  ") {
            Some(gap) => {
                let (term, rest) = line.split_at(indent + gap);
                let column = line.len() - rest.trim_start().len();
                describe(&mut fitted, term, column, rest.trim_start(), columns);
            }
            None if indent > 0 => fitted.push_str(line),
            None => wrap(&mut fitted, line, 0, columns),
        }
        fitted.push('\n');
    }
    fitted.truncate(fitted.trim_end().len());
    fitted
}

fn describe(out: &mut String, term: &str, column: usize, text: &str, columns: usize) {
    let is_beside = columns >= column + LEAST || column + text.len() <= columns;
    if is_beside {
        let _ = write!(out, "{term:column$}");
        wrap(out, text, column, columns);
    } else {
        let _ = write!(out, "{term}\n{:BELOW$}", "");
        wrap(out, text, BELOW, columns);
    }
}

/// Writes the words of `text`, beginning in `column`, where each further line begins, too.
fn wrap(out: &mut String, text: &str, column: usize, columns: usize) {
    let mut at = column;
    for word in text.split(' ') {
        let is_first = at == column;
        if !is_first && at + 1 + word.len() > columns {
            let _ = write!(out, "\n{:column$}", "");
            at = column;
        } else if !is_first {
            out.push(' ');
            at += 1;
        }
        out.push_str(word);
        at += word.len();
    }
}

#[cfg(test)]
mod tests {
    use super::fit;

    const TEXT: &str = "Keys:\n  LONG_KEY  what this key is for, in some words more\n  x    one\n\n\
                        A note that is longer than the window.\n  a command that is typed in as it is";

    #[test]
    fn what_fits_stays_as_it_is() {
        assert_eq!(fit(TEXT, 80), TEXT);
    }

    #[test]
    fn a_description_keeps_its_column() {
        let keys =
            "Keys:\n  LONG_KEY  what this key is for, in some\n            words more\n  x    one";
        assert!(fit(TEXT, 42).starts_with(keys), "{}", fit(TEXT, 42));
    }

    #[test]
    fn in_a_narrow_window_a_description_begins_below_and_a_command_stays_whole() {
        let fitted = fit(TEXT, 30);
        assert!(
            fitted.contains("  LONG_KEY\n      what this key is for, in\n      some words more\n")
        );
        assert!(fitted.contains("A note that is longer than the\nwindow.\n"), "{fitted}");
        assert!(fitted.ends_with("\n  a command that is typed in as it is"), "{fitted}");
    }
}
