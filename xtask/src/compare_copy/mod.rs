//! `cargo xtask compare-copy`: how long `copier` takes beside `cp`, `xcp` and `fcp`.
//!
//! Invariant: all programs copy the same file in the same place in the same round, out of a warm
//! page cache, to a name that is free; the order changes from round to round. Before each, the same
//! copy is made untimed and removed, so that every program gets memory that was just freed: memory that a
//! virtual machine has to get from its host is slower. Each copy is compared with the source once.
//!
//! ```text
//!   place         disk (target directory), memory (/dev/shm)
//!   size          1 GiB; 4 KiB, where the start of a process (`true`) dominates
//!   programs      copier --jobs 2, with each engine; cp --reflink=never; xcp; fcp
//! ```
//!
//! Price: xcp and fcp are built the first time; some minutes of both processors.

mod contenders;
mod table;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use bench::compare::Spread;
use bench::machine;

use crate::Outcome;
use crate::tools::{Fallible, target_directory};
use contenders::{Contender, contenders};
use table::{Row, missed_targets, table};

const SMALL: u64 = 4096;
/// How many more rounds a small copy gets, which takes a millisecond.
const SMALL_ROUNDS: usize = 20;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// How often each program copies the large file (the small one: 20 times as often)
    #[arg(long, value_name = "N", default_value_t = 7)]
    rounds: usize,

    /// Size of the large file
    #[arg(long, value_name = "MIB", default_value_t = 1024)]
    megabytes: u64,

    /// Fail if a target is missed by the least times. They are for two processors, otherwise idle
    #[arg(long)]
    check: bool,

    /// A small file and one round: tests the comparison, not the speed
    #[arg(long, conflicts_with_all = ["rounds", "megabytes", "check"])]
    quick: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let (rounds, megabytes) =
        if arguments.quick { (1, 16) } else { (arguments.rounds, arguments.megabytes) };
    let contenders = contenders(arguments.quick)?;
    println!("{}\n", machine::line());
    let mut missed = Vec::new();
    for (place, parent) in [("disk", target_directory()?), ("memory", "/dev/shm".into())] {
        for (size, rounds) in [(megabytes << 20, rounds), (SMALL, rounds * SMALL_ROUNDS)] {
            let arena = Arena::new(&parent, size)?;
            let rows = arena.compare(&contenders, rounds)?;
            let title = format!("{} on {place} ({}), {rounds} rounds", sized(size), kind(&parent)?);
            println!("{}", table(&title, &rows));
            missed.extend(missed_targets(&title, &rows, size == SMALL));
        }
    }
    for line in &missed {
        println!("missed: {line}");
    }
    match missed.len() {
        count if arguments.check && count > 0 => Err(format!("{count} targets missed").into()),
        _ => Ok(()),
    }
}

fn sized(bytes: u64) -> String {
    if bytes < 1 << 20 { format!("{} KiB", bytes >> 10) } else { format!("{} MiB", bytes >> 20) }
}

/// The file system of `path`, as the kernel calls it.
fn kind(path: &Path) -> Fallible<String> {
    let path = path.canonicalize()?;
    let mounts = fs::read_to_string("/proc/self/mounts")?;
    let of = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        let (at, kind) = (words.next()?, words.next()?);
        path.starts_with(at).then_some((at.len(), kind.to_owned()))
    });
    Ok(of.max().map_or("unknown".to_owned(), |(_, kind)| kind))
}

/// A directory with a source in it.
struct Arena {
    _dir: tempfile::TempDir,
    source: PathBuf,
    dest: PathBuf,
    /// The untimed copy.
    warm: PathBuf,
}

impl Arena {
    fn new(parent: &Path, size: u64) -> Fallible<Self> {
        let dir = tempfile::Builder::new().prefix("mapcast-compare-").tempdir_in(parent)?;
        let [source, dest, warm] = ["source", "dest", "warm"].map(|name| dir.path().join(name));
        let random = File::open("/dev/urandom")?;
        std::io::copy(&mut std::io::Read::take(random, size), &mut File::create_new(&source)?)?;
        // Write-back of earlier copies must not count.
        File::open(&source)?.sync_all()?;
        Ok(Self { _dir: dir, source, dest, warm })
    }

    fn compare(&self, contenders: &[Contender], rounds: usize) -> Fallible<Vec<Row>> {
        let mut taken = vec![Vec::with_capacity(rounds); contenders.len()];
        for round in 0..rounds {
            for turn in 0..contenders.len() {
                let index = (turn + round) % contenders.len();
                let contender = &contenders[index];
                taken[index].push(self.time(contender)?.as_secs_f64() * 1e3);
                if round == 0 && contender.copies {
                    self.expect_copy(contender)?;
                }
            }
        }
        let names = contenders.iter().map(|contender| contender.name);
        Ok(names
            .zip(taken.into_iter().map(Spread::of))
            .map(|(name, ms)| Row { name, ms })
            .collect())
    }

    fn time(&self, contender: &Contender) -> Fallible<Duration> {
        if self.dest.exists() {
            fs::remove_file(&self.dest)?;
        }
        fs::copy(&self.source, &self.warm)?;
        fs::remove_file(&self.warm)?;
        let mut command = contender.command(&self.source, &self.dest);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let start = Instant::now();
        let status = command.status()?;
        let elapsed = start.elapsed();
        if status.success() { Ok(elapsed) } else { Err(format!("{command:?}: {status}").into()) }
    }

    fn expect_copy(&self, contender: &Contender) -> Outcome {
        let status = std::process::Command::new("cmp").args([&self.source, &self.dest]).status()?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("{} made no copy", contender.name).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_system_of_a_path_is_named() {
        assert_eq!(kind(Path::new("/proc/self")).expect("a kind"), "proc");
    }

    #[test]
    fn a_comparison_has_a_row_for_each_program_and_refuses_one_that_fails() {
        let dir = tempfile::tempdir().expect("a directory");
        let arena = Arena::new(dir.path(), 10_000).expect("an arena");
        let rows = arena.compare(&[contenders::cp(), contenders::start_up()], 3).expect("rows");
        assert_eq!(
            rows.iter().map(|row| row.name).collect::<Vec<_>>(),
            ["cp", "true (start only)"]
        );
        assert!(rows.iter().all(|row| row.ms.least > 0.0 && row.ms.least <= row.ms.median));
        let liar = contenders::liar();
        assert!(arena.compare(&[liar], 1).is_err(), "it copies nothing");
    }
}
