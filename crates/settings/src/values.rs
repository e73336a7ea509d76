//! Values that are written as text and mean more than that: durations, sizes, paths, names.

use std::path::PathBuf;
use std::time::Duration;

use bytesize::ByteSize;
use layout::text::quote;
use render::duration_text;
use serde::de::{Deserialize, Deserializer, Error, Unexpected};

use crate::fault::{Fault, Problem};
use crate::node::Node;

/// Longest duration a setting may have: a year, so that nanoseconds always fit 64 bits.
pub const MAX_DURATION: Duration = Duration::from_hours(365 * 24);

/// Least and most that `max_line` may be, in bytes: 64 B and 64 MiB.
pub const MAX_LINE_RANGE: (u64, u64) = (64, 64 << 20);

/// Shortest deadline of the input: the shortest silence that readers call stalled.
const MIN_DEADLINE: Duration = Duration::from_millis(500);

/// Longest time to poll the clock before a tick: the producer reacts to nothing else meanwhile.
const MAX_BUSY_WAIT: Duration = Duration::from_millis(10);

/// What a value is instead of what belongs there: the message repeats it.
const OTHER: Unexpected<'_> = Unexpected::Other("value");

/// The error that the value is not `want`.
pub(crate) fn not<E: Error>(want: &str) -> E {
    E::invalid_value(OTHER, &want)
}

/// Why a text is no duration that a key or an option of a command line can have.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DurationError {
    /// It is no duration.
    #[error("{}; write it as 250ms, 2s or 1m 30s", unreadable(.0))]
    Unreadable(#[from] humantime::DurationError),
    /// It is in weeks, months or years.
    #[error("a duration is in ns, us, ms, s, min, h or days; write minutes as min or m")]
    Calendar,
    /// It is zero.
    #[error("must be longer than zero, and at most 365 days")]
    Zero,
    /// It is longer than [`MAX_DURATION`].
    #[error("must be at most 365 days")]
    TooLong,
}

/// A duration as people write it, "250ms" or "1m 30s": longer than zero, at most [`MAX_DURATION`].
///
/// # Errors
/// Says what is wrong with `text`, for the user of a command line.
pub fn duration(text: &str) -> Result<Duration, DurationError> {
    // The Greek letter looks like the micro sign, which alone is read.
    let text = text.replace(GREEK_MU, MICRO_SIGN);
    let duration = humantime::parse_duration(&text)?;
    if text.split(|c: char| !c.is_alphabetic()).any(is_calendar) {
        return Err(DurationError::Calendar);
    }
    match duration {
        Duration::ZERO => Err(DurationError::Zero),
        duration if duration > MAX_DURATION => Err(DurationError::TooLong),
        duration => Ok(duration),
    }
}

/// Why it is no duration, in the units that are documented.
fn unreadable(error: &humantime::DurationError) -> String {
    use humantime::DurationError as E;

    match error {
        E::UnknownUnit { unit, .. } if unit.is_empty() => "has no unit".to_owned(),
        E::UnknownUnit { unit, .. } => {
            format!("{} is no unit: use ns, us, ms, s, min, h or days", quote(unit))
        }
        E::NumberOverflow => "must be from 1ns to 365 days".to_owned(),
        _ => "is no duration".to_owned(),
    }
}

const GREEK_MU: &str = "\u{3bc}";
const MICRO_SIGN: &str = "\u{b5}";

/// Units that humantime reads as so many days, months and years on average.
fn is_calendar(unit: &str) -> bool {
    unit == "M" || ["w", "mon", "y"].iter().any(|start| unit.starts_with(start))
}

/// A [`duration`] in quotes.
pub(crate) fn quoted_duration<'de, D: Deserializer<'de>>(value: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(value);
    let text = text.map_err(|_| D::Error::invalid_type(OTHER, &"a duration in quotes"))?;
    duration(&text).map_err(|error| not(wanted(&error)))
}

/// The shortest and the longest duration that a key accepts.
pub(crate) type DurationRange = (Duration, Duration);

/// The duration under `key` of `table`, if it is there.
pub(crate) fn duration_in(
    table: &Node<'_>,
    key: &str,
    (least, most): DurationRange,
) -> Result<Option<Duration>, Problem> {
    #[derive(serde::Deserialize)]
    #[serde(transparent)]
    struct Quoted(#[serde(deserialize_with = "quoted_duration")] Duration);

    let Some(node) = table.get(key) else { return Ok(None) };
    let Quoted(found) = node.read()?;
    if (least..=most).contains(&found) {
        return Ok(Some(found));
    }
    let (least, most) = (duration_text(least), duration_text(most));
    Err(node.problem(Fault::not(format!("a duration from {least} to {most}"))))
}

/// A [`quoted_duration`] under a key that may be left out.
pub(crate) fn some_duration<'de, D: Deserializer<'de>>(
    value: D,
) -> Result<Option<Duration>, D::Error> {
    quoted_duration(value).map(Some)
}

/// A quoted duration of at least half a second: no reader calls a shorter silence stalled.
pub(crate) fn input_deadline<'de, D: Deserializer<'de>>(
    value: D,
) -> Result<Option<Duration>, D::Error> {
    match quoted_duration(value)? {
        deadline if deadline < MIN_DEADLINE => Err(not("a duration of at least 500ms")),
        deadline => Ok(Some(deadline)),
    }
}

/// A quoted duration of at most 10 ms.
pub(crate) fn busy_wait<'de, D: Deserializer<'de>>(value: D) -> Result<Duration, D::Error> {
    match quoted_duration(value)? {
        long if long > MAX_BUSY_WAIT => Err(not("a duration of at most 10ms")),
        short => Ok(short),
    }
}

/// The number of a processor.
pub(crate) fn cpu<'de, D: Deserializer<'de>>(value: D) -> Result<Option<u32>, D::Error> {
    let number = i64::deserialize(value)?;
    let known = u32::try_from(number).ok().filter(|number| *number < 1024);
    known.map(Some).ok_or_else(|| not("a processor from 0 to 1023"))
}

/// A priority of `SCHED_FIFO`.
pub(crate) fn priority<'de, D: Deserializer<'de>>(value: D) -> Result<Option<u8>, D::Error> {
    let number = i64::deserialize(value)?;
    let known = u8::try_from(number).ok().filter(|number| (1..=99).contains(number));
    known.map(Some).ok_or_else(|| not("a priority from 1 to 99"))
}

/// What belongs in place of a text that is no duration.
fn wanted(error: &DurationError) -> &'static str {
    use DurationError::Unreadable;
    use humantime::DurationError as E;

    match error {
        DurationError::Zero => "a duration longer than zero",
        DurationError::TooLong => "a duration of at most 365 days",
        Unreadable(E::UnknownUnit { unit, .. }) if unit.is_empty() => "a duration with a unit",
        DurationError::Calendar | Unreadable(E::UnknownUnit { .. }) => {
            "a duration in ns, us, ms, s, min, h or days"
        }
        Unreadable(E::NumberOverflow) => "a duration of 1ns to 365 days",
        Unreadable(_) => "a duration",
    }
}

/// A size as people write it, "64KiB", or a number of bytes: from 64 B to 64 MiB.
pub(crate) fn size<'de, D: Deserializer<'de>>(value: D) -> Result<u64, D::Error> {
    let (least, most) = MAX_LINE_RANGE;
    match ByteSize::deserialize(value) {
        Ok(ByteSize(size)) if (least..=most).contains(&size) => Ok(size),
        Ok(_) => Err(not("a size from 64B to 64MiB")),
        Err(_) => Err(not("a size")),
    }
}

/// A string that is not empty.
pub(crate) fn filled<'de, D, T>(value: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: From<String>,
{
    let text = String::deserialize(value)?;
    if text.is_empty() { Err(not("a name")) } else { Ok(text.into()) }
}

/// A path that the kernel can be given.
pub(crate) fn path<'de, D, T>(value: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: From<PathBuf>,
{
    match String::deserialize(value)? {
        text if text.is_empty() => Err(not("a path")),
        text if text.contains('\0') => Err(not("a path, which holds no NUL")),
        text => Ok(PathBuf::from(text).into()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use render::duration_text;

    use super::duration;

    #[test]
    fn a_duration_is_written_in_units_that_are_read() {
        for text in ["250ms", "1m 30s", "1day", "2days 1s", "90days", "365days"] {
            let read = duration(text).expect(text);
            assert_eq!(duration_text(read), text);
        }
        assert_eq!(duration_text(Duration::ZERO), "0s");
    }

    #[test]
    fn durations_are_read_as_people_write_them() {
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration(" 1m 30s "), Ok(Duration::from_secs(90)));
        let message = |text: &str| duration(text).expect_err(text).to_string();
        assert_eq!(message("0s"), "must be longer than zero, and at most 365 days");
        assert_eq!(message("366days"), "must be at most 365 days");
        for calendar in ["1M", "1month", "2 years", "1h 1y", "1w", "2weeks"] {
            assert!(message(calendar).contains("in ns, us, ms, s, min, h or days"), "{calendar}");
        }
        for micro in ["5us", "5\u{b5}s", "5\u{3bc}s"] {
            assert_eq!(duration(micro), Ok(Duration::from_micros(5)), "{micro}");
        }
        for (text, fact) in [
            ("", "is no duration"),
            ("5", "has no unit"),
            ("5S", "\"S\" is no unit: use ns, us, ms, s, min, h or days"),
            ("-1s", "is no duration"),
            ("99999999999999999999s", "must be from 1ns to 365 days"),
            ("0.1ns", "must be from 1ns to 365 days"),
        ] {
            assert_eq!(message(text), format!("{fact}; write it as 250ms, 2s or 1m 30s"));
        }
    }
}
