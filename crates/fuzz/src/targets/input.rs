//! Lines on a producer's input, in pieces of any size: records, also of instances, or a message for each bad
//! line.
//!
//! ```text
//!   | longest line | piece | bytes of the stream ... |
//! ```

use std::sync::{Arc, OnceLock};

use producer::fuzzing;
use settings::{InputInstances, InputKey, Instances, Settings, WhenFull};

/// One field of every kind, one key for two of them, and keys inside of objects.
const RECORD: &str = r#"
[region]
name = "fuzz"
[record]
name = "FUZZ"
[[record.field]]
name = "t"
type = "f32"
source = { input = {} }
[[record.field]]
name = "count"
type = "u8"
labels = { 0 = "none", 1 = "one" }
source = { input = { key = "n" } }
[[record.field]]
name = "room"
type = "char[8]"
source = { input = {} }
[[record.field]]
name = "place"
type = "f64[3]"
source = { input = { key = "/imu/accel" } }
[[record.field]]
name = "first"
type = "i64"
source = { input = { key = "/imu/accel/0" } }
[[record.field]]
name = "alarm"
type = "bool"
source = { input = { key = "n" } }
"#;

fn settings() -> Settings {
    static SETTINGS: OnceLock<Settings> = OnceLock::new();
    SETTINGS.get_or_init(|| Settings::parse(RECORD, "fuzz.toml").expect("a record")).clone()
}

pub(super) fn run(input: &[u8]) {
    let [longest, piece, stream @ ..] = input else { return };
    let mut settings = settings();
    settings.producer.max_line = u64::from(*longest) * 8;
    check(&settings, *piece, stream);
    let key = InputKey::Member("room".to_owned());
    let instances =
        InputInstances { key, only: Arc::default(), max: 2, full: WhenFull::RetireOldest };
    settings.record.instances = Some(Instances::Input(instances));
    check(&settings, *piece, stream);
}

fn check(settings: &Settings, piece: u8, stream: &[u8]) {
    let pieces = stream.chunks(usize::from(piece).max(1));
    let said = fuzzing::read_lines(settings, pieces);
    let lines = stream.split(|byte| *byte == b'\n').count();
    assert!(said.len() <= lines, "{} outcomes of {lines} lines", said.len());
    for message in said.into_iter().flatten() {
        assert!(super::is_harmless(&message), "{message:?}");
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let good = r#"{"t": 21.5, "n": "one", "room": "lab", "imu": {"accel": [1, 2.5, -3e2]}}"#;
    let texts = [
        format!("{good}\n{{\"n\": 1}}\r\n\n{{\"t\": null}}\n[1]\nnonsense\n"),
        format!("{{\"room\": \"\\u0000\\ud834\\udd1e\", \"n\": 256}}\n{good}"),
        "[".repeat(300),
        "{\"\x1b[2J\": \"\u{202e}\"}\n".to_owned(),
    ];
    texts
        .iter()
        .flat_map(|text| [[255, 255], [8, 3]].map(|at| [&at, text.as_bytes()].concat()))
        .collect()
}
