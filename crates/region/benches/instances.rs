//! `cargo bench -p mapcast-region --bench instances`: what an instance costs among many.
//!
//! ```text
//!   first table    publish, latest and next of one at random, among 1, 1,000 and 65,536; join and attach;
//!                  bytes of the file, and of the private memory of a writer and a reader
//!   second table   1,000 instances at 1 kHz each from one thread, and a follower of all in another; by slots
//! ```
//!
//! Invariant: a figure is the median of batches, and the order of the instances is the same in each run.
#![allow(clippy::print_stdout)] // its output is a document

use layout::{Header, Stu};
use region::{Begin, Instance, InstanceChange, InstanceReader, InstanceWriter, Options, Step};
use std::error::Error;
use std::fs;
use std::time::{Duration, Instant};
use tempfile::TempDir;

type Failure = Box<dyn Error + Send + Sync>;

const NUMBERS: [u32; 3] = [1, 1000, 65_536];
const BATCHES: usize = 41;
/// Operations of a batch.
const BATCH: usize = 4096;
/// How long is followed, and how often each instance is published to.
const SPAN: Duration = Duration::from_secs(10);
const TICK: Duration = Duration::from_millis(1);
const FOLLOWED: u32 = 1000;
const SLOTS: [u32; 2] = [8, 256];

fn main() -> Result<(), Failure> {
    println!(
        "| instances | join us | attach us | publish ns | latest ns | next ns | file B each | writer B each | reader B each |"
    );
    println!("|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    for number in NUMBERS {
        println!("{}", costs(number)?);
    }
    println!();
    println!(
        "| instances | slots | changes | published | followed | missed | records/s | latest tick ms |"
    );
    println!("|--:|--:|--:|--:|--:|--:|--:|--:|");
    SLOTS.into_iter().try_for_each(follow)
}

/// A directory in memory: on a disk, the disk would be measured.
fn place() -> Result<TempDir, Failure> {
    Ok(tempfile::Builder::new().prefix("mapcast-bench-").tempdir_in("/dev/shm")?)
}

fn stu(id: i32) -> Stu {
    Stu::new(id, "xiaoming", 'm')
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn costs(number: u32) -> Result<String, Failure> {
    let dir = place()?;
    let path = dir.path().join("a.region");
    let each = f64::from(number);
    let before = private_bytes()?;
    let (start, mut instances) = (Instant::now(), Vec::new());
    let mut writer = Options::new().wake(false).open_instances::<Stu>(&path, number)?;
    for index in 0..number {
        instances.push(writer.instance(&format!("instance {index}"))?);
    }
    let join = start.elapsed().as_secs_f64() * 1e6 / each;
    for &instance in &instances {
        writer.publish(instance, &stu(1))?;
    }
    let of_writer = private_bytes()?.saturating_sub(before) as f64 / each;

    let before = private_bytes()?;
    let start = Instant::now();
    let mut reader = InstanceReader::<Stu>::open(&path)?;
    let attach = start.elapsed().as_secs_f64() * 1e6;
    reader.refresh_every(Duration::MAX);
    while reader.next()? != Step::Pending {}
    let of_reader = private_bytes()?.saturating_sub(before) as f64 / each;

    let order = order(number);
    let publish = median(|| {
        for &index in &order {
            writer.publish(instances[index], &stu(2))?;
        }
        Ok(BATCH)
    })?;
    while reader.next()? != Step::Pending {}
    let own: Vec<Instance> = reader.all().map(|(instance, _)| instance).collect();
    let latest = median(|| {
        for &index in &order {
            reader.latest(own[index])?.ok_or("no record")?;
        }
        Ok(BATCH)
    })?;
    let next = next(&mut writer, &mut reader, &instances, &order)?;
    let file = fs::metadata(&path)?.len() as f64 / each;
    Ok(format!(
        "| {number} | {join:.1} | {attach:.0} | {publish:.1} | {latest:.1} | {next:.1} | {file:.0} | \
         {of_writer:.0} | {of_reader:.0} |"
    ))
}

/// Nanoseconds of a change that is followed: fewer are published at a time than the rings hold.
fn next(
    writer: &mut InstanceWriter<Stu>,
    reader: &mut InstanceReader<Stu>,
    instances: &[Instance],
    order: &[usize],
) -> Result<f64, Failure> {
    const BURST: usize = 4;
    let mut samples = Vec::new();
    for burst in order.chunks(BURST) {
        for &index in burst {
            writer.publish(instances[index], &stu(3))?;
        }
        let (start, mut found) = (Instant::now(), 0_u32);
        while reader.next()? != Step::Pending {
            found += 1;
        }
        samples.push(start.elapsed().as_secs_f64() * 1e9 / f64::from(found.max(1)));
    }
    Ok(middle(samples))
}

/// Which instance each operation of a batch takes.
fn order(number: u32) -> Vec<usize> {
    let mut random = fastrand::Rng::with_seed(1);
    (0..BATCH).map(|_| random.usize(..number as usize)).collect()
}

/// Nanoseconds of one of the operations that `batch` does, and counts.
#[expect(clippy::cast_precision_loss, reason = "for people")]
fn median(mut batch: impl FnMut() -> Result<usize, Failure>) -> Result<f64, Failure> {
    let mut samples = Vec::new();
    for _ in 0..BATCHES {
        let start = Instant::now();
        let operations = batch()?;
        samples.push(start.elapsed().as_secs_f64() * 1e9 / operations as f64);
    }
    Ok(middle(samples))
}

fn middle(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

/// Private memory that this process has in use.
fn private_bytes() -> Result<u64, Failure> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let kib = line.and_then(|rest| rest.trim().strip_suffix(" kB")).ok_or("no RssAnon")?;
    Ok(kib.trim().parse::<u64>()? * 1024)
}

/// Each instance is published to once in each tick, into so many slots.
fn follow(slots: u32) -> Result<(), Failure> {
    let dir = place()?;
    let path = dir.path().join("a.region");
    let mut writer = Options::new().slots(slots).open_instances::<Stu>(&path, FOLLOWED)?;
    let names: Vec<String> = (0..FOLLOWED).map(|index| index.to_string()).collect();
    let mut instances = Vec::new();
    for name in &names {
        instances.push(writer.instance(name)?);
    }
    let header = Header::decode(&fs::read(&path)?[..256])?;
    let changes = header.instances.map_or(0, |instances| instances.changes);
    let mut reader = InstanceReader::<Stu>::open(&path)?;
    reader.begin(Begin::Oldest);
    let followed = std::thread::spawn(move || counted(&mut reader));
    let (start, mut late) = (Instant::now(), Duration::ZERO);
    let ticks = u32::try_from(SPAN.as_nanos() / TICK.as_nanos())?;
    for tick in 0..ticks {
        let due = TICK * tick;
        std::thread::sleep(due.saturating_sub(start.elapsed()));
        late = late.max(start.elapsed().saturating_sub(due));
        for &instance in &instances {
            writer.publish(instance, &stu(1))?;
        }
    }
    let span = start.elapsed().as_secs_f64();
    writer.close();
    let (records, missed) = followed.join().map_err(|_| "the follower panicked")??;
    let published = u64::from(ticks) * u64::from(FOLLOWED);
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    let rate = records as f64 / span;
    println!(
        "| {FOLLOWED} | {} | {changes} | {published} | {records} | {missed} | {rate:.0} | {:.1} |",
        header.slots,
        late.as_secs_f64() * 1e3
    );
    Ok(())
}

/// Records that were followed until the writer closed the region, and those that were missed.
fn counted(reader: &mut InstanceReader<Stu>) -> Result<(u64, u64), Failure> {
    let (mut records, mut missed) = (0, 0);
    loop {
        match reader.next()? {
            Step::Record(event) => match event.what {
                InstanceChange::Record(_) => records += 1,
                InstanceChange::Missed(count) => missed += count,
                _ => {}
            },
            _ if reader.state() == region::State::Closed => {
                // What was published before it was closed.
                match reader.next()? {
                    Step::Pending => return Ok((records, missed)),
                    Step::Record(event) if matches!(event.what, InstanceChange::Record(_)) => {
                        records += 1;
                    }
                    _ => {}
                }
            }
            _ => reader.wait(Duration::from_millis(100))?,
        }
    }
}
