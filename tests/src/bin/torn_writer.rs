//! Publishes records whose words must all agree until its stdin ends.
//!
//! ```text
//!   torn_writer PATH BYTES SLOTS          prints "ready N" after the first record, number N
//!   torn_writer PATH BYTES SLOTS MICROS   sleeps so long after each record, and wakes readers
//! ```
//!
//! Without MICROS it never sleeps and wakes no reader, so that it laps readers as often as possible.

use std::error::Error;
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::time::Duration;

use e2e::torn;
use region::{DynWriter, Options};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, path, bytes, slots, pause @ ..] = &arguments[..] else {
        return Err("usage: torn_writer PATH BYTES SLOTS [MICROS]".into());
    };
    let pause = pause.first().map(|micros| micros.parse()).transpose()?.map(Duration::from_micros);
    let schema = torn::schema(bytes.parse()?)?;
    let options = Options::new().slots(slots.parse()?).wake(pause.is_some());
    let mut writer = DynWriter::open_with(Path::new(path), &schema, &options)?;
    let mut record = vec![0; schema.size() as usize];

    let first = publish(&mut writer, &mut record)?;
    writeln!(io::stdout(), "ready {first}")?;
    std::thread::spawn(end_with_stdin);
    loop {
        if let Some(pause) = pause {
            std::thread::sleep(pause);
        }
        publish(&mut writer, &mut record)?;
    }
}

fn publish(writer: &mut DynWriter, record: &mut [u8]) -> Result<u64, region::RegionError> {
    torn::fill(record, writer.sequence() + 1);
    writer.publish(record)
}

/// The test holds the other end, so this program ends with it.
fn end_with_stdin() {
    let _ = io::stdin().read(&mut [0]);
    std::process::exit(0);
}
