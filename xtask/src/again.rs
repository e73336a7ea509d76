//! `cargo xtask again`: the tests, repeated under varying conditions.
//!
//! A test that passes on one machine may depend on something that is not its own: a region that is
//! published there, a variable of the shell, the umask, another test, or the machine's speed.
//!
//! ```text
//!   run  threads  umask  processors   machine
//!   1    usual    022    idle         crowded      its default directories hold regions, some live, and
//!   2    1        077    idle         as it is     MAPCAST_DIR, XDG_RUNTIME_DIR, ... say where more are
//!   3    2        000    busy         crowded      (as root, in a mount namespace of the run's own;
//!   4    8        022    idle         as it is     for an ordinary user the variables alone)
//! ```
//!
//! Run it as root and as another user: they take different paths. Price: minutes a run.

use std::fmt;
use std::process::{Child, Command, Stdio};
use std::thread::available_parallelism;

use crate::Outcome;
use crate::tools::{Fallible, cargo, done, target_directory};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Run the tests so many times
    #[arg(long, value_name = "N", default_value_t = 20)]
    times: usize,

    /// The tests of this package only
    #[arg(long, short, value_name = "NAME")]
    package: Option<String>,
}

/// The arguments of both: the umask, the producer, the command to run.
const PLAIN: &str = "umask $1; shift 2; exec \"$@\"";
const CROWDED: &str = include_str!("crowded.sh");

/// The conditions of one run.
struct Condition {
    threads: Option<&'static str>,
    umask: &'static str,
    is_busy: bool,
    is_crowded: bool,
}

impl Condition {
    fn of(run: usize) -> Self {
        Self {
            threads: [None, Some("1"), Some("2"), Some("8")][run % 4],
            umask: ["022", "077", "000"][run % 3],
            // A fifth, because a busy run takes three times as long. Five shares no factor with four, so
            // that each number of threads has its turn.
            is_busy: run % 5 == 2,
            is_crowded: run.is_multiple_of(2),
        }
    }

    /// A shell that runs the rest of its arguments. Root can give it an empty /run and /dev/shm.
    fn shell(&self) -> Command {
        let mut shell = if self.is_crowded && rustix::process::geteuid().is_root() {
            let mut unshare = Command::new("unshare");
            unshare.args(["--mount", "--propagation", "private", "sh"]);
            unshare
        } else {
            Command::new("sh")
        };
        shell.args(["-c", if self.is_crowded { CROWDED } else { PLAIN }, "sh"]);
        shell
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let threads = self.threads.unwrap_or("usual");
        let processors = if self.is_busy { "busy" } else { "idle" };
        let machine = if self.is_crowded { "crowded" } else { "as it is" };
        write!(f, "threads {threads}, umask {}, processors {processors}, {machine}", self.umask)
    }
}

/// A loop that never sleeps, for as long as this lives.
struct Loop(Child);

impl Loop {
    fn start() -> std::io::Result<Self> {
        Command::new("sh").args(["-c", "while :; do :; done"]).spawn().map(Self)
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    done(cargo().args(["build", "--quiet", "--package", "producer"]))?;
    let package = arguments.package.as_deref();
    let which = package.map_or(vec!["--workspace"], |name| vec!["--package", name]);
    done(cargo().arg("test").args(&which).args(["--no-run", "--quiet"]))?;
    let mut failed = 0;
    for run in 1..=arguments.times {
        let condition = Condition::of(run - 1);
        let Some((names, said)) = failures(&condition, &which)? else {
            println!("{run:>3}  passed  {condition}");
            continue;
        };
        failed += 1;
        let log = target_directory()?.join(format!("again-{run}.log"));
        std::fs::write(&log, said)?;
        println!("{run:>3}  FAILED  {condition}; see {}", log.display());
        for name in names {
            println!("     {name}");
        }
    }
    let times = arguments.times;
    if failed == 0 { Ok(()) } else { Err(format!("{failed} of {times} runs failed").into()) }
}

/// Runs the tests once; `None` if all passed, or else the names of those that did not, and all that was
/// printed.
fn failures(condition: &Condition, which: &[&str]) -> Fallible<Option<(Vec<String>, String)>> {
    let loops = if condition.is_busy { available_parallelism()?.get() } else { 0 };
    let _busy: Vec<Loop> = (0..loops).map(|_| Loop::start()).collect::<Result<_, _>>()?;
    let mut shell = condition.shell();
    shell.args([condition.umask]).arg(target_directory()?.join("debug").join("producer"));
    shell.arg(cargo().get_program()).arg("test").args(which).args(["--no-fail-fast", "--"]);
    shell.args(condition.threads.into_iter().flat_map(|threads| ["--test-threads", threads]));
    let output = shell.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(None);
    }
    let said =
        [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat();
    let failed = said.lines().filter(|line| line.ends_with("FAILED")).map(str::to_owned).collect();
    Ok(Some((failed, said)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twelve_runs_see_every_number_of_threads_under_every_umask() {
        let mut seen: Vec<_> = (0..12).map(Condition::of).map(|c| (c.threads, c.umask)).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 12);
    }
}
