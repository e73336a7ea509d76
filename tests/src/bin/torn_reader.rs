//! Reads records whose words must all agree, as fast as it can, and counts errors.
//!
//! ```text
//!   torn_reader PATH latest|follow MILLISECONDS
//!   records=81402 torn=0 misnumbered=0 backward=0 lost=0 missed=2109341 unstable=0 fresh=81399 retries=12 reattached=0
//! ```
//!
//! It re-attaches when its path names another file, and stops after that time, but not before it
//! has checked [`FEWEST`] records.

use std::error::Error;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use e2e::Tally;
use region::{DynReader, Refreshed, RegionError, RegionErrorKind, Step};

/// Fewest records of a meaningful run.
const FEWEST: u64 = 200;
/// Reads of the region between two checks of its path.
const REFRESH_EVERY: u64 = 1024;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, path, mode, span] = &arguments[..] else {
        return Err("usage: torn_reader PATH latest|follow MILLISECONDS".into());
    };
    let look = match mode.as_str() {
        "latest" => look_at_latest,
        "follow" => look_at_next,
        other => return Err(format!("{other}: neither latest nor follow").into()),
    };
    let span = Duration::from_millis(span.parse()?);

    let mut reader = DynReader::open(Path::new(path))?;
    reader.refresh_every(Duration::MAX); // it is done below, and counted
    let mut record = vec![0; reader.schema().size() as usize];
    let mut tally = Tally::default();
    let start = Instant::now();
    let mut looks = 0;
    while tally.records < FEWEST || start.elapsed() < span {
        looks += 1;
        if looks % REFRESH_EVERY == 0 && reader.refresh()? == Refreshed::Reattached {
            tally.reattached += 1;
        }
        match look(&mut reader, &mut record, &mut tally) {
            Err(error) if matches!(error.kind(), RegionErrorKind::Unstable) => tally.unstable += 1,
            looked => looked?,
        }
    }
    tally.retries = reader.retries();
    writeln!(io::stdout(), "{tally}")?;
    Ok(())
}

type Looked = Result<(), RegionError>;

fn look_at_latest(reader: &mut DynReader, record: &mut [u8], tally: &mut Tally) -> Looked {
    if let Some(publication) = reader.latest(record)? {
        tally.record(record, publication);
    }
    Ok(())
}

fn look_at_next(reader: &mut DynReader, record: &mut [u8], tally: &mut Tally) -> Looked {
    match reader.next(record)? {
        Step::Record(publication) => tally.next_record(record, publication),
        Step::Missed(missed) => tally.missed(missed),
        Step::Pending => std::hint::spin_loop(),
    }
    Ok(())
}
