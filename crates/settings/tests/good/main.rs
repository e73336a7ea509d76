//! What a configuration may say, and what it comes to.

mod sources;

use std::path::Path;
use std::time::Duration;

use settings::{Address, Format, InputKey, ProducerSettings, Settings, Source};

const REGION: &str = "[region]\nname = \"r\"\n";
const RECORD: &str = "[record]\nname = \"R\"\n[[record.field]]\nname = \"a\"\ntype = \"i32\"\n";

#[track_caller]
fn parse(text: &str) -> Settings {
    Settings::parse(text, "x.toml").unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn with_region(keys: &str) -> Settings {
    parse(&format!("[region]\nname = \"r\"\n{keys}\n{RECORD}"))
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
fn a_line_of_input_may_be_as_long_as_the_record_needs() {
    let max = |ctype: &str, source: &str, more: &str| {
        let field = format!("field = [{{ name = \"f\", type = \"{ctype}\"{source} }}]");
        let producer = parse(&format!("{REGION}[record]\nname = \"R\"\n{field}\n{more}")).producer;
        usize::try_from(producer.max_line).expect("at most 64 MiB")
    };
    let input = ", source = { input = {} }";
    let list =
        |value: &str, count: usize| format!("{{\"f\": [{}]}}", vec![value; count].join(", "));
    for (ctype, longest) in [
        ("f64[10000]", list("-2.2250738585072014e-308", 10_000)),
        ("u8[100000]", list("255", 100_000)),
        ("i64[10000]", list("-9223372036854775808", 10_000)),
        ("bool[20000]", list("false", 20_000)),
        ("char[20000]", format!("{{\"f\": \"{}\"}}", "\\u001b".repeat(20_000))),
    ] {
        let have = max(ctype, input, "");
        assert!((longest.len()..2 * longest.len()).contains(&have), "{ctype}: {have}");
    }
    let label = format!(", labels = {{ 1 = \"{}\" }}{input}", "x".repeat(1000));
    assert!(max("u8[100]", &label, "") > 100_000);
    assert_eq!(max("f64[10000]", input, "[producer]\nmax_line = \"1KiB\"\n"), 1024);
    assert_eq!(max("u8[16000000]", input, ""), 64 << 20);
    assert_eq!((max("f64[10000]", "", ""), max("u8", input, "")), (65_536, 65_536));
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
    let manual = include_str!("../../../../docs/configuration.md");
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
    let text = include_str!("../../../../config/sensor-input.toml");
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
