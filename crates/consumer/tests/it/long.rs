//! Records that take long to print: signals and the watchdog are served inside a line.

use std::io::{self, Read};

use layout::{CType, FieldSpec, Scalar, Schema};
use region::{DynWriter, Options};
use rustix::process::Signal;

use crate::manager::Manager;
use crate::world::{World, wait_until};

/// Publishes one record of 16 MiB whose text is slow to make: 342 digits for each of 2,097,152
/// floats, each of them 140 times.
fn slow_region(world: &World) -> DynWriter {
    let floats = CType::array(Scalar::F64, 1 << 21).unwrap();
    let schema = Schema::builder("SLOW")
        .field(FieldSpec::new("a", floats))
        .line("{a:.32}".repeat(140))
        .build()
        .unwrap();
    let record = f64::MIN.to_le_bytes().repeat(1 << 21);
    let options = Options::new().slots(4);
    let mut writer = DynWriter::open_with(world.path("x.region"), &schema, &options).unwrap();
    writer.publish(&record).unwrap();
    writer
}

/// Publishes one record of 4 MiB of numbers and text that JSON and CSV have to escape.
fn long_region(world: &World) -> DynWriter {
    let bytes = |scalar| CType::array(scalar, 2 << 20).unwrap();
    let schema = Schema::builder("LONG")
        .field(FieldSpec::new("a", bytes(Scalar::U8)))
        .field(FieldSpec::new("b", bytes(Scalar::Char)))
        .build()
        .unwrap();
    let options = Options::new().slots(4);
    let mut writer = DynWriter::open_with(world.path("x.region"), &schema, &options).unwrap();
    writer.publish(&vec![7; 4 << 20]).unwrap();
    writer
}

/// How many watchdog pings the manager receives from a consumer that prints one record and exits.
fn pings_during_one_line(world: &World, format: &str) -> usize {
    let mut manager = Manager::new(world);
    let mut consumer = manager.start(None, &["x", "--once", "--format", format]);
    let mut output = consumer.0.stdout.take().unwrap();
    let printed = std::thread::spawn(move || io::copy(&mut output, &mut io::sink()).unwrap());
    // A socket takes no more than ten unread messages.
    let mut signs = 0;
    wait_until("the consumer ends", || {
        signs = manager.count("WATCHDOG=1");
        consumer.0.try_wait().unwrap().is_some()
    });
    assert_eq!(consumer.end().code(), Some(0), "{format}");
    assert!(printed.join().unwrap() > 1 << 20, "{format}: a long line");
    std::fs::remove_file(world.path("notify")).unwrap();
    signs
}

#[test]
fn a_line_that_is_slow_to_render_does_not_delay_watchdog_pings() {
    let world = World::new();
    drop(slow_region(&world));
    assert!(pings_during_one_line(&world, "text") >= 5);
    std::fs::remove_file(world.path("x.region")).unwrap();
    drop(long_region(&world));
    for format in ["text", "json", "csv"] {
        assert!(pings_during_one_line(&world, format) >= 5, "{format}");
    }
}

#[test]
fn a_line_that_is_not_read_delays_neither_watchdog_pings_nor_a_stop() {
    let world = World::new();
    drop(long_region(&world));
    for format in ["text", "json", "csv"] {
        let mut manager = Manager::new(&world);
        let mut consumer = manager.start(None, &["x", "--format", format]);
        let mut begin = [0; 4];
        consumer.0.stdout.as_mut().unwrap().read_exact(&mut begin).unwrap();
        let before = manager.count("WATCHDOG=1");
        wait_until("watchdog pings", || manager.count("WATCHDOG=1") >= before + 5);
        consumer.signal(Signal::TERM);
        assert_eq!(consumer.end().code(), Some(0), "{format}");
        std::fs::remove_file(world.path("notify")).unwrap();
    }
}

#[test]
fn stdout_closed_inside_a_long_line_is_a_normal_end() {
    let world = World::new();
    drop(long_region(&world));
    for format in ["text", "json", "csv"] {
        let mut consumer = world.start(&["x", "--once", "--format", format]);
        let mut output = consumer.0.stdout.take().unwrap();
        output.read_exact(&mut [0; 100]).unwrap();
        drop(output);
        assert_eq!(consumer.end().code(), Some(0), "{format}");
    }
}
