//! The figures as Markdown: a table for each kind of work, a column for each size.

use crate::figures::{Figure, Figures, OURS};
use crate::library::Work;
use crate::record::{SIZES, size_name};
use std::fmt::{self, Write};

/// All tables.
pub fn markdown(figures: &Figures) -> Result<String, fmt::Error> {
    let mut out = String::new();
    for work in Work::ALL {
        let sizes = figures.sizes(work);
        if sizes.is_empty() {
            continue;
        }
        writeln!(out, "## {}\n", work.title())?;
        writeln!(out, "Nanoseconds: median (p99), times the floor, times mapcast.\n")?;
        table(&mut out, figures, work, &sizes, |figure, size| cell(figures, work, size, figure))?;
        if work == Work::Contended {
            writeln!(
                out,
                "Nanoseconds: mean of a call; fresh records per second; published meanwhile.\n"
            )?;
            table(&mut out, figures, work, &sizes, |figure, _| rates(figure))?;
        }
    }
    for line in remarks(figures) {
        writeln!(out, "- {line}")?;
    }
    Ok(out)
}

fn table(
    out: &mut String,
    figures: &Figures,
    work: Work,
    sizes: &[usize],
    cell: impl Fn(&Figure, usize) -> String,
) -> fmt::Result {
    let heads: Vec<String> = sizes.iter().map(|size| size_name(*size)).collect();
    writeln!(out, "| | {} |\n|---|{}", heads.join(" | "), "--:|".repeat(sizes.len()))?;
    for name in names(figures, work, sizes) {
        let cells: Vec<String> = sizes
            .iter()
            .map(|&size| match figures.get(work, size, name) {
                Some(figure) => cell(&figure, size),
                None => String::new(),
            })
            .collect();
        writeln!(out, "| {name} | {} |", cells.join(" | "))?;
    }
    writeln!(out)
}

/// Who is in any row of `work`, each once.
fn names(figures: &Figures, work: Work, sizes: &[usize]) -> Vec<&'static str> {
    let mut names = Vec::new();
    for figure in sizes.iter().flat_map(|size| figures.row(work, *size)) {
        if !names.contains(&figure.contender) {
            names.push(figure.contender);
        }
    }
    names
}

fn cell(figures: &Figures, work: Work, size: usize, figure: &Figure) -> String {
    let Figure { samples, median, p99, .. } = *figure;
    if samples == 0 {
        return "failed".into();
    }
    let times = |of: f64| format!("{:.2}", median / of);
    // Beside a floor that moves a few bytes, whatever the record, a large record says nothing.
    let floor = figures.floor(work, size).filter(|_| work.floor_moves_all() || size == SIZES[0]);
    let floor = floor.map_or("-".into(), times);
    let ours = figures.get(work, size, OURS).map_or("-".into(), |ours| times(ours.median));
    format!("{} ({}), {floor}, {ours}", nanos(median), nanos(p99))
}

fn rates(figure: &Figure) -> String {
    match (figure.fresh, figure.published) {
        (Some(fresh), Some(published)) => {
            format!("{}; {}; {}", nanos(figure.mean), rate(fresh), rate(published))
        }
        _ => String::new(),
    }
}

fn rate(per_second: f64) -> String {
    match per_second {
        1e6.. => format!("{:.1} M", per_second / 1e6),
        1e3.. => format!("{:.1} k", per_second / 1e3),
        _ => format!("{per_second:.0}"),
    }
}

/// Failures and torn reads.
fn remarks(figures: &Figures) -> Vec<String> {
    let mut lines = Vec::new();
    for work in Work::ALL {
        for size in figures.sizes(work) {
            for figure in figures.row(work, size) {
                let (name, size) = (figure.contender, size_name(size));
                if let Some(failure) = &figure.failure {
                    lines.push(format!("{name}, {work} {size}: failed at least once: {failure}"));
                }
                if figure.torn > 0 {
                    lines.push(format!("{name}, {work} {size}: {} torn reads", figure.torn));
                }
            }
        }
    }
    lines
}

/// Three digits are as many as a shared machine repeats.
pub(crate) fn nanos(value: f64) -> String {
    let decimals = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    let digits = format!("{value:.decimals$}");
    let (whole, rest) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut out = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::side::Report;

    #[test]
    fn a_table_has_a_line_for_each_contender_and_a_cell_for_each_size() {
        let mut figures = Figures::default();
        let report = |value| Ok(Report { samples: vec![value], ..Report::default() });
        figures.add("memcpy", Work::Latest, 28, report(2.0));
        figures.add("mapcast", Work::Latest, 28, report(3.0));
        figures.add("mapcast", Work::Latest, 4096, report(1234.5));
        let text = markdown(&figures).unwrap();
        assert!(text.contains("| | 28 B | 4 KiB |\n|---|--:|--:|\n"), "{text}");
        assert!(text.contains("| memcpy | 2.00 (2.00), 1.00, 0.67 |  |"), "{text}");
        assert!(
            text.contains("| mapcast | 3.00 (3.00), 1.50, 1.00 | 1,234 (1,234), -, 1.00 |"),
            "{text}"
        );
    }

    #[test]
    fn nanoseconds_have_three_digits_or_separators() {
        assert_eq!([1.234, 12.34, 123.4].map(nanos), ["1.23", "12.3", "123"]);
        assert_eq!([12_345.6, 1_234_567.0].map(nanos), ["12,346", "1,234,567"]);
    }
}
