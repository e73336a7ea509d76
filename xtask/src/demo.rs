//! `cargo xtask demo`: two unrelated processes share a live record before your eyes.

use crate::Outcome;
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

/// A child is given so long to end after its signal.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    build()?;
    let interrupted = Arc::new(Flag::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&interrupted))?;
    }
    let place = Directory::new()?;
    println!("$ producer &");
    let mut producer = start("producer", &[], &place.0)?;
    println!("$ consumer --follow &");
    let mut consumer = start("consumer", &["--follow"], &place.0)?;
    let until = arguments.seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let ended_early = watch(&mut producer, &mut consumer, &interrupted, until)?;
    // The producer first: its reader shall say that it closed.
    let producer = end("producer", &mut producer)?;
    std::thread::sleep(Duration::from_millis(300));
    let consumer = end("consumer", &mut consumer)?;
    if ended_early || !producer.success() || !consumer.success() {
        return Err(format!("the demo failed: producer {producer}, consumer {consumer}").into());
    }
    println!("both processes ended cleanly");
    Ok(())
}

fn build() -> Outcome {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--release", "--quiet", "--package", "producer", "--package", "consumer"])
        .status()?;
    if status.success() { Ok(()) } else { Err("the build failed".into()) }
}

/// Where cargo puts release binaries: beside the profile that this program itself is of.
fn binary(name: &str) -> Result<PathBuf, Box<dyn std::error::Error>> {
    let own = std::env::current_exe()?;
    let target = own.ancestors().nth(2).ok_or("this program is not below a target directory")?;
    Ok(target.join("release").join(name))
}

fn start(
    name: &str,
    arguments: &[&str],
    regions: &Path,
) -> Result<Child, Box<dyn std::error::Error>> {
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

fn end(name: &str, child: &mut Child) -> Result<ExitStatus, Box<dyn std::error::Error>> {
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

/// A directory for the demo's region, so that it meets no other mapcast on this machine.
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
