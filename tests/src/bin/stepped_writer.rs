//! Performs one operation on a region between two marks, for a tracer that kills it in between.
//!
//! ```text
//!   stepped_writer PATH BYTES SLOTS wake|quiet publish|open|close WRITER RECORDS
//!
//!   publish   open, publish RECORDS records     MARK   publish one more           MARK
//!   open                                        MARK   open, publish one record   MARK
//!   close     open, publish RECORDS records     MARK   close                      MARK
//! ```
//!
//! A mark is a SIGUSR1 that it sends to itself: the tracer sees the process stop and suppresses the
//! signal. Before the first one it waits for a line on its standard input, so that the tracer can
//! attach; without a tracer the signal kills it.

use std::error::Error;
use std::io;
use std::path::Path;

use e2e::torn;
use region::{DynWriter, Options};
use rustix::process::{Pid, Signal, getpid, kill_process};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, path, bytes, slots, wake, what, writer, records] = &arguments[..] else {
        return Err("usage: see the source".into());
    };
    let path = Path::new(path);
    let schema = torn::schema(bytes.parse()?)?;
    let options = Options::new().slots(slots.parse()?).wake(wake == "wake");
    let (number, records): (u64, u64) = (writer.parse()?, records.parse()?);
    let mut record = vec![0; schema.size() as usize];
    let me = getpid();

    if what == "open" {
        // The record is filled before the marks, because that is not the region's work. The tracer
        // checks that its number is right.
        torn::fill(&mut record, torn::signed(records + 1, number));
        wait_for_tracer()?;
        mark(me)?;
        let mut writer = DynWriter::open_with(path, &schema, &options)?;
        writer.publish(&record)?;
        mark(me)?;
        return Ok(());
    }
    let mut writer = DynWriter::open_with(path, &schema, &options)?;
    for sequence in 1..=records {
        torn::fill(&mut record, torn::signed(sequence, number));
        writer.publish(&record)?;
    }
    torn::fill(&mut record, torn::signed(records + 1, number));
    wait_for_tracer()?;
    mark(me)?;
    if what == "publish" {
        writer.publish(&record)?;
    } else {
        writer.close();
    }
    mark(me)?;
    Ok(())
}

fn wait_for_tracer() -> io::Result<()> {
    io::stdin().read_line(&mut String::new()).map(drop)
}

fn mark(me: Pid) -> rustix::io::Result<()> {
    kill_process(me, Signal::USR1)
}
