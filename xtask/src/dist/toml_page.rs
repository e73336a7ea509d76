//! mapcast.toml(5), the man page of the configuration, out of `docs/configuration.md`.
//!
//! Invariant: the page has no text of its own but the name; all of the document's text is in it.
//!
//! ```text
//!   # heading, its text    DESCRIPTION         ## heading   .SH      ### heading   .SS
//!   | key | ... | text |   .TP key, text, the other columns          ```           .nf
//!   `code`, **strong**     bold                [words](link)         words
//! ```

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use roff::{Inline, Roff, bold, italic, roman};

/// The page of this document, whose programs have the names that the package gives them.
pub(super) fn page(document: &str) -> String {
    let mut page = Page::default();
    let title =
        ["MAPCAST.TOML", "5", "", concat!("mapcast ", env!("CARGO_PKG_VERSION")), "mapcast"];
    page.roff.control("TH", title);
    page.roff.control("SH", ["NAME"]);
    page.roff.text([roman(
        "mapcast.toml - the configuration of a region, its record, producer and consumer",
    )]);
    for event in Parser::new_ext(document, Options::ENABLE_TABLES) {
        page.add(event);
    }
    page.roff.control("SH", ["SEE ALSO"]);
    page.roff.text([
        bold("mapcast-producer"),
        roman("(1), "),
        bold("mapcast-consumer"),
        roman("(1)"),
    ]);
    page.roff.render()
}

/// A page that grows with the events of the document.
#[derive(Default)]
struct Page {
    roff: Roff,
    /// The text of the paragraph, heading or cell so far.
    text: Vec<Inline>,
    is_bold: bool,
    is_italic: bool,
    /// The headings of the table's columns, and the cells of the row so far.
    heads: Vec<Vec<Inline>>,
    cells: Vec<Vec<Inline>>,
    /// Whether the paragraph is that of a list's item, which has its own indentation.
    is_item: bool,
}

impl Page {
    fn add(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag),
            Event::Code(text) => self.text.push(bold(text.as_ref())),
            Event::Text(text) if self.is_bold => self.text.push(bold(text.as_ref())),
            Event::Text(text) if self.is_italic => self.text.push(italic(text.as_ref())),
            Event::Text(text) => self.text.push(roman(text.as_ref())),
            Event::SoftBreak | Event::HardBreak => self.text.push(roman(" ")),
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Strong => self.is_bold = true,
            Tag::Emphasis => self.is_italic = true,
            Tag::Item => {
                self.is_item = true;
                self.roff.control("IP", ["*", "2"]);
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Strong => self.is_bold = false,
            TagEnd::Emphasis => self.is_italic = false,
            TagEnd::Heading(level) => self.heading(level),
            TagEnd::Paragraph => self.paragraph(),
            TagEnd::Item => {
                self.flush();
                self.is_item = false;
            }
            TagEnd::CodeBlock => self.code(),
            TagEnd::TableCell => self.cells.push(std::mem::take(&mut self.text)),
            TagEnd::TableHead => self.heads = std::mem::take(&mut self.cells),
            TagEnd::TableRow => self.row(),
            _ => {}
        }
    }

    /// Writes the text so far.
    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.roff.text(std::mem::take(&mut self.text));
        }
    }

    fn paragraph(&mut self) {
        if !self.is_item {
            self.roff.control("PP", []);
        }
        self.flush();
    }

    /// The document's own heading is its name, which the page has.
    fn heading(&mut self, level: HeadingLevel) {
        let words: String = std::mem::take(&mut self.text).iter().map(words_of).collect();
        match level {
            HeadingLevel::H1 => self.roff.control("SH", ["DESCRIPTION"]),
            HeadingLevel::H2 if words.contains('[') => self.roff.control("SH", [words.as_str()]),
            HeadingLevel::H2 => self.roff.control("SH", [words.to_uppercase().as_str()]),
            _ => self.roff.control("SS", [words.as_str()]),
        };
    }

    /// A block of code, each line as it is.
    fn code(&mut self) {
        let code: String = std::mem::take(&mut self.text).iter().map(words_of).collect();
        self.roff.control("RS", ["4"]).control("nf", []);
        for line in code.lines() {
            self.roff.text([roman(line)]);
        }
        self.roff.control("fi", []).control("RE", []);
    }

    /// A row of a table: the first cell is the term, the last one its meaning, and the others follow by the
    /// names of their columns.
    fn row(&mut self) {
        let mut cells = std::mem::take(&mut self.cells).into_iter().zip(&self.heads);
        let Some((term, _)) = cells.next() else { return };
        let Some((meaning, _)) = cells.next_back() else { return };
        self.roff.control("TP", []);
        self.roff.text(term.iter().map(|part| bold(words_of(part))).collect::<Vec<_>>());
        self.roff.text(meaning);
        let others: Vec<_> = cells.filter(|(cell, _)| !cell.is_empty()).collect();
        if others.is_empty() {
            return;
        }
        self.roff.control("br", []);
        let mut line = Vec::new();
        for (index, (cell, head)) in others.into_iter().enumerate() {
            let head: String = head.iter().map(words_of).collect();
            let before = if index == 0 { "" } else { "; " };
            line.push(roman(format!("{before}{}: ", head.to_lowercase())));
            line.extend(cell);
        }
        self.roff.text(line);
    }
}

/// The words of a part of a text, without its font.
fn words_of(part: &Inline) -> String {
    match part {
        Inline::Roman(words) | Inline::Italic(words) | Inline::Bold(words) => words.clone(),
        Inline::LineBreak => " ".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::page;

    const DOCUMENT: &str = include_str!("../../../docs/configuration.md");

    #[test]
    fn a_key_is_a_term_with_its_meaning_type_default_and_example() {
        let text = page(
            "# C\n\nIntro.\n\n## `[a]`\n\n| Key | Type | Default | Example | Meaning |\n|---|---|---|---|---|\n\
             | `x` | size | 1 | `x = 2` | what `x` is |\n\n```text\n.y\\z\n```\n\n- one\n\nSee [b](b.md).\n",
        );
        let want = [
            ".SH DESCRIPTION\n.PP\nIntro.\n",
            ".SH [a]\n.TP\n\\fBx\\fR\nwhat \\fBx\\fR is\n.br\ntype: size; default: 1; example: \\fBx = 2\\fR\n",
            ".RS 4\n.nf\n\\&.y\\\\z\n.fi\n.RE\n",
            ".IP * 2\none\n",
            "See b.\n",
        ];
        for part in want {
            assert!(text.contains(part), "{part:?} is not in\n{text}");
        }
    }

    #[test]
    fn every_key_of_the_document_is_in_the_page() {
        let page = page(DOCUMENT);
        let keys = DOCUMENT.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
        let keys: Vec<&str> = keys.map(|(key, _)| key).collect();
        assert!(keys.len() > 50, "{keys:?}");
        for key in keys {
            let term = key.replace('\\', "\\\\").replace('-', "\\-");
            assert!(page.contains(&format!(".TP\n\\fB{term}")), "{key} is no term of\n{page}");
        }
        let is_markdown =
            |line: &&str| line.starts_with('|') || line.starts_with('#') || line.contains("](");
        assert_eq!(page.lines().find(is_markdown), None);
    }
}
