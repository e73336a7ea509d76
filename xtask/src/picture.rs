//! `cargo xtask picture`: draws `docs/region.svg`, a region with its writer and readers, from the
//! numbers of the format itself.

use crate::Outcome;
use layout::header::{Header, offset};
use layout::{Record, Stu};
use std::fmt::Write as _;

const PATH: &str = "docs/region.svg";

/// Where the column of the file stands, and how wide it is.
const LEFT: u32 = 300;
const WIDTH: u32 = 360;
/// Height of one section, with the gap under it.
const ROW: u32 = 40;
const TOP: u32 = 70;

/// One section of the file, top down.
struct Section {
    at: u64,
    text: String,
    colour: &'static str,
}

pub(crate) fn run() -> Outcome {
    std::fs::write(PATH, draw()?)?;
    println!("{PATH} is drawn");
    Ok(())
}

/// The picture as SVG.
pub(crate) fn draw() -> Result<String, Box<dyn std::error::Error>> {
    let sections = sections()?;
    let rows = u32::try_from(sections.len())?;
    let height = TOP + rows * ROW + 30;
    let mut svg = String::new();
    writeln!(
        svg,
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 {height}" font-family="sans-serif" font-size="14">
<title>A region: one writer, one file, any number of readers</title>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="#555"/></marker></defs>
<rect width="960" height="{height}" fill="#ffffff"/>
<text x="{middle}" y="30" text-anchor="middle" font-size="16" font-weight="bold">stu.region</text>
<text x="{middle}" y="52" text-anchor="middle" fill="#555">one file, mapped MAP_SHARED by every process</text>"##,
        middle = LEFT + WIDTH / 2,
    )?;
    for (row, section) in (0..).zip(&sections) {
        draw_section(&mut svg, row, section)?;
    }
    draw_writer(&mut svg, rows)?;
    draw_readers(&mut svg, rows)?;
    svg.push_str("</svg>\n");
    Ok(svg)
}

/// The sections of a region for the tutorial's record, in the order of the file.
fn sections() -> Result<Vec<Section>, Box<dyn std::error::Error>> {
    let header = Header::plan(&Stu::schema(), 8)?;
    let section = |at: u64, text: String, colour| Section { at, text, colour };
    let mut sections = vec![
        section(0, "header: sizes, offsets, checksum".into(), "#dfe7f3"),
        section(offset::EPOCH as u64, "writer: epoch, state, heartbeat".into(), "#fbe3c5"),
        section(offset::HEAD as u64, "head: newest sequence, futex word".into(), "#fbe3c5"),
    ];
    let shown = [0, 1, header.slots - 1];
    for index in shown {
        let text = format!("slot {index}: stamp, time, {} bytes of record", header.record_size);
        sections.push(section(header.slot_offset(index), text, "#d9efd9"));
    }
    let schema = format!("schema: fields, types, units, {} bytes", header.schema_len);
    sections.push(section(header.schema_offset, schema, "#dfe7f3"));
    Ok(sections)
}

fn draw_section(svg: &mut String, row: u32, section: &Section) -> std::fmt::Result {
    let y = TOP + row * ROW;
    writeln!(
        svg,
        r##"<text x="{x}" y="{text_y}" text-anchor="end" font-family="monospace" fill="#777">0x{at:03x}</text>
<rect x="{LEFT}" y="{y}" width="{WIDTH}" height="{height}" rx="4" fill="{colour}" stroke="#888"/>
<text x="{text_x}" y="{text_y}">{text}</text>"##,
        x = LEFT - 10,
        height = ROW - 6,
        text_x = LEFT + 14,
        text_y = y + 22,
        at = section.at,
        colour = section.colour,
        text = section.text,
    )
}

/// A process: a box with a bold name and lines under it.
fn draw_process(svg: &mut String, x: u32, y: u32, name: &str, lines: &[&str]) -> std::fmt::Result {
    let height = 34 + 20 * u32::try_from(lines.len()).unwrap_or(0);
    writeln!(
        svg,
        r##"<rect x="{x}" y="{y}" width="200" height="{height}" rx="8" fill="#f6f6f6" stroke="#555"/>
<text x="{tx}" y="{ty}" font-weight="bold">{name}</text>"##,
        tx = x + 14,
        ty = y + 24,
    )?;
    for (line, text) in (1..).zip(lines) {
        let (tx, ty) = (x + 14, y + 24 + 20 * line);
        writeln!(svg, r##"<text x="{tx}" y="{ty}" fill="#555" font-size="13">{text}</text>"##)?;
    }
    Ok(())
}

fn draw_writer(svg: &mut String, rows: u32) -> std::fmt::Result {
    let y = TOP + rows * ROW / 2 - 60;
    draw_process(
        svg,
        20,
        y,
        "producer",
        &["PROT_READ | PROT_WRITE", "holds the lock", "never waits"],
    )?;
    draw_arrow(svg, (220, y + 40), (LEFT - 62, TOP + ROW + 18))?;
    draw_arrow(svg, (220, y + 60), (LEFT - 62, TOP + 4 * ROW + 18))
}

fn draw_readers(svg: &mut String, rows: u32) -> std::fmt::Result {
    let x = 740;
    let edge = LEFT + WIDTH + 4;
    for (index, name) in (0..).zip(["consumer: latest", "consumer: follow"]) {
        let y = TOP + rows * ROW / 2 - 110 + index * 110;
        draw_process(svg, x, y, name, &["PROT_READ", "nothing it does is seen"])?;
        draw_arrow(svg, (edge, TOP + (2 + 2 * index) * ROW + 18), (x - 2, y + 36))?;
    }
    Ok(())
}

fn draw_arrow(svg: &mut String, from: (u32, u32), to: (u32, u32)) -> std::fmt::Result {
    writeln!(
        svg,
        r##"<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="#555" stroke-width="1.5" marker-end="url(#tip)"/>"##,
        from.0, from.1, to.0, to.1
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_picture_in_docs_is_the_one_this_command_draws() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(PATH);
        let drawn = std::fs::read_to_string(path).expect("docs/region.svg");
        assert!(drawn == draw().expect("a picture"), "run `cargo xtask picture`");
    }
}
