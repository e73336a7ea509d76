//! The values of `config/host.toml` on this machine.

use std::fs;
use std::path::Path;

use layout::Value;
use settings::{FileSource, Settings, Source};

use super::files::matches;
use super::find::{Found, find};

fn host() -> Settings {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/host.toml");
    Settings::load(&path).unwrap_or_else(|error| panic!("{error}"))
}

/// An existing file is read as configured; a missing one needs a default.
#[test]
fn the_host_configuration_reads_this_machine() {
    let settings = host();
    let schema = &settings.record.schema;
    for (field, source) in schema.fields().iter().zip(&settings.record.sources) {
        let file = match source {
            Source::File(file) => file,
            Source::Disk(_) | Source::Expr(_) => continue,
            other => panic!("{}: {other:?}", field.name()),
        };
        let mut paths = file.paths.iter().flat_map(|path| matches(path));
        let Some(contents) = paths.find_map(|path| fs::read_to_string(path).ok()) else {
            assert!(file.default.is_some(), "{}: none of its files is here", field.name());
            continue;
        };
        match find(file, field.labels(), &contents)
            .unwrap_or_else(|e| panic!("{}: {e}", field.name()))
        {
            Found::Text(text) => assert!(field.ctype().is_text() && !text.is_empty()),
            Found::Number(_) | Found::Whole(_) | Found::Real(_) => {
                assert!(!field.ctype().is_text());
            }
        }
    }
}

fn file_source<'s>(settings: &'s Settings, field: &str) -> &'s FileSource {
    let index = settings.record.schema.index_of(field).expect("the field");
    let Source::File(file) = &settings.record.sources[index] else { panic!("{field}") };
    file
}

fn scaled(settings: &Settings, field: &str) -> f64 {
    let file = file_source(settings, field);
    let contents = fs::read_to_string(&file.paths[0]).expect("the file");
    match find(file, &[], &contents).expect("a value") {
        #[expect(clippy::cast_precision_loss, reason = "for a comparison with a margin")]
        Found::Whole(number) => number as f64 * file.scale,
        Found::Real(number) => number * file.scale,
        Found::Number(digits) => digits.to_f64() * file.scale,
        Found::Text(text) => panic!("{text:?}"),
    }
}

/// The columns are the right ones: the sums in the kernel's documentation hold.
#[test]
fn the_numbers_of_the_host_add_up() {
    let settings = host();
    let value = |field| scaled(&settings, field);
    let (uptime, total, available) = (value("uptime"), value("mem_total"), value("mem_available"));
    assert!(uptime > 0.0 && available > 0.0 && available <= total, "{uptime} {available} {total}");
    assert!(total > 16.0 * 1024.0 * 1024.0, "memory in bytes, not kB: {total}");
    assert!(value("running") >= 1.0, "this very thread runs");
    assert!(value("threads") >= 2.0, "this test has two");

    let before = value("switches");
    std::thread::yield_now();
    assert!(value("switches") >= before);

    // Parts read first are at most what the whole, read after them, has grown to.
    let parts = value("cpu_user") + value("cpu_system") + value("cpu_steal");
    let busy = value("cpu_busy");
    assert!(parts <= busy + 0.001, "{parts} of {busy} CPU seconds");
    let stat = fs::read_to_string("/proc/stat").expect("the file");
    let cpus = stat.lines().filter(|line| line.starts_with("cpu")).count();
    let most = f64::from(u32::try_from(cpus).expect("few")) * (value("uptime") + 1.0);
    assert!(busy <= most, "{busy} s, at most {most} s are possible");
}

#[test]
fn without_a_sensor_the_temperature_is_unknown() {
    let settings = host();
    let file = file_source(&settings, "temperature");
    assert_eq!(file.paths[0], Path::new("/sys/class/thermal/thermal_zone*/temp"));
    assert!(
        matches!(find(file, &[], "45500\n"), Ok(Found::Number(number)) if number.as_str() == "45500")
    );
    let Some(Value::F32(default)) = file.default.as_deref() else { panic!("{:?}", file.default) };
    assert!(default.is_nan());
}
