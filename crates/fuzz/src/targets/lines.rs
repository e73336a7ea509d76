//! What a consumer prints of any record of any schema, in each of its formats.
//!
//! ```text
//!   | length of the schema u16 | schema | the record's bytes, with zeros behind them |
//! ```

use layout::{Record, RecordView, Stu};
use render::{Format, Reading, View};

use super::bare::{join, split};
use super::schema::rich;

/// Larger records are only more of the same.
const LARGEST: u32 = 1 << 12;

pub(super) fn run(input: &[u8]) {
    let Some((schema, bytes)) = split(input) else { return };
    if schema.size() > LARGEST {
        return;
    }
    let mut record = bytes.to_vec();
    record.resize(schema.size() as usize, 0);
    for (format, count) in [(Format::Text, 1), (Format::Json, 1), (Format::Csv, 2)] {
        let mut line = Vec::new();
        let mut renderer = View { format, ..View::default() }.of(&schema).expect("all fields");
        let record = RecordView::new(&schema, &record).expect("of its length");
        renderer
            .render(&Reading { record, instance: None, origin: None }, &mut line)
            .expect("memory");
        let line = String::from_utf8(line).expect("all three are UTF-8");
        let line = line.strip_suffix('\n').expect("a line ends");
        assert_eq!(line.lines().count().max(1), count, "{line:?}");
        assert!(line.split('\n').all(super::is_harmless), "{line:?}");
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let record: Vec<u8> = (0..rich().size().try_into().expect("small")).rev().collect();
    let hostile = "\x1b[2J\x07\u{7f}\n\u{9b}1m\u{202e},\"";
    let mut escapes = record.clone();
    escapes[16..16 + 8].copy_from_slice(&hostile.as_bytes()[..8]);
    vec![join(rich(), &record), join(rich(), &escapes), join(&Stu::schema(), hostile.as_bytes())]
}
