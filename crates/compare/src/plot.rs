//! The figures as bars, an SVG for each kind of work.
//!
//! Written by hand: bars and text are all that is needed, and a library for plots brings fonts and
//! rasters with it. The scale is logarithmic, for a record of 1 MiB takes 100,000 times as long as
//! one of 28 bytes.

use crate::contenders;
use crate::figures::{Figure, Figures, OURS};
use crate::library::Work;
use crate::record::size_name;
use crate::table::nanos;
use std::fmt::{self, Write};

const WIDTH: f64 = 760.0;
const LEFT: f64 = 170.0;
const RIGHT: f64 = 90.0;
const BAR: f64 = 16.0;
const HEAD: f64 = 28.0;

/// The plot of `work`.
pub fn svg(figures: &Figures, work: Work) -> Result<String, fmt::Error> {
    let groups: Vec<(usize, Vec<Figure>)> =
        figures.sizes(work).into_iter().map(|size| (size, measured(figures, work, size))).collect();
    let bars = groups.iter().flat_map(|(_, row)| row);
    let (least, most) = bars.fold((f64::MAX, f64::MIN), |(least, most), figure| {
        (least.min(figure.median), most.max(figure.median))
    });
    let scale = Scale { least: least / 2.0, most };
    let mut body = String::new();
    let mut y = HEAD + 8.0;
    for (size, row) in &groups {
        writeln!(
            body,
            r#"<text x="8" y="{}" font-weight="bold">{}</text>"#,
            y + 12.0,
            size_name(*size)
        )?;
        y += BAR + 4.0;
        for figure in row {
            bar(&mut body, figure, y, scale)?;
            y += BAR + 2.0;
        }
        y += 8.0;
    }
    Ok(format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" font-family="sans-serif" font-size="12">
<rect width="{WIDTH}" height="{y}" fill="#ffffff"/>
<text x="8" y="20" font-size="14" font-weight="bold">{}: ns, median, logarithmic</text>
{body}</svg>
"##,
        work.title()
    ))
}

fn measured(figures: &Figures, work: Work, size: usize) -> Vec<Figure> {
    figures.row(work, size).into_iter().filter(|figure| figure.samples > 0).collect()
}

#[derive(Clone, Copy)]
struct Scale {
    least: f64,
    most: f64,
}

impl Scale {
    fn width(self, value: f64) -> f64 {
        (WIDTH - LEFT - RIGHT) * (value / self.least).ln() / (self.most / self.least).ln()
    }
}

fn bar(out: &mut String, figure: &Figure, y: f64, scale: Scale) -> fmt::Result {
    let (width, name) = (scale.width(figure.median), figure.contender);
    let text = y + BAR - 4.0;
    writeln!(
        out,
        r#"<text x="{}" y="{text}" text-anchor="end">{name}</text><rect x="{LEFT}" y="{y}" width="{width:.1}" height="{BAR}" fill="{}"/><text x="{:.1}" y="{text}">{}</text>"#,
        LEFT - 6.0,
        colour(name),
        LEFT + width + 6.0,
        nanos(figure.median)
    )
}

fn colour(name: &str) -> &'static str {
    let is_floor = contenders::all().iter().any(|one| one.name == name && one.is_floor);
    match name {
        _ if is_floor => "#b0b0b0",
        _ if name.starts_with(OURS) => "#d9541e",
        _ => "#5b7fa6",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::side::Report;

    #[test]
    fn a_plot_has_a_bar_for_each_figure_and_ends() {
        let mut figures = Figures::default();
        for (name, value) in [("memcpy", 2.0), ("mapcast", 3.0), ("pipe", 4000.0)] {
            let report = Report { samples: vec![value], ..Report::default() };
            figures.add(name, Work::Latest, 28, Ok(report));
        }
        let text = svg(&figures, Work::Latest).unwrap();
        assert_eq!(text.matches("<rect x=").count(), 3);
        assert!(text.ends_with("</svg>\n") && text.contains(">4,000</text>"), "{text}");
    }
}
