//! The configurations that ship with the project: each loads, and each is right for a real machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use layout::{Record as _, RecordBuf, Stu, Value};
use settings::{Address, BridgeSettings, ConsumerSettings, Format, Settings, Source};

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
        if path.ends_with("bridge") {
            continue; // of another program
        }
        assert_eq!(path.extension().and_then(|e| e.to_str()), Some("toml"), "{path:?}");
        let settings = Settings::load(&path).unwrap_or_else(|error| panic!("{error}"));
        settings.check_publishable(&path).unwrap_or_else(|error| panic!("{error}"));
        let name = path.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
        assert!(settings.consumer.line.is_some(), "{name} has no line for people");
        names.push(name);
    }
    names.sort();
    let all =
        ["disks", "drone", "host", "net", "quotes", "sensor-input", "stu", "students", "wave"];
    assert_eq!(names, all);
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
            Source::Counter(counter) => Value::Int(counter.start.try_into().expect("an i64")),
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

#[test]
fn a_reload_of_the_same_file_changes_nothing() {
    for name in [
        "disks.toml",
        "drone.toml",
        "host.toml",
        "net.toml",
        "quotes.toml",
        "stu.toml",
        "wave.toml",
    ] {
        assert_eq!(shipped(name), shipped(name), "{name}");
    }
    let mut other = shipped("stu.toml");
    other.consumer = ConsumerSettings { poll: std::time::Duration::from_secs(3), ..other.consumer };
    assert_ne!(other, shipped("stu.toml"));
}

#[test]
fn the_shipped_configuration_of_the_bridge_loads() {
    BridgeSettings::load(&config().join("bridge/bridge.toml"))
        .unwrap_or_else(|error| panic!("{error}"));
}
