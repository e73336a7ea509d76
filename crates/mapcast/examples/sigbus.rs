//! A file that is truncated while it is read is an error, and the SIGBUS handler that the program had before
//! is still called for other memory.
//!
//! ```text
//!   cargo run --example sigbus
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use mapcast::{ErrorKind, Reader, Stu, Writer};
use std::error::Error;
use std::fs::File;

fn main() -> Result<(), Box<dyn Error>> {
    // A SIGBUS handler of your own belongs here: before the first region.
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("stu.region");
    let mut writer = Writer::<Stu>::open(&path)?;
    writer.publish(&Stu::new(10, "xiaoming", 'm'))?;
    let mut reader = Reader::<Stu>::open(&path)?;
    println!("{}", reader.latest()?.ok_or("nothing was published")?.id);

    File::options().write(true).open(&path)?.set_len(0)?;
    match reader.latest() {
        Err(err) if matches!(err.kind(), ErrorKind::Truncated { .. }) => println!("{err}"),
        other => return Err(format!("the cut went unnoticed: {other:?}").into()),
    }
    // The writer notices at its next publish, makes a new file, and the reader finds that one.
    Ok(())
}
