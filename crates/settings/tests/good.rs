//! What a configuration may say, and what it comes to.

use std::path::Path;
use std::time::Duration;

use layout::Value;
use settings::{
    Address, ClockKind, Counter, FileSource, Format, InputKey, ProducerSettings, Random, Range,
    Settings, Source, Take, TimeUnit, Wave, WaveShape,
};

const REGION: &str = "[region]\nname = \"r\"\n";
const RECORD: &str = "[record]\nname = \"R\"\n[[record.field]]\nname = \"a\"\ntype = \"i32\"\n";

#[track_caller]
fn parse(text: &str) -> Settings {
    Settings::parse(text, "x.toml").unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn with_region(keys: &str) -> Settings {
    parse(&format!("[region]\nname = \"r\"\n{keys}\n{RECORD}"))
}

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
fn a_key_that_is_left_out_has_a_default() {
    let settings = parse(&format!("{REGION}{RECORD}"));
    let region = &settings.region;
    assert_eq!((region.format, region.mode, region.slots), (Format::Mapcast, 0o644, 8));
    assert!(region.wake && region.group.is_none());
    assert_eq!(settings.producer, ProducerSettings::default());
    assert_eq!(settings.producer.tick, Duration::from_secs(1));
    assert_eq!((settings.producer.max_line, settings.producer.input), (65_536, None));
    assert_eq!(settings.consumer.poll, Duration::from_secs(2));
    assert_eq!((settings.consumer.line, settings.record.schema.line()), (None, None));
}

#[test]
fn what_a_producer_asks_of_its_process_is_off_unless_it_is_given() {
    let of = |more: &str| {
        let producer = parse(&format!("{REGION}{RECORD}[producer]\n{more}")).producer;
        (producer.busy_wait, producer.cpu, producer.priority, producer.lock_memory)
    };
    assert_eq!(of(""), (Duration::ZERO, None, None, false));
    let all = "busy_wait = \"10ms\"\ncpu = 0\npriority = 99\nlock_memory = true\n";
    assert_eq!(of(all), (Duration::from_millis(10), Some(0), Some(99), true));
}

#[test]
fn a_mode_is_octal_however_it_is_written() {
    for (written, bits) in
        [("\"0644\"", 0o644), ("\"644\"", 0o644), ("0o640", 0o640), ("\"0600\"", 0o600)]
    {
        assert_eq!(with_region(&format!("mode = {written}")).region.mode, bits, "{written}");
    }
}

#[test]
fn slots_are_any_power_of_two_within_the_limits() {
    for slots in [4, 8, 1024, 65_536] {
        assert_eq!(with_region(&format!("slots = {slots}")).region.slots, slots);
    }
}

#[test]
fn a_region_can_be_bare_quiet_and_of_a_group() {
    let region = with_region("format = \"bare\"\nwake = false\ngroup = \"adm\"").region;
    assert_eq!((region.format, region.wake), (Format::Bare, false));
    assert_eq!(region.group.as_deref(), Some("adm"));
}

#[test]
fn a_region_may_be_any_file() {
    let text = format!("[region]\npath = \"/srv/x y.bin\"\n{RECORD}");
    assert_eq!(parse(&text).region.address, Address::Path("/srv/x y.bin".into()));
}

#[test]
fn durations_and_sizes_are_read_as_people_write_them() {
    let tick = |text: &str| {
        parse(&format!("{REGION}{RECORD}[producer]\ntick = \"{text}\"\n")).producer.tick
    };
    assert_eq!(tick("250ms"), Duration::from_millis(250));
    assert_eq!(tick("1m 30s"), Duration::from_secs(90));
    assert_eq!(tick("1ns"), Duration::from_nanos(1));
    assert_eq!(tick("365days"), settings::MAX_DURATION);
    let size = |value: &str| {
        parse(&format!("{REGION}{RECORD}[producer]\nmax_line = {value}\n")).producer.max_line
    };
    assert_eq!(size("\"64KiB\""), 65_536);
    assert_eq!(size("\"1 kB\""), 1000);
    assert_eq!(size("\"1.5KiB\""), 1536);
    assert_eq!(size("4096"), 4096);
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

#[test]
fn labels_name_values_and_constants_may_use_them() {
    let labels = "{ 10 = \"ten\", -1 = \"less\", 2 = \"two\" }";
    let field =
        format!("name = \"a\"\ntype = \"i8\"\nlabels = {labels}\nsource = {{ const = \"two\" }}");
    let record = format!("[record]\nname = \"R\"\n[[record.field]]\n{field}\n");
    let settings = parse(&format!("{REGION}{record}"));
    let labels = settings.record.schema.fields()[0].labels();
    let values: Vec<_> = labels.iter().map(|label| label.value).collect();
    assert_eq!(values, [-1, 2, 10]);
}

#[test]
fn a_record_of_somebody_else_is_described_without_sources() {
    let field = |name, offset| {
        format!(
            "[[record.field]]\nname = \"{name}\"\ntype = \"u16\"\noffset = {offset}\nhelp = \"h\"\n"
        )
    };
    let fields = field("later", 30) + &field("sooner", 2);
    let settings = parse(&format!("{REGION}[record]\nname = \"R\"\n{fields}"));
    assert_eq!(settings.record.schema.field("sooner").map(layout::Field::offset), Some(2));
    assert!(settings.record.sources.is_empty());
    let error = settings.check_publishable("x.toml").expect_err("nothing to publish");
    assert_eq!(
        error.to_string(),
        "x.toml: record: no field has a source, so there is nothing to publish; \
         give each field a source"
    );
    Settings::embedded().check_publishable("x.toml").expect("has sources");
}

#[test]
fn an_input_is_taken_from_a_pipe_if_a_field_reads_it() {
    let text = format!("{REGION}{RECORD}source = {{ input = {{}} }}\n[producer]\ninput = \"/p\"\n");
    let settings = parse(&text);
    assert!(settings.reads_input() && !Settings::embedded().reads_input());
    assert_eq!(settings.producer.input.as_deref(), Some(Path::new("/p")));
}

#[test]
fn readers_expect_three_signs_of_life_until_the_deadline_of_the_input() {
    let text = format!("{REGION}{RECORD}source = {{ input = {{}} }}\n[producer]\ntick = \"7s\"\n");
    assert_eq!(parse(&text).producer.period(), Duration::from_secs(7));
    let settings = parse(&format!("{text}input_deadline = \"1500ms\"\n"));
    assert_eq!(settings.producer.input_deadline, Some(Duration::from_millis(1500)));
    assert_eq!(settings.producer.period(), Duration::from_millis(500));
}

#[test]
fn comments_order_and_spelling_make_no_difference_but_every_value_does() {
    let one = parse(&format!("{REGION}slots = 8\n{RECORD}[producer]\ntick = \"1s\"\n"));
    let two = parse(&format!("# x\n[producer]\ntick = \"1000ms\"\n{RECORD}\n{REGION}"));
    assert_eq!(one, two);
    for change in ["slots = 16", "mode = \"0600\"", "wake = false", "format = \"bare\""] {
        assert_ne!(with_region(change), one, "{change}");
    }
    for change in [
        "[producer]\ntick = \"2s\"",
        "[consumer]\npoll = \"3s\"",
        "[consumer]\nline = \"{a}\"",
        "unit = \"m\"",
    ] {
        assert_ne!(parse(&format!("{REGION}{RECORD}{change}\n")), one, "{change}");
    }
}

/// A piece of the manual that is not a whole file is put into one.
#[test]
fn every_configuration_in_the_manual_is_read() {
    let manual = include_str!("../../../docs/configuration.md");
    let blocks: Vec<_> = manual.split("```toml\n").skip(1).collect();
    assert!(blocks.len() >= 2);
    for block in blocks {
        let text = block.split("```").next().expect("the end of the block");
        let head = if text.contains("[region]") { "" } else { "[record]\nname = \"R\"\n" };
        let region = if text.contains("[region]") { "" } else { REGION };
        parse(&format!("{region}{head}{text}"));
    }
}

/// Whatever happens to a file on its way, it is read or refused in one line.
#[test]
fn no_damage_to_a_configuration_makes_the_reader_panic() {
    let text = include_str!("../../../config/sensor-input.toml");
    let config: String =
        text.lines().filter(|l| !l.starts_with('#')).map(|l| l.to_owned() + "\n").collect();
    let replacements = ["", "\"", "[", "}", "=", "\n", "9", "\0", "\u{20ac}", "'''"];
    for (count, at) in (0..config.len()).enumerate() {
        let replacement = replacements[count % replacements.len()];
        let damaged = format!("{}{replacement}{}", &config[..at], &config[at + 1..]);
        for text in [damaged.as_str(), &config[..at]] {
            if let Err(error) = Settings::parse(text, "x.toml") {
                let message = error.to_string();
                assert!(!message.contains(char::is_control), "{message:?}");
            }
        }
    }
}

#[test]
fn a_line_that_no_region_can_carry_is_the_consumers_alone() {
    let with = |line: &str| {
        let text = format!(
            "[region]\nname = \"x\"\n[record]\nname = \"X\"\n[[record.field]]\nname = \"a\"\n\
             type = \"i32\"\n[consumer]\nline = '{line}'\n"
        );
        let settings = Settings::parse(&text, "x.toml").expect(line);
        assert_eq!(settings.consumer.line.as_deref(), Some(line));
        settings.record.schema.line().is_some()
    };
    assert!(with("{a} {{}}") && with(r"a\n"));
    for own in ["{sequence} {a}", "{a:>8}", "{age:.3}", "{@epoch}"] {
        assert!(!with(own), "{own}");
    }
    assert!(!with(&"x".repeat(2000)), "longer than a region's");
}

#[test]
fn a_replay_fills_every_field_from_the_member_of_its_name() {
    let settings = Settings::embedded().replaying();
    let keys: Vec<String> = settings
        .record
        .sources
        .iter()
        .map(|source| match source {
            Source::Input(settings::InputSource {
                key: InputKey::Pointer(key),
                required: true,
                ..
            }) => key.clone(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(keys, ["/record/id", "/record/name", "/record/sex"]);
    assert!(settings.producer.ignore_unknown && settings.reads_input());
}
