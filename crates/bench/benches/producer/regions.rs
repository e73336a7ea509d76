//! Processor time and memory of one process that publishes many regions, ten times a second.

use crate::child::{Measured, PRODUCER, newest, wait_until};
use bench::Failure;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Numbers of regions without an argument.
const NUMBERS: [&str; 4] = ["1", "10", "100", "1000"];
const SPAN: Duration = Duration::from_secs(10);

pub(crate) fn run(out: &mut impl Write, numbers: &[&str]) -> Result<(), Failure> {
    writeln!(
        out,
        "| regions | records/s | processor, % of a core | us a record | first to last of a tick, us | \
         memory (Pss), KiB | KiB a region | descriptors |"
    )?;
    writeln!(out, "|--:|--:|--:|--:|--:|--:|--:|--:|")?;
    for number in if numbers.is_empty() { &NUMBERS } else { numbers } {
        measure(out, number.parse()?)?;
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn measure(out: &mut impl Write, number: usize) -> Result<(), Failure> {
    let dir = bench::place()?;
    for index in 0..number {
        fs::write(dir.path().join(format!("{index}.toml")), configuration(dir.path(), index))?;
    }
    let path = dir.path().to_str().ok_or("a path that is not UTF-8")?;
    let mut measured = Measured::start(&[PRODUCER, path, "--log", "error"])?;
    wait_until(&mut measured, || newest(&region(dir.path(), number - 1)).is_some())?;
    let (began, used) = (Instant::now(), measured.processor_time()?);
    let before = records(dir.path(), number);
    std::thread::sleep(SPAN);
    let used = measured.processor_time()?.saturating_sub(used);
    let span = began.elapsed().as_secs_f64();
    let published = records(dir.path(), number) - before;
    measured.check()?;
    let (seconds, memory) = (used.as_secs_f64(), measured.memory("Pss")?);
    writeln!(
        out,
        "| {number} | {:.0} | {:.2} | {:.2} | {:.0} | {memory} | {:.1} | {} |",
        published as f64 / span,
        100.0 * seconds / span,
        1e6 * seconds / published as f64,
        burst(dir.path(), number)?,
        memory as f64 / number as f64,
        measured.descriptors()?,
    )?;
    out.flush()?;
    Ok(())
}

/// Records published so far, in all regions.
fn records(dir: &Path, number: usize) -> u64 {
    (0..number).filter_map(|index| newest(&region(dir, index))).map(|found| found.sequence).sum()
}

/// Microseconds from the first to the last record of one tick: the least of some attempts, because a
/// tick may fall into one.
#[expect(clippy::cast_precision_loss, reason = "for people")]
fn burst(dir: &Path, number: usize) -> Result<f64, Failure> {
    let attempt = || {
        let times = (0..number).filter_map(|index| newest(&region(dir, index)));
        let times: Vec<u64> = times.map(|found| found.published_at.as_nanos()).collect();
        Some(times.iter().max()? - times.iter().min()?)
    };
    let least = (0..20).filter_map(|_| attempt()).min().ok_or("nothing is published")?;
    Ok(least as f64 / 1000.0)
}

fn region(dir: &Path, index: usize) -> PathBuf {
    dir.join(format!("{index}.region"))
}

fn configuration(dir: &Path, index: usize) -> String {
    format!(
        "[region]\npath = \"{}\"\n[record]\nname = \"X\"\n\
         [[record.field]]\nname = \"n\"\ntype = \"u32\"\nsource = {{ counter = {{}} }}\n\
         [[record.field]]\nname = \"at\"\ntype = \"u64\"\nsource = {{ clock = {{ kind = \"realtime\", unit = \"ns\" }} }}\n\
         [[record.field]]\nname = \"level\"\ntype = \"f32\"\nsource = {{ wave = {{ min = 0, max = 1, period = \"10s\" }} }}\n\
         [producer]\ntick = \"100ms\"\n",
        region(dir, index).display()
    )
}
