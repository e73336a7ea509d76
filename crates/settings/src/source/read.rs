//! From `source = { ... }` to a [`Source`] that fits its field.
//!
//! serde fills a table for each kind; what depends on the type of the field is checked here.

use std::path::PathBuf;

use layout::{CType, Field, RecordBuf, Scalar};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::time::Duration;

use super::clock::{ClockSource, TimeUnit};
use super::counter::{Counter, whole_numbers};
use super::file::{FileSource, Take, words};
use super::range::{Random, Range, Wave, WaveShape};
use super::target::Target;
use super::{InputKey, Source};
use crate::fault::{Fault, Problem};
use crate::node::Node;
use crate::values::{filled, path, quoted_duration};

/// Most columns that may be added up, and the last that may be asked for.
const MAX_COLUMN: i128 = 4096;

/// How deep in an object an `input` source may have its value.
const MAX_STEPS: usize = 64;

/// The whole numbers of 64 bits with a sign.
const I64: (i128, i128) = (i64::MIN as i128, i64::MAX as i128);

/// Reads the source of field number `index` of the record; `scratch` is for trying constants.
pub(crate) fn source(
    source: &Node<'_, '_>,
    index: usize,
    scratch: &mut RecordBuf,
) -> Result<Source, Problem> {
    let kinds = source.members();
    let (kind, node) = match kinds.as_slice() {
        [] => {
            let want = "a table with one kind of source".to_owned();
            return Err(source.problem(Fault::Type(want)));
        }
        [(kind, node)] => (*kind, node),
        [(first, _), (second, _), ..] => {
            let why = format!("two sources, {first} and {second}; keep one of them");
            return Err(source.problem(Fault::Other(why)));
        }
    };
    let mut target = Target::new(index, scratch);
    Ok(match kind {
        "const" => Source::Const(target.constant(node)?),
        "counter" => Source::Counter(counter(node, target.field())?),
        "clock" => Source::Clock(clock(node, target.field())?),
        "file" => Source::File(file(node, &mut target)?),
        "wave" => Source::Wave(wave(node, target.field())?),
        "random" => Source::Random(random(node, target.field())?),
        "input" => Source::Input(input(node, target.field())?),
        other => return Err(source.problem(Fault::UnknownKey(other.to_owned()))),
    })
}

fn misfit(node: &Node<'_, '_>, ctype: CType, advice: &str) -> Problem {
    let kind = node.keys().last().copied().unwrap_or_default();
    node.problem(Fault::Other(format!("{kind} cannot fill a field of type {ctype}; {advice}")))
}

/// The scalar of a field that is one number; else the error that `node` does not fit.
fn one_number(node: &Node<'_, '_>, field: &Field) -> Result<Scalar, Problem> {
    let (scalar, count) = (field.ctype().element(), field.ctype().count());
    if count.is_none() && (scalar.is_int() || scalar.is_float()) {
        return Ok(scalar);
    }
    let advice = "it makes single numbers: use const or input, or change the type";
    Err(misfit(node, field.ctype(), advice))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CounterTable {
    start: Option<i128>,
    step: Option<i128>,
}

fn counter(node: &Node<'_, '_>, field: &Field) -> Result<Counter, Problem> {
    let counter: CounterTable = node.read()?;
    let (least, greatest) = whole_numbers(one_number(node, field)?);
    let step = node.at_key("step").in_range(counter.step.unwrap_or(1), I64)?;
    if step == 0 {
        return Err(node.problem_at("step", Fault::not("a step")));
    }
    let start =
        node.at_key("start").in_range(counter.start.unwrap_or(0), within_i64((least, greatest)))?;
    Ok(Counter { start, step, least, greatest })
}

fn within_i64((least, greatest): (i128, i128)) -> (i128, i128) {
    (least.max(I64.0), greatest.min(I64.1))
}

fn clock(node: &Node<'_, '_>, field: &Field) -> Result<ClockSource, Problem> {
    let mut clock: ClockSource = node.read()?;
    if let Some(unit) = TimeUnit::named(field.unit()) {
        if node.get("unit").is_some() && clock.unit != unit {
            let fault = Fault::not_but(
                format!("the unit of the field, \"{unit}\""),
                format!("unit = \"{unit}\""),
            );
            return Err(node.problem_at("unit", fault));
        }
        clock.unit = unit;
    }
    let fits = match (field.ctype().element(), field.ctype().count()) {
        (Scalar::I64 | Scalar::U64 | Scalar::F64, None) => true,
        (Scalar::U32, None) => clock.unit == TimeUnit::Seconds,
        _ => false,
    };
    if !fits {
        return Err(misfit(node, field.ctype(), "use i64, u64 or f64, or u32 for seconds"));
    }
    Ok(clock)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileTable {
    path: Vec<FilePath>,
    key: Option<String>,
    column: Option<Vec<i128>>,
    scale: Option<f64>,
    rate: Option<bool>,
    /// Read by [`Target::constant`], which takes what the field does.
    #[serde(rename = "default")]
    _default: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct FilePath(#[serde(deserialize_with = "path")] PathBuf);

fn file(node: &Node<'_, '_>, target: &mut Target<'_>) -> Result<FileSource, Problem> {
    let table: FileTable = node.read()?;
    let ctype = target.field().ctype();
    if ctype.count().is_some() && !ctype.is_text() {
        return Err(misfit(node, ctype, "it reads single values: give each one its own field"));
    }
    check_number_keys(node, ctype)?;
    if table.path.is_empty() {
        return Err(node.problem_at("path", Fault::not("a path or a list of paths")));
    }
    let scale = real(&node.at_key("scale"), table.scale.unwrap_or(1.0), Scalar::F64)?;
    if scale == 0.0 {
        return Err(node.problem_at("scale", Fault::not("a scale")));
    }
    let default = node.get("default").map(|default| target.constant(&default)).transpose()?;
    Ok(FileSource {
        paths: table.path.into_iter().map(|FilePath(path)| path).collect(),
        key: table.key.map(|key| key_words(node, &key)).transpose()?,
        take: take(node, table.column.as_deref(), ctype)?,
        scale,
        rate: table.rate.unwrap_or(false),
        default,
    })
}

/// Refuses what only a number has on a field that is none.
fn check_number_keys(node: &Node<'_, '_>, ctype: CType) -> Result<(), Problem> {
    if ctype.element().is_int() || ctype.element().is_float() {
        return Ok(());
    }
    let what = if ctype.is_text() { "text" } else { "a bool" };
    match ["scale", "rate"].into_iter().find_map(|key| node.get(key)) {
        None => Ok(()),
        Some(node) => {
            let why = format!("has no effect: {what} has no scale or rate; remove it");
            Err(node.problem(Fault::Other(why)))
        }
    }
}

fn key_words(node: &Node<'_, '_>, key: &str) -> Result<Vec<String>, Problem> {
    let words: Vec<_> = words(key).map(str::to_owned).collect();
    if words.is_empty() {
        return Err(node.problem_at("key", Fault::not("a word of the line")));
    }
    Ok(words)
}

fn take(node: &Node<'_, '_>, columns: Option<&[i128]>, ctype: CType) -> Result<Take, Problem> {
    let Some(columns) = columns else {
        return Ok(if ctype.is_text() { Take::Rest } else { Take::Sum(vec![1]) });
    };
    let list = node.at_key("column");
    if ctype.is_text() && list.value.is_array() {
        return Err(list.problem(Fault::Type("a whole number".to_owned())));
    }
    let items = if list.value.is_array() { list.items() } else { vec![list] };
    let column = |(item, &column): (Node<'_, '_>, &i128)| item.in_range(column, (1, MAX_COLUMN));
    let columns = items.into_iter().zip(columns).map(column).collect::<Result<Vec<_>, _>>()?;
    match columns.as_slice() {
        [] => Err(list.problem(Fault::not("a column or a list of columns"))),
        [column] if ctype.is_text() => Ok(Take::Word(*column)),
        _ => Ok(Take::Sum(columns)),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WaveTable {
    #[serde(default)]
    shape: WaveShape,
    #[serde(rename = "min")]
    _min: IgnoredAny,
    #[serde(rename = "max")]
    _max: IgnoredAny,
    #[serde(deserialize_with = "quoted_duration")]
    period: Duration,
    #[serde(default)]
    phase: f64,
}

fn wave(node: &Node<'_, '_>, field: &Field) -> Result<Wave, Problem> {
    let WaveTable { shape, period, phase, .. } = node.read()?;
    let range = range(node, one_number(node, field)?)?;
    if !(0.0..=1.0).contains(&phase) {
        return Err(node.problem_at("phase", Fault::not("a part of a turn, 0 to 1")));
    }
    Ok(Wave { shape, range, period, phase })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RandomTable {
    #[serde(rename = "min")]
    _min: IgnoredAny,
    #[serde(rename = "max")]
    _max: IgnoredAny,
    seed: Option<i128>,
}

fn random(node: &Node<'_, '_>, field: &Field) -> Result<Random, Problem> {
    let RandomTable { seed, .. } = node.read()?;
    let range = range(node, one_number(node, field)?)?;
    let seed =
        seed.map(|seed| node.at_key("seed").in_range(seed, (0, u64::MAX.into()))).transpose()?;
    Ok(Random { range, seed })
}

/// The bounds of a wave or a random number: `i128` for an integer field, else `f64`.
#[derive(Deserialize)]
struct Bounds<N> {
    min: N,
    max: N,
}

/// `min` and `max`, held to what `scalar` can be.
fn range(node: &Node<'_, '_>, scalar: Scalar) -> Result<Range, Problem> {
    if let Some(range) = scalar.int_range() {
        let Bounds { min, max } = node.read()?;
        let bound = |key, number| node.at_key(key).in_range(number, within_i64(range));
        let (min, max) = (bound("min", min)?, bound("max", max)?);
        if min < max {
            return Ok(Range::Whole { min, max });
        }
    } else {
        let Bounds { min, max } = node.read()?;
        let (min, max) =
            (real(&node.at_key("min"), min, scalar)?, real(&node.at_key("max"), max, scalar)?);
        if min < max {
            return Ok(Range::Real { min, max });
        }
    }
    let (min, max) = (node.at_key("min").shown(), node.at_key("max").shown());
    let why = format!("from {min} to {max} there is nothing; make max larger than min");
    Err(node.problem_at("max", Fault::Other(why)))
}

/// `number`, which `node` is, if a field of this scalar can hold about as much.
fn real(node: &Node<'_, '_>, number: f64, scalar: Scalar) -> Result<f64, Problem> {
    #[expect(clippy::cast_possible_truncation, reason = "what an f32 makes of it is the question")]
    let narrow = number as f32;
    let fault = match scalar {
        _ if !number.is_finite() => Fault::not("a finite number"),
        Scalar::F32 if narrow.is_infinite() => {
            Fault::not_but("a number that fits f32", "a smaller one")
        }
        Scalar::F32 if narrow == 0.0 && number != 0.0 => {
            Fault::not_but("a number that f32 can tell from 0", "0, or a larger one")
        }
        _ => return Ok(number),
    };
    Err(node.problem(fault))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InputTable {
    #[serde(default, deserialize_with = "filled")]
    key: Option<String>,
}

/// The key, by default the name of the field; what begins with a slash is a JSON pointer.
fn input(node: &Node<'_, '_>, field: &Field) -> Result<InputKey, Problem> {
    let InputTable { key } = node.read()?;
    let key = key.unwrap_or_else(|| field.name().to_owned());
    if !key.starts_with('/') {
        return Ok(InputKey::Member(key));
    }
    if key.matches('/').count() > MAX_STEPS {
        let want = format!("a JSON pointer of at most {MAX_STEPS} steps");
        return Err(node.problem_at("key", Fault::not_but(want, "a shorter one")));
    }
    Ok(InputKey::Pointer(key))
}
