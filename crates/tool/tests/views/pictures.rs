//! The page as docs/export.md shows it: `MAPCAST_PICTURES` says where the pictures go, without it they are not
//! kept.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mapcast::dynamic::{CType, FieldSpec, RecordBuf, Schema, Value, Writer};
use mapcast::{InstanceWriter, Options, Record};

use crate::browser::Browser;
use crate::installed;
use crate::server::Server;
use crate::world::World;

/// Points that a plot of a picture has at least.
const POINTS: u64 = 50;

#[repr(C)]
#[derive(Clone, Copy, Record)]
struct Quote {
    #[record(unit = "EUR", help = "of the last trade")]
    price: f64,
    #[record(help = "shares traded today")]
    volume: u64,
}

fn drone() -> Schema {
    let field =
        |name: &str, ctype: &str| FieldSpec::new(name, ctype.parse::<CType>().expect("a type"));
    let mode = field("mode", "u8").help("flight mode");
    Schema::builder("DRONE")
        .field(field("altitude", "f64").unit("m").help("above the start"))
        .field(field("velocity", "f32[3]").unit("m/s").help("north, east, down"))
        .field(field("battery", "f32").unit("%").help("charge"))
        .field(mode.label(0, "manual").label(1, "hold").label(2, "auto"))
        .field(field("name", "char[12]").help("call sign"))
        .field(field("flight_time", "u64").unit("ms"))
        .build()
        .expect("a schema")
}

/// What flies and what is traded, a step further with each tick.
struct Stage {
    drone: Writer,
    record: RecordBuf,
    quotes: InstanceWriter<Quote>,
    ticks: u32,
}

impl Stage {
    fn new(world: &World) -> Self {
        let drone_region = world.path("drone.region");
        let quotes = world.path("quotes.region");
        Self {
            drone: Writer::open(drone_region, &drone()).expect("a writer"),
            record: RecordBuf::new(Arc::new(drone())),
            quotes: Options::new().open_instances(quotes, 8).expect("a writer"),
            ticks: 0,
        }
    }

    fn tick(&mut self) {
        self.ticks += 1;
        let phase = f64::from(self.ticks) / 20.0;
        let velocity = [3.0 * phase.cos(), 2.0 * phase.sin(), -0.8 * (phase / 2.0).cos()];
        for (name, value) in [
            ("altitude", Value::F64(40.0 + 6.0 * (phase / 2.0).sin())),
            ("velocity", Value::List(velocity.map(Value::F64).to_vec())),
            ("battery", Value::F64(87.5 - phase / 4.0)),
            ("mode", Value::Uint(if self.ticks % 160 < 100 { 2 } else { 1 })),
            ("name", Value::from("kestrel")),
            ("flight_time", Value::Uint(u64::from(self.ticks) * 50)),
        ] {
            self.record.set_by_name(name, &value).expect("a value");
        }
        self.drone.publish(self.record.bytes()).expect("published");
        for (name, from) in [("ACME", 120.0), ("GLOBEX", 48.0), ("INITECH", 7.5)] {
            let wave = (phase * 1.7 + from).sin() + (phase * 0.6 + from / 3.0).sin();
            let price = (from * (1.0 + wave / 100.0) * 100.0).round() / 100.0;
            let instance = self.quotes.instance(name).expect("an instance");
            let quote = Quote { price, volume: u64::from(self.ticks) * 10 };
            self.quotes.publish(instance, &quote).expect("published");
        }
    }
}

/// Opens `path` of the page, lets the plots fill, and takes the picture `name`.
fn take(chromium: &Path, path: &str, name: &str) {
    let world = World::new();
    let mut stage = Stage::new(&world);
    stage.tick();
    let server = Server::start(&world, "");
    let mut browser = Browser::open(chromium, &format!("http://{}/{path}", server.address));
    let points = "typeof tracks === 'undefined' ? 0 \
                  : Math.max(0, ...[...tracks.values()].map((track) => track.times.length))";
    while browser.value(points).as_u64().unwrap_or(0) < POINTS {
        stage.tick();
        std::thread::sleep(Duration::from_millis(50));
    }
    let picture = browser.picture();
    assert!(picture.starts_with(b"\x89PNG\r\n\x1a\n"), "{} bytes", picture.len());
    if let Some(into) = std::env::var_os("MAPCAST_PICTURES") {
        fs::write(Path::new(&into).join(name), picture).expect("written");
    }
}

#[test]
fn a_record_in_the_light() {
    let Some(chromium) = installed("chromium") else { return };
    take(&chromium, "?theme=light#drone", "export.png");
}

#[test]
fn instances_in_the_dark() {
    let Some(chromium) = installed("chromium") else { return };
    take(&chromium, "?theme=dark#quotes/GLOBEX", "export-instances.png");
}
