//! The configurations that ship with the project: each loads, and each is right for a real machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use layout::{Record as _, RecordBuf, Stu, Value};
use settings::{Address, ConsumerSettings, FileSource, Format, Reading, Settings, Source};

fn config() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config")
}

fn shipped(name: &str) -> Settings {
    Settings::load(&config().join(name)).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_shipped_configuration_loads_and_can_be_published() {
    let mut names = Vec::new();
    for entry in fs::read_dir(config()).expect("the folder of the configurations") {
        let path = entry.expect("an entry").path();
        assert_eq!(path.extension().and_then(|e| e.to_str()), Some("toml"), "{path:?}");
        let settings = Settings::load(&path).unwrap_or_else(|error| panic!("{error}"));
        settings.check_publishable(&path).unwrap_or_else(|error| panic!("{error}"));
        let name = path.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
        assert!(settings.consumer.line.is_some(), "{name} has no line for people");
        names.push(name);
    }
    names.sort();
    assert_eq!(names, ["host", "sensor-input", "stu", "wave"]);
}

/// What the tutorial's struct is at compile time, the default configuration is at run time.
#[test]
fn the_default_configuration_is_the_struct_stu_byte_for_byte() {
    let settings = Settings::embedded();
    let (configured, compiled) = (&*settings.record.schema, Stu::schema());
    assert_eq!(*configured, compiled);
    assert_eq!(configured.encode(), compiled.encode());
    assert_eq!(configured.fingerprint(), compiled.fingerprint());
    assert_eq!(configured.size() as usize, size_of::<Stu>());

    let mut record = RecordBuf::new(Arc::clone(&settings.record.schema));
    for (index, source) in settings.record.sources.iter().enumerate() {
        let value = match source {
            Source::Const(constant) => constant.value().clone(),
            Source::Counter(counter) => counter.at(0),
            other => panic!("{other:?}"),
        };
        record.set(index, &value).expect("the field can hold it");
    }
    assert_eq!(record.bytes(), bytemuck::bytes_of(&Stu::new(10, "xiaoming", 'm')));
    assert_eq!(record.view().line().to_string(), "id=10\tname=xiaoming\tm");
}

#[test]
fn the_default_configuration_says_what_the_tutorial_does() {
    let settings = Settings::embedded();
    assert_eq!(settings, shipped("stu.toml"));
    let region = &settings.region;
    assert_eq!((&region.address, region.format), (&Address::Name("stu".into()), Format::Mapcast));
    assert_eq!((region.mode, region.group.as_deref()), (0o644, None));
    assert_eq!((region.slots, region.wake), (8, true));
    assert_eq!(settings.producer.tick.as_millis(), 1000);
    assert_eq!(settings.consumer.poll.as_millis(), 2000);
}

/// A file that is there is read as the configuration says; one that is not needs a default.
#[test]
fn the_host_configuration_reads_this_machine() {
    let settings = shipped("host.toml");
    let schema = &settings.record.schema;
    for (field, source) in schema.fields().iter().zip(&settings.record.sources) {
        let Source::File(file) = source else { panic!("{}: {source:?}", field.name()) };
        let Some(contents) = file.paths.iter().find_map(|path| fs::read_to_string(path).ok())
        else {
            assert!(file.default.is_some(), "{}: none of its files is here", field.name());
            continue;
        };
        match file.read(&contents).unwrap_or_else(|e| panic!("{}: {e}", field.name())) {
            Reading::Text(text) => assert!(field.ctype().is_text() && !text.is_empty()),
            Reading::Number(_) | Reading::Whole(_) | Reading::Real(_) => {
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
    match file.read(&contents).expect("a value") {
        #[expect(clippy::cast_precision_loss, reason = "for a comparison with a margin")]
        Reading::Whole(number) => number as f64 * file.scale,
        Reading::Real(number) => number * file.scale,
        Reading::Number(digits) => digits.to_f64() * file.scale,
        Reading::Text(text) => panic!("{text:?}"),
    }
}

/// The columns are the right ones: the sums the kernel's own documentation promises hold.
#[test]
fn the_numbers_of_the_host_make_sense() {
    let settings = shipped("host.toml");
    let value = |field| scaled(&settings, field);
    let (uptime, total, available) = (value("uptime"), value("mem_total"), value("mem_available"));
    assert!(uptime > 0.0 && available > 0.0 && available <= total, "{uptime} {available} {total}");
    assert!(total > 16.0 * 1024.0 * 1024.0, "memory in bytes, not kB: {total}");
    assert!(value("running") >= 1.0, "this very thread runs");

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
fn a_host_without_a_sensor_says_that_it_does_not_know_its_temperature() {
    let settings = shipped("host.toml");
    let file = file_source(&settings, "temperature");
    assert_eq!(file.paths[0], Path::new("/sys/class/thermal/thermal_zone0/temp"));
    assert!(
        matches!(file.read("45500\n"), Ok(Reading::Number(number)) if number.as_str() == "45500")
    );
    let Some(Value::F32(default)) = file.default.as_deref() else { panic!("{:?}", file.default) };
    assert!(default.is_nan());
}

#[test]
fn a_reload_of_the_same_file_changes_nothing() {
    for name in ["host.toml", "sensor-input.toml", "stu.toml", "wave.toml"] {
        assert_eq!(shipped(name), shipped(name), "{name}");
    }
    let mut other = shipped("stu.toml");
    other.consumer = ConsumerSettings { poll: std::time::Duration::from_secs(3), ..other.consumer };
    assert_ne!(other, shipped("stu.toml"));
}
