//! What one process of each kind takes: one producer of one region, and each of so many consumers of it.
//!
//! Pss is a process's own memory and its share of what others use, too: of the program's text, for one.

use crate::child::{CONSUMER, Measured, PRODUCER, newest, wait_until};
use bench::Failure;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

/// How many consumers run at a time.
const CONSUMERS: [usize; 3] = [1, 10, 100];

/// What a process is at before it is measured.
const SPAN: Duration = Duration::from_secs(2);

pub(crate) fn run(out: &mut impl Write) -> Result<(), Failure> {
    let dir = bench::place()?;
    let (config, region) = (dir.path().join("x.toml"), dir.path().join("x.region"));
    fs::write(&config, configuration(&region))?;
    let (config, region) =
        (config.to_str().ok_or("not UTF-8")?, region.to_str().ok_or("not UTF-8")?);
    let mut producer = Measured::start(&[PRODUCER, config, "--log", "error"])?;
    wait_until(&mut producer, || newest(Path::new(region)).is_some())?;
    writeln!(
        out,
        "| of each process | Pss, KiB | private, KiB | descriptors |\n|---|--:|--:|--:|"
    )?;
    row(out, "`producer`, one region, ten records a second", std::slice::from_ref(&producer))?;
    for number in CONSUMERS {
        let follow = [CONSUMER, region, "--follow", "--log", "error"];
        let what = format!("`consumer --follow`, {number} at a time");
        row(out, &what, &started(&follow, number)?)?;
        let what = format!("`consumer`, which looks once a second, {number} at a time");
        row(out, &what, &started(&follow[..2], number)?)?;
    }
    Ok(())
}

fn started(args: &[&str], number: usize) -> Result<Vec<Measured>, Failure> {
    (0..number).map(|_| Measured::start(args)).collect()
}

/// Measures all of them once they have been at work for a while.
#[expect(clippy::cast_precision_loss, reason = "for people")]
fn row(out: &mut impl Write, what: &str, all: &[Measured]) -> Result<(), Failure> {
    std::thread::sleep(SPAN);
    let (mut pss, mut private, mut descriptors) = (0, 0, 0);
    for one in all {
        pss += one.memory("Pss")?;
        private += one.memory("Private_Dirty")? + one.memory("Private_Clean")?;
        descriptors += one.descriptors()?;
    }
    let count = all.len();
    let each = |sum: u64| sum as f64 / count as f64;
    writeln!(
        out,
        "| {what} | {:.0} | {:.0} | {} |",
        each(pss),
        each(private),
        descriptors / count
    )?;
    Ok(out.flush()?)
}

fn configuration(region: &Path) -> String {
    format!(
        "[region]\npath = \"{}\"\n[record]\nname = \"X\"\n\
         [[record.field]]\nname = \"n\"\ntype = \"u32\"\nsource = {{ counter = {{}} }}\n\
         [producer]\ntick = \"100ms\"\n",
        region.display()
    )
}
