//! `--check`: what a configuration would publish, with each source's value as read now, as a table on
//! stdout; of instances a line each. A source without a value is warned of on stderr, as at a start.
//!
//! Invariant: a row is one line; paths and keys can neither add a row nor control the terminal.

mod instances;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use daemon::{PassedFd, one_line, with_next_step};
use layout::header::Header;
use layout::text::{counted, plain, shorten};
use layout::{RecordBuf, Schema};
use region::{RegionErrorKind, Surroundings, ToPlace as _};
use render::{Align, table};
use settings::{Format, ProducerSettings, Settings, Source, duration_text};

use crate::cli::{Args, RegionArgument};
use crate::configs::{Config, Configs};
use crate::conflict::{self, Claim};
use crate::describe::describe;
use crate::error::{Kind, ProducerError};
use crate::input::check_input;
use crate::messages::warnings;
use crate::run::{Wanted, refused_settings};
use crate::sink;
use crate::sources::{Moment, Sources};

const HEAD: [(&str, Align); 7] = [
    ("offset", Align::Right),
    ("size", Align::Right),
    ("type", Align::Left),
    ("name", Align::Left),
    ("value", Align::Left),
    ("unit", Align::Left),
    ("source", Align::Left),
];

/// Prints layout and region of each configuration. Creates and changes nothing.
///
/// # Errors
/// That of the first bad one, after the others are printed; the rest are logged.
pub(crate) fn print(args: &Args) -> Result<(), ProducerError> {
    let (mut failed, mut seen) = (None, Vec::new());
    for config in Configs::of(args)?.list()? {
        match checked(args, &config, &seen) {
            Ok((text, settings, path)) => {
                let gap = if seen.is_empty() { "" } else { "\n" };
                daemon::print(&format!("{gap}{text}"))?;
                seen.push((config, settings, path));
            }
            Err(error) if failed.is_none() => failed = Some(error),
            Err(error) => tracing::error!("{}", one_line(&error)),
        }
    }
    failed.map_or(Ok(()), Err)
}

/// A configuration, its settings and the path of its region.
type Seen = (Config, Settings, PathBuf);

fn checked(
    args: &Args,
    config: &Config,
    seen: &[Seen],
) -> Result<(String, Settings, PathBuf), ProducerError> {
    let settings = args.load(config)?;
    let address = match &args.region {
        Some(RegionArgument::Descriptor(name)) => Path::new(&PassedFd::label(name)).into(),
        _ => settings.region.address.place().to_write()?,
    };
    let path = address.path().to_owned();
    let claims = seen.iter().map(|(config, settings, path)| {
        let wanted = Wanted::of(settings);
        Claim { config, settings, path: Some(path), wanted }
    });
    conflict::check(config, &settings, claims)?;
    if args.region.as_ref().is_none_or(RegionArgument::is_address) {
        refuse_what_is_there(&address, &settings)?;
        warn_of_place(&address);
    }
    for error in refused_settings(Wanted::of(&settings)) {
        tracing::warn!("{}", one_line(&error));
    }
    if let Some(pipe) = settings.producer.input.as_ref().filter(|_| settings.reads_input())
        && let Err(error) = check_input(pipe)
    {
        tracing::warn!("{error}");
    }
    Ok((report(&settings, &path.display().to_string())?, settings, path))
}

/// Warns of what a start would warn of, or may fail for.
fn warn_of_place(address: &region::Address) {
    let path = address.path().display();
    match Surroundings::of(address) {
        Ok(surroundings) => {
            for text in warnings(&surroundings) {
                tracing::warn!(region = %path, "{path}: {text}");
            }
        }
        Err(error) => tracing::warn!(region = %path, "{}", with_next_step(&error)),
    }
}

/// An error if a start would fail for the file that is there, or because its directory is not. What else this machine
/// does not have is a warning: the one that the configuration is for may have it.
fn refuse_what_is_there(
    address: &region::Address,
    settings: &Settings,
) -> Result<(), ProducerError> {
    match sink::would_open(address, settings) {
        Err(error) if matches!(error.kind(), RegionErrorKind::NoSuchGroup(_)) => {
            tracing::warn!(region = %address.path().display(), "{}", with_next_step(&error));
            Ok(())
        }
        checked => Ok(checked?),
    }
}

/// What the file is like.
fn format_in_words(settings: &Settings) -> Result<String, ProducerError> {
    if settings.region.format == Format::Bare {
        let what = match settings.record.structs().get() {
            1 => "the struct alone".to_owned(),
            count => counted(count, "struct"),
        };
        return Ok(format!("bare: {what}, readers may see half-written records"));
    }
    let header = plan(settings)?;
    let slots = counted(header.slots, "slot");
    let (stride, len) = (header.slot_stride, header.file_len);
    Ok(format!("mapcast, {slots} of {stride} bytes, {len} bytes in all"))
}

fn report(settings: &Settings, path: &str) -> Result<String, ProducerError> {
    let (schema, region) = (&*settings.record.schema, &settings.region);
    let mut text = String::new();
    let mut say = |what: &str, value: &str| {
        let _ = writeln!(text, "{what:<12} {}", plain(value));
    };
    say("region", path);
    say("format", &format_in_words(settings)?);
    say("mode", &format!("{:04o}", region.mode));
    let (name, size, align) = (schema.name(), counted(schema.size(), "byte"), schema.align());
    say("record", &format!("{name}, {size}, aligned to {align}"));
    if let Some(instances) = &settings.record.instances {
        say("instances", &instances::in_words(instances));
    }
    say("fingerprint", &format!("{:#018x}", schema.fingerprint()));
    if settings.record.sources.is_empty() {
        say("sources", "none: it describes what another program publishes");
    } else {
        say("tick", &duration_text(settings.producer.tick));
    }
    if settings.consumer.line.is_some() && schema.line().is_none() {
        say("line", "only for consumers that are given this file");
    }
    for (what, value) in producer_rows(settings) {
        if let Some(value) = value {
            say(what, &value);
        }
    }
    text.push('\n');
    let record = &settings.record;
    if record.instances.is_none() {
        text.push_str(&table(&HEAD, &rows(schema, &record.sources, &sampled(settings))));
        return Ok(text);
    }
    text.push_str(&table(&HEAD, &rows(schema, &record.sources, &[])));
    text.push_str(&instances::sampled(settings)?);
    Ok(text)
}

/// Where the values come from and what the process asks for; `None`: nothing to say.
fn producer_rows(settings: &Settings) -> [(&'static str, Option<String>); 6] {
    let ProducerSettings { input, input_deadline, busy_wait, cpu, priority, lock_memory, .. } =
        &settings.producer;
    let input =
        input.as_ref().map_or("standard input".to_owned(), |path| path.display().to_string());
    [
        ("input", settings.reads_input().then_some(input)),
        ("deadline", input_deadline.map(duration_text)),
        ("busy wait", (!busy_wait.is_zero()).then(|| duration_text(*busy_wait))),
        ("cpu", cpu.map(|cpu| cpu.to_string())),
        ("priority", priority.map(|priority| format!("{priority}, SCHED_FIFO"))),
        ("memory", lock_memory.then(|| "locked".to_owned())),
    ]
}

/// The header of the region.
fn plan(settings: &Settings) -> Result<Header, ProducerError> {
    let geometry = |error: String| ProducerError(Kind::Geometry(error));
    let plain = Header::plan(&settings.record.schema, settings.region.slots)
        .map_err(|error| geometry(error.to_string()))?;
    match &settings.record.instances {
        None => Ok(plain),
        Some(instances) => {
            plain.with_instances(instances.max()).map_err(|error| geometry(error.to_string()))
        }
    }
}

/// The value of each field, sampled once; `-` for one that has none yet. Empty if there are no sources.
fn sampled(settings: &Settings) -> Vec<String> {
    if settings.record.sources.is_empty() {
        return Vec::new();
    }
    let now = Moment::now();
    let mut sources = Sources::new(&settings.record, now);
    let mut record = sources.first_record();
    sources.sample(now, &mut record);
    let fields = 0..settings.record.schema.fields().len();
    let value = |index| if sources.has_value(index) { value(&record, index) } else { "-".into() };
    fields.map(value).collect()
}

/// The value of a field as a consumer prints it, cut short.
fn value(record: &RecordBuf, index: usize) -> String {
    shorten(&record.view().shown(&record.schema().fields()[index], None).to_string())
}

type Row = [String; 7];

/// One row per field in the order of their offsets, and one for each hole between them.
fn rows(schema: &Schema, sources: &[Source], values: &[String]) -> Vec<Row> {
    let mut fields: Vec<_> = schema.fields().iter().enumerate().collect();
    fields.sort_by_key(|(_, field)| field.offset());
    let mut rows = Vec::new();
    let mut end = 0;
    for (index, field) in fields {
        rows.extend(padding(end, field.offset()));
        rows.push([
            field.offset().to_string(),
            field.ctype().size().to_string(),
            field.ctype().to_string(),
            field.name().to_owned(),
            values.get(index).cloned().unwrap_or_default(),
            field.unit().to_owned(),
            sources.get(index).map(|source| plain(&describe(source))).unwrap_or_default(),
        ]);
        end = field.end();
    }
    rows.extend(padding(end, schema.size()));
    rows
}

fn padding(from: u32, to: u32) -> Option<Row> {
    let size = to.checked_sub(from).filter(|&size| size > 0)?;
    let mut row = Row::default();
    [row[0], row[1], row[2]] = [from.to_string(), size.to_string(), "(padding)".to_owned()];
    Some(row)
}

#[cfg(test)]
mod tests {
    use layout::header::Header;
    use layout::{Record, Stu};
    use settings::Settings;

    use super::{report, sampled};

    #[test]
    fn the_built_in_record_is_shown_with_its_padding() {
        let schema = Stu::schema();
        let len = Header::plan(&schema, 8).expect("a plan").file_len;
        let text = report(&Settings::embedded(), "/run/mapcast/stu.region").expect("a report");
        let want = format!(
            "\
region       /run/mapcast/stu.region
format       mapcast, 8 slots of 64 bytes, {len} bytes in all
mode         0644
record       STU, 28 bytes, aligned to 4
fingerprint  {:#018x}
tick         1s

offset  size  type       name  value     unit  source
     0     4  i32        id    10              counter from 10 by 1
     4    20  char[20]   name  xiaoming        const xiaoming
    24     1  char       sex   m               const m
    25     3  (padding)
",
            schema.fingerprint()
        );
        assert_eq!(text, want);
    }

    #[test]
    fn every_kind_of_source_is_described() {
        let fields = [
            ("f64", "clock = { kind = \"boottime\", unit = \"ms\" }", "clock boottime in ms"),
            (
                "u64",
                "file = { path = [\"/a\", \"/b\"], key = \"cpu\", column = [1, 2], rate = true, \
                 scale = 0.01, default = 0 }",
                "file /a or /b key cpu column 1+2 times 0.01 per second else 0",
            ),
            (
                "u64",
                "file = { path = \"/a\", regex = '(\\w+)/', hex = true, rate = true, wraps = 32 }",
                "file /a regex (\\w+)/ hexadecimal per second",
            ),
            ("u8", "file = { path = \"/a/*\", count = true }", "file /a/* count"),
            ("char[9]", "file = { path = \"/a\" }", "file /a"),
            (
                "u64",
                "disk = { path = \"/x\", what = \"used\", default = 0 }",
                "disk /x used else 0",
            ),
            ("f32", "expr = \"f0 * 2\"", "expr f0 * 2"),
            ("f32", "wave = { min = -1, max = 1, period = \"10s\" }", "wave sine -1 to 1 in 10s"),
            ("u8", "random = { min = 1, max = 6 }", "random 1 to 6"),
            ("u8", "input = { key = \"/a/b\" }", "input /a/b"),
            ("u8", "input = {}", "input f10"),
            ("u8", "input = { required = true }", "input f11 required"),
            ("u8", "input = { default = 3, max_age = \"5s\" }", "input f12 for 5s else 3"),
            ("f32", "input = { max_age = \"5s\" }", "input f13 for 5s else NaN"),
        ];
        let mut text = "[region]\nname = \"x\"\n[record]\nname = \"X\"\n".to_owned();
        for (index, (ctype, source, _)) in fields.iter().enumerate() {
            let lines =
                format!("name = \"f{index}\"\ntype = \"{ctype}\"\nsource = {{ {source} }}\n");
            text.push_str("[[record.field]]\n");
            text.push_str(&lines);
        }
        let settings = Settings::parse(&text, "test.toml").expect("settings");
        let report = report(&settings, "x").expect("a report");
        for (_, _, description) in fields {
            assert!(report.contains(&format!("  {description}\n")), "{description}:\n{report}");
        }
        assert!(report.contains("input        standard input\n"), "{report}");
    }

    #[test]
    fn each_source_is_sampled_once_and_its_value_shown() {
        let text = "[region]\nname = \"x\"\n[record]\nname = \"X\"\nfield = [\
            { name = \"on\", type = \"u8\", labels = { 1 = \"yes\" }, source = { const = 1 } },\
            { name = \"lost\", type = \"f32\", source = { file = { path = \"/no\" } } },\
            { name = \"else\", type = \"f32\", source = { file = { path = \"/no\", default = nan } } },\
            { name = \"line\", type = \"u8\", source = { input = {} } },\
            { name = \"up\", type = \"char\", source = { file = { path = \"/proc/uptime\", column = 1 } } },\
            { name = \"some\", type = \"f32[2]\", source = { const = [1, 2] } },\
            ]\n";
        let settings = Settings::parse(text, "test.toml").expect("settings");
        assert_eq!(sampled(&settings), ["yes", "-", "NaN", "-", "-", "[1, 2]"]);
    }

    #[test]
    fn a_record_without_sources_is_shown_with_its_layout_alone() {
        let text = "[region]\nname = \"x\"\nformat = \"bare\"\n[record]\nname = \"X\"\nfield = [\
            { name = \"a\", type = \"u8\", unit = \"m\" }, { name = \"b\", type = \"u16\" }]\n\
            [consumer]\nline = \"{a:>4}\"\n";
        let settings = Settings::parse(text, "test.toml").expect("settings");
        let report = report(&settings, "x.region").expect("a report");
        let want = "sources      none: it describes what another program publishes\n\
            line         only for consumers that are given this file\n\n\
            offset  size  type       name  value  unit  source\n     \
            0     1  u8         a            m\n     \
            1     1  (padding)\n     \
            2     2  u16        b\n";
        assert!(report.ends_with(want), "{report}");
    }

    #[test]
    fn a_path_or_key_can_neither_add_a_row_nor_control_the_terminal() {
        let text = "[region]\nname = \"x\"\n[record]\nname = \"X\"\n[[record.field]]\nname = \"a\"\n\
                    type = \"u32\"\nsource = { file = { path = \"p\\u001bq\\nr\\u202e\", key = \"\\u009b\" } }\n";
        let settings = Settings::parse(text, "test.toml").expect("settings");
        let report = report(&settings, "./x\x1b[31m\ny\u{202e}").expect("a report");
        assert!(report.starts_with("region       ./x\\u{1b}[31m\\ny\\u{202e}\n"), "{report:?}");
        let row = "file p\\u{1b}q\\nr\\u{202e} key \\u{9b} column 1\n";
        assert!(report.ends_with(row), "{report:?}");
    }
}
