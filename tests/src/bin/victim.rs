//! Reads a region that a vandal corrupts, in a loop, until its stdin ends; counts the results.
//!
//! ```text
//!   victim PATH dyn       DynReader: all of its methods
//!   victim PATH typed     Reader<Stu>
//!   victim PATH attach    a new reader for each look
//!   looks=812 attached=3 records=90 refused=4      a line after every round of looks
//! ```

use std::error::Error;
use std::fmt;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use e2e::StdinEnd;
use layout::{RecordView, Stu};
use region::{DynReader, Reader, RegionError, Step};

/// Time between two reports.
const ROUND: Duration = Duration::from_millis(50);

#[derive(Debug, Default)]
struct Tally {
    looks: u64,
    /// Attaches that returned a reader.
    attached: u64,
    /// Reads that returned a record.
    records: u64,
    /// Attaches and reads that returned an error.
    refused: u64,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { looks, attached, records, refused } = self;
        write!(f, "looks={looks} attached={attached} records={records} refused={refused}")
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, path, mode] = &arguments[..] else {
        return Err("usage: victim PATH dyn|typed|attach".into());
    };
    let path = Path::new(path);
    let mut tally = Tally::default();
    match mode.as_str() {
        "dyn" => watch(&mut tally, || DynReader::open(path), look),
        "typed" => watch(&mut tally, || Reader::<Stu>::open(path), look_typed),
        "attach" => watch(
            &mut tally,
            || Ok(()),
            |(), tally| {
                let mut reader = DynReader::open(path)?;
                tally.attached += 1;
                look(&mut reader, tally)
            },
        ),
        other => Err(format!("{other}: neither dyn nor typed nor attach").into()),
    }
}

/// Reads from the reader that `attach` returns until the end of standard input; after an error attaches
/// again.
fn watch<R>(
    tally: &mut Tally,
    attach: impl Fn() -> Result<R, RegionError>,
    look: impl Fn(&mut R, &mut Tally) -> Result<(), RegionError>,
) -> Result<(), Box<dyn Error>> {
    let mut reader = None;
    let mut said = Instant::now();
    let end = StdinEnd::watch();
    while !end.has_come() {
        tally.looks += 1;
        match &mut reader {
            None => match attach() {
                Ok(attached) => {
                    tally.attached += 1;
                    reader = Some(attached);
                }
                Err(_) => tally.refused += 1,
            },
            Some(attached) => {
                if look(attached, tally).is_err() {
                    tally.refused += 1;
                    reader = None;
                }
            }
        }
        if said.elapsed() >= ROUND {
            writeln!(io::stdout(), "{tally}")?;
            said = Instant::now();
        }
    }
    Ok(())
}

fn look(reader: &mut DynReader, tally: &mut Tally) -> Result<(), RegionError> {
    let mut record = vec![0; reader.schema().size() as usize];
    let latest = reader.latest(&mut record)?;
    if let Some(publication) = latest {
        tally.records += 1;
        let _ = (reader.age(&publication), reader.wall_time(&publication));
        let schema = reader.schema();
        let view = RecordView::new(schema, &record).expect("the size of its own schema");
        assert!(!view.line().to_string().contains('\x1b'), "an escape got through");
    }
    for _ in 0..4 {
        if let Step::Record(_) = reader.next(&mut record)? {
            tally.records += 1;
        }
    }
    let _ = (reader.state(), reader.epoch(), reader.writer_pid(), reader.period());
    reader.wait(Duration::from_micros(10))?;
    reader.refresh()?;
    Ok(())
}

fn look_typed(reader: &mut Reader<Stu>, tally: &mut Tally) -> Result<(), RegionError> {
    if let Some(sample) = reader.latest()? {
        tally.records += 1;
        let _ = (sample.age(), reader.wall_time(&sample.publication));
    }
    if let Step::Record(_) = reader.next()? {
        tally.records += 1;
    }
    let _ = reader.state();
    reader.refresh()?;
    Ok(())
}
