//! One bad configuration and the exact words of its refusal.

/// A configuration that must be refused.
pub(crate) struct Case {
    /// What is wrong with it.
    pub(crate) claim: &'static str,
    frame: Frame,
    /// The message, behind the name of the file.
    pub(crate) message: &'static str,
}

type Lines = &'static [&'static str];

/// What stands around the bad piece.
enum Frame {
    Whole(Lines),
    Region(Lines),
    Record(Lines),
    Field(Lines),
    Source { ctype: &'static str, source: &'static str },
    Daemons(Lines),
}

const REGION: &str = "[region]\nname = \"r\"\n";
const RECORD: &str = "[record]\nname = \"R\"\n[[record.field]]\nname = \"a\"\ntype = \"i32\"\n";
const FIELD: &str = "[record]\nname = \"R\"\n[[record.field]]\n";

impl Case {
    /// The configuration.
    pub(crate) fn text(&self) -> String {
        match &self.frame {
            Frame::Whole(lines) => lines.iter().flat_map(|line| [line, "\n"]).collect(),
            Frame::Region(lines) => format!("[region]\n{}\n{RECORD}", lines.join("\n")),
            Frame::Record(lines) => format!("{REGION}{}\n", lines.join("\n")),
            Frame::Field(lines) => format!("{REGION}{FIELD}{}\n", lines.join("\n")),
            Frame::Source { ctype, source } => {
                format!("{REGION}{FIELD}name = \"a\"\ntype = \"{ctype}\"\nsource = {source}\n")
            }
            Frame::Daemons(lines) => format!("{REGION}{RECORD}{}\n", lines.join("\n")),
        }
    }
}

/// The lines are the whole file.
pub(crate) const fn whole(claim: &'static str, lines: Lines, message: &'static str) -> Case {
    Case { claim, frame: Frame::Whole(lines), message }
}

/// The lines stand below `[region]`, from line 2 on; a record follows.
pub(crate) const fn region(claim: &'static str, lines: Lines, message: &'static str) -> Case {
    Case { claim, frame: Frame::Region(lines), message }
}

/// The lines stand where `[record]` belongs, from line 3 on.
pub(crate) const fn record(claim: &'static str, lines: Lines, message: &'static str) -> Case {
    Case { claim, frame: Frame::Record(lines), message }
}

/// The lines stand below the first `[[record.field]]`, from line 6 on.
pub(crate) const fn field(claim: &'static str, lines: Lines, message: &'static str) -> Case {
    Case { claim, frame: Frame::Field(lines), message }
}

/// The source, in line 8, of a field of this type.
pub(crate) const fn source(
    claim: &'static str,
    ctype: &'static str,
    source: &'static str,
    message: &'static str,
) -> Case {
    Case { claim, frame: Frame::Source { ctype, source }, message }
}

/// The lines stand behind region and record, from line 8 on.
pub(crate) const fn daemons(claim: &'static str, lines: Lines, message: &'static str) -> Case {
    Case { claim, frame: Frame::Daemons(lines), message }
}
