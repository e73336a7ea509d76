//! Publishes records whose words must all agree, as fast as it can, until its stdin ends.
//!
//! ```text
//!   torn_writer PATH BYTES SLOTS        prints "ready N" after the first record, number N
//! ```
//!
//! It never sleeps and wakes no reader, so that it laps readers as often as possible.

use std::error::Error;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use e2e::torn;
use region::{DynWriter, Options};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, path, bytes, slots] = &arguments[..] else {
        return Err("usage: torn_writer PATH BYTES SLOTS".into());
    };
    let schema = torn::schema(bytes.parse()?)?;
    let options = Options::new().slots(slots.parse()?).wake(false);
    let mut writer = DynWriter::open_with(Path::new(path), &schema, &options)?;
    let mut record = vec![0; schema.size() as usize];

    let first = publish(&mut writer, &mut record)?;
    writeln!(io::stdout(), "ready {first}")?;
    std::thread::spawn(end_with_stdin);
    loop {
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
