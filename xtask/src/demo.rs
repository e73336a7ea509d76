//! `cargo xtask demo`: two unrelated processes share a live record.
//!
//! It is the first command that a newcomer types, so cargo shows what it builds, builds every crate once,
//! in the profile of this program, and the demo prints where the programs are.
//!
//! Price: 81 crates, 33 s of CPU time the first time (2-core Linux 6.18 VM, November 2026).

use crate::Outcome;
use crate::tools::{Fallible, cargo, done};
use rustix::process::{Pid, Signal, kill_process};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::Arc;
use std::time::{Duration, Instant};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// End by itself after so many seconds; without it, Ctrl-C ends it
    #[arg(long, value_name = "N")]
    seconds: Option<u64>,
}

#[allow(clippy::disallowed_types)] // signal-hook sets this one
type Flag = std::sync::atomic::AtomicBool;

/// How long a child may take to end after its signal.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    println!("building producer and consumer; the first time this takes a minute or two");
    done(cargo().args(["build", "--package", "producer", "--package", "consumer"]))?;
    let interrupted = Arc::new(Flag::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&interrupted))?;
    }
    let place = Directory::new()?;
    println!("\ntwo processes share a live record; Ctrl-C ends them");
    println!("$ producer &");
    let mut producer = start("producer", &[], &place.0)?;
    println!("$ consumer --follow &");
    let mut consumer = start("consumer", &["--follow"], &place.0)?;
    let until = arguments.seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let ended_early = watch(&mut producer, &mut consumer, &interrupted, until)?;
    // The producer first, so that its reader logs the close.
    let producer = end("producer", &mut producer)?;
    std::thread::sleep(Duration::from_millis(300));
    let consumer = end("consumer", &mut consumer)?;
    if ended_early || !producer.success() || !consumer.success() {
        return Err(format!("the demo failed: producer {producer}, consumer {consumer}").into());
    }
    println!("both processes ended cleanly\n");
    show_next_steps()
}

/// Where the programs are, and what to type next.
fn show_next_steps() -> Outcome {
    let [producer, consumer] = [shown("producer")?, shown("consumer")?];
    println!("The programs are {producer} and {consumer}. Next, in two terminals:");
    println!("  {producer}");
    println!("  {consumer} --follow");
    println!(
        "  cargo run --package mapcast-cli -- list      which regions there are: docs/tour.md"
    );
    println!("Continue with README.md; `--help` lists the options of each.");
    Ok(())
}

/// The program `name` as one would type it here.
fn shown(name: &str) -> Fallible<String> {
    let path = binary(name)?;
    let here = std::env::current_dir()?;
    Ok(path.strip_prefix(here).unwrap_or(&path).display().to_string())
}

/// Where cargo puts the programs: beside this one, which has the same profile.
fn binary(name: &str) -> Fallible<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name(name))
}

fn start(name: &str, arguments: &[&str], regions: &Path) -> Fallible<Child> {
    let path = binary(name)?;
    Command::new(&path)
        .args(arguments)
        .env("MAPCAST_DIR", regions)
        .spawn()
        .map_err(|err| format!("{}: {err}", path.display()).into())
}

/// Waits for the end of the demo; `true`: a process ended before it.
fn watch(
    producer: &mut Child,
    consumer: &mut Child,
    interrupted: &Flag,
    until: Option<Instant>,
) -> std::io::Result<bool> {
    loop {
        #[allow(clippy::disallowed_types)]
        let stop = interrupted.load(std::sync::atomic::Ordering::Relaxed);
        if stop || until.is_some_and(|until| Instant::now() >= until) {
            return Ok(false);
        }
        if producer.try_wait()?.is_some() || consumer.try_wait()?.is_some() {
            // Ctrl-C reaches all processes of a terminal, and they may be quicker than this loop.
            std::thread::sleep(Duration::from_millis(100));
            #[allow(clippy::disallowed_types)]
            return Ok(!interrupted.load(std::sync::atomic::Ordering::Relaxed));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn end(name: &str, child: &mut Child) -> Fallible<ExitStatus> {
    if let Some(status) = child.try_wait()? {
        return Ok(status);
    }
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or("no process id")?;
    kill_process(pid, Signal::TERM)?;
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill()?;
    Err(format!("{name} did not end within {PATIENCE:?} of SIGTERM").into())
}

/// A directory for the demo's region, away from all other regions of this machine.
struct Directory(PathBuf);

impl Directory {
    fn new() -> std::io::Result<Self> {
        let base = [Path::new("/dev/shm"), &std::env::temp_dir()]
            .into_iter()
            .find(|dir| dir.is_dir())
            .map_or_else(std::env::temp_dir, Path::to_owned);
        let dir = base.join(format!("mapcast-demo-{}", std::process::id()));
        std::fs::create_dir(&dir)?;
        let owner_only = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        std::fs::set_permissions(&dir, owner_only)?;
        Ok(Self(dir))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::tools::cargo;

    #[test]
    fn what_it_builds_is_shown_and_no_more_than_it_needs() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
        let config = std::fs::read_to_string(root.join(".cargo/config.toml")).expect("a file");
        let alias = "xtask = \"run --package xtask --no-default-features --\"";
        assert!(config.contains(alias), "{config}");
        let tree = ["tree", "--locked", "--offline", "--package", "xtask", "--no-default-features"];
        let shape = ["--edges", "normal,build", "--prefix", "none", "--format", "{lib}"];
        let output = cargo().args(tree).args(shape).current_dir(root).output().expect("cargo");
        let tree = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && tree.contains("rustix"), "{output:?}");
        for large in ["bench", "copier", "producer", "criterion", "clap_mangen", "fuzz"] {
            assert!(!tree.lines().any(|line| line == large), "{large} is built for the demo");
        }
    }
}
