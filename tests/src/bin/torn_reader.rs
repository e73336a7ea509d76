//! Reads records whose words must all agree, as fast as it can, and counts what was wrong.
//!
//! ```text
//!   torn_reader PATH latest|follow MILLISECONDS
//!   records=81402 torn=0 misnumbered=0 backward=0 lost=0 missed=2109341 unstable=0 fresh=81399 retries=12 reattached=0
//! ```
//!
//! Now and then it looks whether its path names another file by now, and goes on with that one. It
//! stops after that time, but not before it has judged [`FEWEST`] records.

use std::error::Error;
use std::fmt;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use e2e::torn::{self, Verdict};
use region::{DynReader, Publication, Refreshed, RegionError, RegionErrorKind, Step};

/// Fewer records than this show nothing.
const FEWEST: u64 = 200;
/// Looks at the region between two looks at its path.
const REFRESH_EVERY: u64 = 1024;

/// What was read, and what was wrong with it.
#[derive(Debug, Default)]
struct Tally {
    /// Records judged.
    records: u64,
    /// Parts of different records.
    torn: u64,
    /// Whole, but another record than the number says.
    misnumbered: u64,
    /// Older than one that was read before.
    backward: u64,
    /// Skipped, though nobody said so.
    lost: u64,
    /// Skipped, and said so.
    missed: u64,
    /// Refused, because the writer went on lapping this reader: allowed.
    unstable: u64,
    /// Records that were not read before.
    fresh: u64,
    /// Copies that a reader threw away by itself, because the writer came by.
    retries: u64,
    /// Other files of the same path that it went on with.
    reattached: u64,
    /// The newest number so far; 0: none.
    last: u64,
}

impl Tally {
    fn record(&mut self, bytes: &[u8], publication: Publication) {
        let sequence = publication.sequence;
        self.records += 1;
        self.retries += u64::from(publication.retries);
        self.fresh += u64::from(sequence > self.last);
        match torn::judge(bytes, sequence) {
            Verdict::Whole => {}
            Verdict::Torn => self.torn += 1,
            Verdict::Misnumbered => self.misnumbered += 1,
        }
        self.backward += u64::from(sequence < self.last);
        self.last = sequence;
    }

    /// As [`Tally::record`], for a reader that gets every record or is told how many it does not.
    fn next_record(&mut self, bytes: &[u8], publication: Publication) {
        let sequence = publication.sequence;
        if self.last != 0 {
            self.lost += sequence.saturating_sub(self.last + 1);
            self.backward += u64::from(sequence == self.last); // once more is backward too
        }
        self.record(bytes, publication);
    }

    fn missed(&mut self, missed: u64) {
        self.missed += missed;
        if self.last != 0 {
            self.last += missed;
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { records, torn, misnumbered, backward, lost, missed, unstable, .. } = self;
        let Self { fresh, retries, reattached, .. } = self;
        write!(f, "records={records} torn={torn} misnumbered={misnumbered} backward={backward} ")?;
        write!(f, "lost={lost} missed={missed} unstable={unstable} ")?;
        write!(f, "fresh={fresh} retries={retries} reattached={reattached}")
    }
}

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

    let mut reader = DynReader::attach(Path::new(path))?;
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
