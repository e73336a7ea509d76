//! A configuration of any text: settings that hold together, or one line that says what is wrong.

use settings::{EMBEDDED, Settings};

pub(super) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    match Settings::parse(&text, "fuzz.toml") {
        Ok(settings) => {
            assert!(settings.record.schema.size() > 0);
            let sources = settings.record.sources.len();
            assert!(sources == 0 || sources == settings.record.schema.fields().len());
            assert_eq!(settings.check_publishable("fuzz.toml").is_ok(), sources > 0);
        }
        Err(error) => {
            let said = error.to_string();
            assert!(super::is_harmless(&said), "{said:?}");
            assert!(said.starts_with("fuzz.toml"), "{said}");
        }
    }
}

/// One field with each kind of source, shorter than what is shipped.
const SHORT: &str = r#"
[region]
path = "./a.region"
slots = 16
mode = "0640"
[record]
name = "A"
[[record.field]]
name = "c"
type = "char[8]"
source = { const = "x" }
[[record.field]]
name = "f"
type = "f64"
unit = "1"
source = { file = { path = ["/a", "/b"], key = "k w", column = [1, 2], scale = 0.5, rate = true, default = nan } }
[[record.field]]
name = "m"
type = "u8"
labels = { 1 = "yes" }
source = { file = { path = "/a*/[b]?", regex = '(\d+)/', hex = true, rate = true, wraps = 32 } }
[[record.field]]
name = "n"
type = "u8"
source = { file = { path = "/a*", count = true } }
[[record.field]]
name = "d"
type = "u64"
source = { disk = { path = "/", what = "used", default = 0 } }
[[record.field]]
name = "e"
type = "f32"
source = { expr = "-min(f, 2e1) * (d - 1) / n" }
[[record.field]]
name = "t"
type = "i64"
source = { clock = { kind = "boottime", unit = "ns" } }
[[record.field]]
name = "w"
type = "i8"
labels = { 0 = "off", 1 = "on" }
source = { wave = { shape = "saw", min = -1, max = 0x1f, period = "1s", phase = 0.5 } }
[[record.field]]
name = "r"
type = "u8"
offset = 80
source = { random = { min = 1, max = 6, seed = 42 } }
[[record.field]]
name = "i"
type = "bool"
source = { input = { key = "/a/b" } }
[producer]
tick = "10ms"
input = "/p"
max_line = "1KiB"
[consumer]
poll = "2s"
line = "{c}\t{f:.1}"
"#;

/// The configurations that are shipped, but for the longest.
const SHIPPED: [&str; 6] = [
    SHORT,
    EMBEDDED,
    include_str!("../../../../config/sensor-input.toml"),
    include_str!("../../../../config/wave.toml"),
    include_str!("../../../../config/disks.toml"),
    include_str!("../../../../config/quotes.toml"),
];

pub(super) fn seeds() -> Vec<Vec<u8>> {
    SHIPPED.map(|text| text.as_bytes().to_vec()).into()
}
