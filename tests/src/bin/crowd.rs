//! A thousand writers, or a thousand readers, in one process: one for each region of a directory.
//!
//! ```text
//!   crowd write DIRECTORY COUNT      publishes to each in turn until its stdin ends; prints "ready"
//!   crowd read DIRECTORY COUNT       reads each in turn until it has seen three records of each, and
//!                                    then waits until all are live at once
//!   regions=1000 live=1000 records=3012 torn=0 backward=0
//! ```
//!
//! Record number n of region i is the word n + i, over and over.

use std::error::Error;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use e2e::torn::{self, Verdict};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use region::{DynReader, DynWriter, Options, State};

const SIZE: u32 = 64;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, what, directory, count] = &arguments[..] else {
        return Err("usage: crowd write|read DIRECTORY COUNT".into());
    };
    // One descriptor for each; the usual soft limit is 1024.
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?;
    let (directory, count) = (Path::new(directory), count.parse()?);
    match what.as_str() {
        "write" => write(directory, count),
        "read" => read(directory, count),
        other => Err(format!("{other}: neither write nor read").into()),
    }
}

fn path(directory: &Path, region: u64) -> PathBuf {
    directory.join(format!("{region}.region"))
}

fn write(directory: &Path, count: u64) -> Result<(), Box<dyn Error>> {
    let schema = torn::schema(SIZE)?;
    let options = Options::new().period(Duration::from_secs(1));
    let open = |region| DynWriter::open_with(path(directory, region), &schema, &options);
    let mut writers = (0..count).map(open).collect::<Result<Vec<_>, _>>()?;
    let mut record = vec![0; SIZE as usize];
    std::thread::spawn(|| {
        let _ = io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    for round in 0_u64.. {
        for (region, writer) in (0..).zip(&mut writers) {
            torn::fill(&mut record, writer.sequence() + 1 + region);
            writer.publish(&record)?;
        }
        if round == 0 {
            writeln!(io::stdout(), "ready")?;
        }
        // Slow enough to leave the processors to other tests.
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

fn read(directory: &Path, count: u64) -> Result<(), Box<dyn Error>> {
    let attach = |region| DynReader::open(path(directory, region));
    let mut readers = (0..count).map(attach).collect::<Result<Vec<_>, _>>()?;
    let mut record = vec![0; SIZE as usize];
    let mut seen = vec![(0_u64, 0_u32); readers.len()];
    let (mut records, mut torn, mut backward) = (0_u64, 0_u64, 0_u64);
    while seen.iter().any(|(_, times)| *times < 3) {
        for ((region, reader), (last, times)) in (0..).zip(&mut readers).zip(&mut seen) {
            let Some(publication) = reader.latest(&mut record)? else { continue };
            records += 1;
            let number = publication.sequence;
            torn += u64::from(torn::judge(&record, number + region) != Verdict::Whole);
            backward += u64::from(number < *last);
            *times += u32::from(number > *last);
            *last = number;
        }
    }
    // All in the same pass: on a busy machine the writers may be silent for some time.
    let count = || readers.iter().filter(|reader| reader.state() == State::Live).count();
    let mut live = count();
    while live < readers.len() {
        std::thread::yield_now();
        live = count();
    }
    let regions = readers.len();
    writeln!(
        io::stdout(),
        "regions={regions} live={live} records={records} torn={torn} backward={backward}"
    )?;
    Ok(())
}
