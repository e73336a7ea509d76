//! The sources of a field.

use std::path::Path;
use std::time::Duration;

use layout::Value;
use settings::{
    ClockKind, Counter, FileSource, InputKey, Random, Range, Settings, Source, Take, TimeUnit,
    Wave, WaveShape,
};

use super::{RECORD, REGION, parse};

/// The source of a field of this type, whose unit is "ms".
#[track_caller]
fn source(ctype: &str, source: &str) -> Source {
    let field = format!("name = \"a\"\ntype = \"{ctype}\"\nunit = \"ms\"\nsource = {source}\n");
    let settings = parse(&format!("{REGION}[record]\nname = \"R\"\n[[record.field]]\n{field}"));
    settings.record.sources.into_iter().next().expect("one source")
}

#[track_caller]
fn constant(ctype: &str, value: &str) -> Value {
    match source(ctype, &format!("{{ const = {value} }}")) {
        Source::Const(constant) => constant.value().clone(),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn file(ctype: &str, keys: &str) -> FileSource {
    match source(ctype, &format!("{{ file = {{ {keys} }} }}")) {
        Source::File(file) => file,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_constant_is_any_value_the_field_can_hold() {
    assert_eq!(constant("u64", "18446744073709551615"), Value::Uint(u64::MAX));
    assert_eq!(constant("i64", "-9223372036854775808"), Value::Int(i64::MIN));
    assert_eq!(constant("u8", "0xff"), Value::Uint(255));
    assert_eq!(constant("i32", "10.0"), Value::Int(10));
    assert_eq!(constant("f32", "0.1"), Value::F32(0.1));
    assert_eq!(constant("f32", "7"), Value::F32(7.0));
    assert!(matches!(constant("f64", "nan"), Value::F64(x) if x.is_nan()));
    assert_eq!(constant("f64", "-inf"), Value::F64(f64::NEG_INFINITY));
    assert_eq!(constant("bool", "true"), Value::Bool(true));
    for (number, truth) in [("0", false), ("-0.0", false), ("2", true), ("0.4", true)] {
        assert_eq!(constant("bool", number), Value::Bool(truth), "{number}");
    }
    assert_eq!(constant("char", "\"\""), Value::from(""));
    assert_eq!(constant("char[4]", "\"abc\""), Value::from("abc"));
    let list = Value::List(vec![Value::F64(1.0), Value::F64(0.5)]);
    assert_eq!(constant("f64[2]", "[1, 0.5]"), list);
}

#[test]
fn a_counter_starts_at_zero_and_adds_one_by_default() {
    let counter = |ctype, keys: &str| match source(ctype, &format!("{{ counter = {keys} }}")) {
        Source::Counter(counter) => counter,
        other => panic!("{other:?}"),
    };
    let plain: Counter = counter("f64", "{}");
    assert_eq!((plain.start, plain.step), (0, 1));
    assert_eq!((plain.least, plain.greatest), (-(1 << 53), 1 << 53));
    let down = counter("u8", "{ start = 1, step = -1 }");
    assert_eq!(down, Counter { start: 1, step: -1, least: 0, greatest: 255 });
}

#[test]
fn a_clock_counts_in_the_unit_of_its_field() {
    let clock = |ctype, keys: &str| match source(ctype, &format!("{{ clock = {keys} }}")) {
        Source::Clock(clock) => (clock.kind, clock.unit),
        other => panic!("{other:?}"),
    };
    let milliseconds = TimeUnit::Milliseconds;
    assert_eq!(clock("u64", "{ kind = \"realtime\" }"), (ClockKind::Realtime, milliseconds));
    let spelt_out = "{ kind = \"boottime\", unit = \"ms\" }";
    assert_eq!(clock("f64", spelt_out), (ClockKind::Boottime, milliseconds));

    let field = "name = \"a\"\ntype = \"u32\"\nsource = { clock = { kind = \"monotonic\" } }\n";
    let text = format!("{REGION}[record]\nname = \"R\"\n[[record.field]]\n{field}");
    let Source::Clock(clock) = &parse(&text).record.sources[0] else { panic!("a clock") };
    assert_eq!((clock.kind, clock.unit), (ClockKind::Monotonic, TimeUnit::Seconds));

    let other = text.replace("source", "unit = \"ns\"\nsource").replace("u32", "u64");
    let other = other.replace("\"monotonic\"", "\"monotonic\", unit = \"s\"");
    assert_eq!(
        Settings::parse(&other, "x.toml").expect_err("two units").to_string(),
        "x.toml:9:49: record.field[a].source.clock.unit: \"s\" is not the unit of the field, \"ns\"; \
         write unit = \"ns\""
    );
}

#[test]
fn a_file_gives_a_number_or_a_text() {
    let load = file("f32", "path = \"/proc/loadavg\"");
    assert_eq!(load.paths, [Path::new("/proc/loadavg")]);
    assert_eq!((load.key.as_ref(), &load.take), (None, &Take::Sum(vec![1])));
    assert_eq!((load.scale, load.rate, load.default), (1.0, false, None));

    let busy =
        "path = [\"/a\", \"/b\"], key = \"cpu MHz:\", column = [1, 3], scale = -0.5, rate = true";
    let busy = file("u64", busy);
    assert_eq!(busy.paths, [Path::new("/a"), Path::new("/b")]);
    assert_eq!(busy.key, Some(vec!["cpu".to_owned(), "MHz".to_owned()]));
    assert_eq!((busy.take, busy.scale, busy.rate), (Take::Sum(vec![1, 3]), -0.5, true));

    assert_eq!(file("char[8]", "path = \"/a\"").take, Take::Rest);
    assert_eq!(file("char", "path = \"/a\", column = 2").take, Take::Word(2));
    assert_eq!(file("bool", "path = \"/a\"").take, Take::Sum(vec![1]));
    let default = file("u8", "path = \"/a\", default = 7").default.expect("a default");
    assert_eq!(*default, Value::Uint(7));
}

#[test]
fn a_wave_and_a_random_number_stay_in_their_range() {
    let shape = "{ shape = \"saw\", min = -5, max = 5, period = \"1s\", phase = 0.5 }";
    let Source::Wave(wave) = source("i8", &format!("{{ wave = {shape} }}")) else { panic!() };
    let range = Range::Whole { min: -5, max: 5 };
    let period = Duration::from_secs(1);
    assert_eq!(wave, Wave { shape: WaveShape::Saw, range, period, phase: 0.5 });

    let Source::Random(random) =
        source("u64", "{ random = { min = 0, max = 18446744073709551615 } }")
    else {
        panic!()
    };
    assert_eq!(random.range, Range::Whole { min: 0, max: u64::MAX.into() });
    let Source::Random(random) = source("f32", "{ random = { min = 0, max = 0.5, seed = 7 } }")
    else {
        panic!()
    };
    let range = Range::Real { min: 0.0, max: 0.5 };
    assert_eq!(random, Random { range, seed: Some(7) });
}

#[test]
fn an_input_is_the_member_of_its_name_or_what_its_key_says() {
    let input = |keys: &str| source("f32[3]", &format!("{{ input = {keys} }}"));
    assert_eq!(input("{}"), Source::Input(InputKey::Member("a".into()).into()));
    assert_eq!(input("{ key = \"x.y\" }"), Source::Input(InputKey::Member("x.y".into()).into()));
    assert_eq!(input("{ key = \"/x/y\" }"), Source::Input(InputKey::Pointer("/x/y".into()).into()));
}

#[test]
fn an_input_may_be_64_steps_deep_and_no_deeper() {
    let text = |steps: usize| {
        let key = "/a".repeat(steps);
        format!("{REGION}{RECORD}source = {{ input = {{ key = \"{key}\" }} }}\n")
    };
    parse(&text(64));
    let error = Settings::parse(&text(65), "x.toml").expect_err("too deep").to_string();
    let end = "is not a JSON pointer of at most 64 steps; write a shorter one";
    assert!(error.ends_with(end), "{error}");
}
