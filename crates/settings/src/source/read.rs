//! From `source = { ... }` to a [`Source`] that fits its field.

use layout::{CType, Field, RecordBuf, Scalar};

use super::clock::{ClockKind, ClockSource, TimeUnit};
use super::counter::{Counter, whole_numbers};
use super::file::{FileSource, Take, words};
use super::range::{Random, Range, Wave, WaveShape};
use super::target::Target;
use super::{InputKey, Source};
use crate::daemons::{duration, path};
use crate::document::{Entry, Section};
use crate::error::{SettingsError, SettingsErrorKind as Kind};
use crate::keys::{CLOCK, COUNTER, FILE, INPUT, RANDOM, SOURCE, WAVE};

/// Most columns that may be added up, and the last that may be asked for.
const MAX_COLUMN: i128 = 4096;

/// How deep in an object an `input` source may have its value.
const MAX_STEPS: usize = 64;

/// Reads the source of field number `index` of the record; `scratch` is for trying constants.
pub(crate) fn source(
    entry: &Entry<'_>,
    index: usize,
    scratch: &mut RecordBuf,
) -> Result<Source, SettingsError> {
    let kinds = entry.section(&SOURCE)?.present();
    let kind = match kinds.as_slice() {
        [] => return Err(entry.wrong_type("a table with one kind of source")),
        [kind] => kind,
        [first, second, ..] => {
            let (first, second) = (first.name(), second.name());
            return Err(entry.error(Kind::TwoSources { first, second }));
        }
    };
    let mut target = Target::new(index, scratch);
    Ok(match kind.name() {
        "const" => Source::Const(target.constant(kind)?),
        "counter" => Source::Counter(counter(kind, target.field())?),
        "clock" => Source::Clock(clock(kind, target.field())?),
        "file" => Source::File(file(kind, &mut target)?),
        "wave" => Source::Wave(wave(kind, target.field())?),
        "random" => Source::Random(random(kind, target.field())?),
        _ => Source::Input(input(kind, target.field())?),
    })
}

fn misfit(entry: &Entry<'_>, ctype: CType, advice: &'static str) -> SettingsError {
    let (kind, ctype) = (entry.name(), ctype.to_string());
    entry.error(Kind::Misfit { kind, ctype, advice })
}

/// The scalar of a field that is one number; else the error that `entry` does not fit.
fn one_number(entry: &Entry<'_>, field: &Field) -> Result<Scalar, SettingsError> {
    let (scalar, count) = (field.ctype().element(), field.ctype().count());
    if count.is_none() && (scalar.is_int() || scalar.is_float()) {
        return Ok(scalar);
    }
    Err(misfit(
        entry,
        field.ctype(),
        "it makes single numbers: use const or input, or change the type",
    ))
}

fn counter(entry: &Entry<'_>, field: &Field) -> Result<Counter, SettingsError> {
    let counter = entry.section(&COUNTER)?;
    let range = whole_numbers(one_number(entry, field)?);
    let (least, greatest) = (range.0.max(i64::MIN.into()), range.1.min(i64::MAX.into()));
    let start = match counter.get("start") {
        Some(start) => start.whole_in(least..greatest + 1)?,
        None => 0,
    };
    let step = match counter.get("step") {
        Some(step) => match step.whole_in(i64::MIN.into()..i128::from(i64::MAX) + 1)? {
            0 => return Err(step.bad_value("a step")),
            found => found,
        },
        None => 1,
    };
    // Both were held to 64 bits above.
    let narrow = |number: i128| i64::try_from(number).unwrap_or_default();
    Ok(Counter::new(narrow(start), narrow(step), range))
}

fn clock(entry: &Entry<'_>, field: &Field) -> Result<ClockSource, SettingsError> {
    let clock = entry.section(&CLOCK)?;
    let kind = clock.require("kind")?.word(&[
        ("realtime", ClockKind::Realtime),
        ("monotonic", ClockKind::Monotonic),
        ("boottime", ClockKind::Boottime),
    ])?;
    let declared = TimeUnit::named(field.unit());
    let unit = match clock.get("unit") {
        None => declared.unwrap_or(TimeUnit::Seconds),
        Some(entry) => {
            let unit = entry.word(&TimeUnit::NAMES)?;
            if declared.is_some_and(|declared| declared != unit) {
                let want = format!("the unit of the field, {:?}", field.unit());
                let write = format!("unit = {:?}", field.unit());
                return Err(entry.bad_value_for(want, write));
            }
            unit
        }
    };
    let fits = match (field.ctype().element(), field.ctype().count()) {
        (Scalar::I64 | Scalar::U64 | Scalar::F64, None) => true,
        (Scalar::U32, None) => unit == TimeUnit::Seconds,
        _ => false,
    };
    if !fits {
        return Err(misfit(entry, field.ctype(), "use i64, u64 or f64, or u32 for seconds"));
    }
    Ok(ClockSource { kind, unit })
}

fn file(entry: &Entry<'_>, target: &mut Target<'_>) -> Result<FileSource, SettingsError> {
    let file = entry.section(&FILE)?;
    let ctype = target.field().ctype();
    if ctype.count().is_some() && !ctype.is_text() {
        return Err(misfit(entry, ctype, "it reads single values: give each one its own field"));
    }
    let numeric = ctype.element().is_int() || ctype.element().is_float();
    if !numeric {
        let why = if ctype.is_text() {
            "text has no scale or rate"
        } else {
            "a bool has no scale or rate"
        };
        for name in ["scale", "rate"] {
            if let Some(entry) = file.get(name) {
                return Err(entry.error(Kind::NoEffect { why }));
            }
        }
    }
    let default = file.get("default").map(|entry| target.constant(&entry)).transpose()?;
    Ok(FileSource {
        paths: paths(&file.require("path")?)?,
        key: file.get("key").map(|entry| key_words(&entry)).transpose()?,
        take: take(&file, ctype)?,
        scale: file.get("scale").map_or(Ok(1.0), |entry| scale(&entry))?,
        rate: file.get("rate").map_or(Ok(false), |entry| entry.boolean())?,
        default,
    })
}

fn paths(entry: &Entry<'_>) -> Result<Vec<std::path::PathBuf>, SettingsError> {
    if entry.value().is_str() {
        return Ok(vec![path(entry)?]);
    }
    let items = entry.items("a path or a list of paths")?;
    if items.is_empty() {
        return Err(entry.bad_value("a path or a list of paths"));
    }
    items.iter().map(path).collect()
}

fn key_words(entry: &Entry<'_>) -> Result<Vec<String>, SettingsError> {
    let words: Vec<_> = words(entry.text()?).map(str::to_owned).collect();
    if words.is_empty() { Err(entry.bad_value("a word of the line")) } else { Ok(words) }
}

fn take(file: &Section<'_>, ctype: CType) -> Result<Take, SettingsError> {
    let Some(entry) = file.get("column") else {
        return Ok(if ctype.is_text() { Take::Rest } else { Take::Sum(vec![1]) });
    };
    if ctype.is_text() {
        return Ok(Take::Word(column(&entry)?));
    }
    if entry.value().is_integer() {
        return Ok(Take::Sum(vec![column(&entry)?]));
    }
    let items = entry.items("a column or a list of columns")?;
    if items.is_empty() {
        return Err(entry.bad_value("a column or a list of columns"));
    }
    Ok(Take::Sum(items.iter().map(column).collect::<Result<_, _>>()?))
}

fn column(entry: &Entry<'_>) -> Result<usize, SettingsError> {
    let column = entry.whole_in(1..MAX_COLUMN + 1)?;
    Ok(usize::try_from(column).unwrap_or(1))
}

fn scale(entry: &Entry<'_>) -> Result<f64, SettingsError> {
    let scale = entry.number()?;
    if scale == 0.0 { Err(entry.bad_value("a scale")) } else { Ok(scale) }
}

fn wave(entry: &Entry<'_>, field: &Field) -> Result<Wave, SettingsError> {
    let wave = entry.section(&WAVE)?;
    let scalar = one_number(entry, field)?;
    let shapes = [
        ("sine", WaveShape::Sine),
        ("triangle", WaveShape::Triangle),
        ("saw", WaveShape::Saw),
        ("square", WaveShape::Square),
    ];
    Ok(Wave {
        shape: wave.get("shape").map_or(Ok(WaveShape::Sine), |entry| entry.word(&shapes))?,
        range: range(&wave, scalar)?,
        period: duration(&wave.require("period")?)?,
        phase: wave.get("phase").map_or(Ok(0.0), |entry| phase(&entry))?,
    })
}

fn phase(entry: &Entry<'_>) -> Result<f64, SettingsError> {
    let phase = entry.number()?;
    let whole_turn = (0.0..=1.0).contains(&phase);
    if whole_turn { Ok(phase) } else { Err(entry.bad_value("a part of a turn, 0 to 1")) }
}

fn random(entry: &Entry<'_>, field: &Field) -> Result<Random, SettingsError> {
    let random = entry.section(&RANDOM)?;
    let scalar = one_number(entry, field)?;
    let seed = match random.get("seed") {
        Some(seed) => Some(seed.whole_in(0..i128::from(u64::MAX) + 1)?),
        None => None,
    };
    let seed = seed.map(|seed| u64::try_from(seed).unwrap_or_default());
    Ok(Random { range: range(&random, scalar)?, seed })
}

/// `min` and `max`, held to what `scalar` can be.
fn range(section: &Section<'_>, scalar: Scalar) -> Result<Range, SettingsError> {
    let (min, max) = (section.require("min")?, section.require("max")?);
    let range = if scalar.is_int() {
        Range::Whole { min: bound(&min, scalar)?, max: bound(&max, scalar)? }
    } else {
        Range::Real { min: real_bound(&min, scalar)?, max: real_bound(&max, scalar)? }
    };
    let rising = match range {
        Range::Whole { min, max } => min < max,
        Range::Real { min, max } => min < max,
    };
    if rising {
        return Ok(range);
    }
    let (min, max_shown) = (min.shown(), max.shown());
    Err(max.error(Kind::EmptyRange { min, max: max_shown }))
}

fn bound(entry: &Entry<'_>, scalar: Scalar) -> Result<i64, SettingsError> {
    let (least, greatest) = scalar.int_range().unwrap_or((0, 0));
    let number = entry.whole_in(least.max(i64::MIN.into())..greatest.min(i64::MAX.into()) + 1)?;
    Ok(i64::try_from(number).unwrap_or_default())
}

fn real_bound(entry: &Entry<'_>, scalar: Scalar) -> Result<f64, SettingsError> {
    let number = entry.number()?;
    #[expect(clippy::cast_possible_truncation, reason = "what an f32 makes of it is the question")]
    let narrow = number as f32;
    if scalar == Scalar::F32 && narrow.is_infinite() {
        return Err(entry.bad_value_for("a number that fits f32", "a smaller one"));
    }
    if scalar == Scalar::F32 && narrow == 0.0 && number != 0.0 {
        return Err(entry.bad_value_for("a number that f32 can tell from 0", "0, or a larger one"));
    }
    Ok(number)
}

/// The key, by default the name of the field; what begins with a slash is a JSON pointer.
fn input(entry: &Entry<'_>, field: &Field) -> Result<InputKey, SettingsError> {
    let input = entry.section(&INPUT)?;
    let key = match input.get("key") {
        Some(key) => key.filled_text()?,
        None => field.name(),
    };
    if !key.starts_with('/') {
        return Ok(InputKey::Member(key.to_owned()));
    }
    if let Some(entry) = input.get("key").filter(|_| key.matches('/').count() > MAX_STEPS) {
        let want = format!("a JSON pointer of at most {MAX_STEPS} steps");
        return Err(entry.bad_value_for(want, "a shorter one"));
    }
    Ok(InputKey::Pointer(key.to_owned()))
}
