//! An entry point for the project's own tests of hostile and random input (crate `fuzz`) only.

use layout::RecordBuf;
use settings::Settings;

use crate::input::{Decoder, Outcome, apply_line};
use crate::records::Records;
use crate::run::{keys, max_line};
use crate::sources::{Moment, Sources};

/// The record that a producer with these settings makes of one `line` of input, or its error
/// message.
pub fn record_of_line(settings: &Settings, line: &[u8]) -> Result<Vec<u8>, String> {
    let mut record = RecordBuf::new(settings.record.schema.clone());
    let read = apply_line(line, &mut keys(settings), &mut record, &mut || true);
    read.map(|()| record.bytes().to_vec()).map_err(|error| error.to_string())
}

/// The first record that a producer with these settings publishes.
pub fn first_record(settings: &Settings) -> Vec<u8> {
    let mut sources = Sources::new(&settings.record, Moment::now());
    let mut record = sources.first_record();
    sources.sample(Moment::now(), &mut record);
    record.bytes().to_vec()
}

/// What a producer with these settings makes of a stream that comes in `pieces`: for each line that
/// is not blank `None` if it was good, else its error message.
pub fn read_lines<'a>(
    settings: &Settings,
    pieces: impl Iterator<Item = &'a [u8]>,
) -> Vec<Option<String>> {
    let mut decoder = Decoder::new(max_line(settings), keys(settings));
    let mut records = Records::new(settings);
    let mut outcomes = Vec::new();
    let mut take = |decoder: &mut Decoder| {
        while let Some(outcome) = decoder.next(&mut records, &mut || true) {
            outcomes.push(match outcome {
                Outcome::Publish | Outcome::Incomplete { .. } | Outcome::Stopped => None,
                Outcome::Bad { error, .. } => Some(error.to_string()),
            });
        }
    };
    for piece in pieces {
        decoder.lines.push(piece);
        take(&mut decoder);
    }
    decoder.lines.end();
    take(&mut decoder);
    outcomes
}
