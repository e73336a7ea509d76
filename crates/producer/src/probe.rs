//! A door for the project's own fuzzer (crate `fuzz`), and for nobody else.

use layout::RecordBuf;
use settings::Settings;

use crate::input::{Decoder, Outcome};
use crate::run::{keys, max_line};

/// What a producer with these settings makes of a stream that comes in `pieces`: for each line that
/// is not blank `None` if it was good, else what is said about it.
pub fn read_lines<'a>(
    settings: &Settings,
    pieces: impl Iterator<Item = &'a [u8]>,
) -> Vec<Option<String>> {
    let mut decoder = Decoder::new(max_line(settings), keys(settings));
    let mut record = RecordBuf::new(settings.record.schema.clone());
    let mut outcomes = Vec::new();
    let mut take = |decoder: &mut Decoder| {
        while let Some(outcome) = decoder.next(&mut record) {
            outcomes.push(match outcome {
                Outcome::Publish | Outcome::Incomplete { .. } => None,
                Outcome::Bad { error, .. } => Some(error.to_string()),
            });
        }
    };
    for piece in pieces {
        decoder.push(piece);
        take(&mut decoder);
    }
    decoder.end();
    take(&mut decoder);
    outcomes
}
