//! Whole numbers on a command line.

use std::ops::RangeInclusive;

use clap::builder::{StringValueParser, TypedValueParser};

/// A text is not a whole number of the range.
#[derive(Debug, thiserror::Error)]
#[error("give a whole number from {least} to {most}")]
struct NumberError {
    least: u64,
    most: u64,
}

/// Parses a whole number in `range`; the error for any other text names the range.
///
/// ```
/// let jobs = clap::Arg::new("jobs").value_parser(daemon::cli::whole_number::<u16>(1..=512));
/// let error = clap::Command::new("x").arg(jobs).try_get_matches_from(["x", "0"]).unwrap_err();
/// assert!(error.to_string().contains("'0' for '[jobs]': give a whole number from 1 to 512"));
/// ```
pub fn whole_number<T>(range: RangeInclusive<u64>) -> impl TypedValueParser<Value = T>
where
    T: TryFrom<u64> + Clone + Send + Sync + 'static,
{
    StringValueParser::new().try_map(move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        let (least, most) = (*range.start(), *range.end());
        number.and_then(|number| T::try_from(number).ok()).ok_or(NumberError { least, most })
    })
}
