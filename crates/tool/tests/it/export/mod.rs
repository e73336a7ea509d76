//! `export`: what Prometheus reads, who is answered, and the end.

mod clients;
mod http;
mod metrics;
mod regions;
mod textfile;

use std::sync::Arc;

use mapcast::dynamic::{CType, FieldSpec, RecordBuf, Schema, Value, Writer};

use crate::world::World;

/// One field of each kind.
fn drone() -> Schema {
    let field =
        |name: &str, ctype: &str| FieldSpec::new(name, ctype.parse::<CType>().expect("a type"));
    Schema::builder("DRONE")
        .field(field("battery", "f32").unit("%").help("charge"))
        .field(field("mode", "u8").label(0, "off").label(1, "auto \"x\""))
        .field(field("accel", "f32[3]").unit("m/s2"))
        .field(field("name", "char[8]"))
        .field(field("is_armed", "bool"))
        .field(field("ticks", "u64"))
        .field(field("image", "u8[300]"))
        .build()
        .expect("a schema")
}

fn publish_drone(world: &World) -> Writer {
    let mut writer = Writer::open(world.path("drone.region"), &drone()).expect("a writer");
    let mut record = RecordBuf::new(Arc::new(drone()));
    let accel = [0.5, -9.81, f64::NAN].map(Value::F64).to_vec();
    for (name, value) in [
        ("battery", Value::F64(12.5)),
        ("mode", Value::Uint(1)),
        ("accel", Value::List(accel)),
        ("name", Value::from("a\"b")),
        ("is_armed", Value::Bool(true)),
        ("ticks", Value::Uint(u64::MAX)),
    ] {
        record.set_by_name(name, &value).expect("a value");
    }
    writer.publish(record.bytes()).expect("published");
    writer
}
