//! The units of producers, as `systemctl` shows them, if it is there.
//!
//! Invariant: a `systemctl` that does not answer is killed after [`PATIENCE`]. It is asked once a run.

use std::io::{self, PipeReader, Read};
use std::os::fd::AsFd;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::id::Id;
use super::report::Report;

/// How long `systemctl` may take.
const PATIENCE: Duration = Duration::from_secs(3);
const PROPERTIES: &str =
    "--property=Id,LoadState,ActiveState,Result,LimitNOFILE,LimitMEMLOCK,LimitRTPRIO";

/// A unit, by the names of its properties.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Unit(Vec<(String, String)>);

/// What is known of the units.
#[derive(Debug, Default)]
pub(super) struct Units(Vec<Unit>);

impl Units {
    /// Those of these names or patterns; none, which `report` says, if they cannot be asked for.
    pub(super) fn ask(names: &[String], report: &mut Report) -> Self {
        let mut command = Command::new("systemctl");
        command.args(["show", "--no-pager", PROPERTIES, "--"]).args(names);
        match output(command, PATIENCE) {
            Ok(text) => Self(parse(&text)),
            Err(why) => {
                report.unchecked(format!("units: {why}"));
                Self::default()
            }
        }
    }

    /// The unit called `name`, if it is installed; one of an installed template is, whatever its name.
    pub(super) fn get(&self, name: &str) -> Option<&Unit> {
        self.0.iter().find(|unit| unit.name() == name && unit.is_installed())
    }

    /// Reports those that have failed or are masked.
    pub(super) fn check(&self, report: &mut Report) {
        for unit in &self.0 {
            let name = unit.name();
            if unit.property("ActiveState") == "failed" {
                let fact = format!("it has failed ({})", unit.property("Result"));
                let step = format!(
                    "journalctl --unit {name} --lines 20; then systemctl reset-failed {name}; \
                     systemctl start {name}"
                );
                report.add_about(Id::UnitFailed, name, fact, step);
            }
            if unit.property("LoadState") == "masked" {
                let step = format!("systemctl unmask {name}");
                report.add_about(Id::UnitMasked, name, "it is masked: it cannot be started", step);
            }
        }
    }
}

impl Unit {
    pub(super) fn name(&self) -> &str {
        self.property("Id")
    }

    fn is_installed(&self) -> bool {
        self.property("LoadState") == "loaded"
    }

    /// A property, empty if it is not there.
    pub(super) fn property(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

/// Units, with an empty line between two.
fn parse(text: &str) -> Vec<Unit> {
    let pairs = |block: &str| {
        let pairs = block.lines().filter_map(|line| line.split_once('='));
        pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    };
    let mut units: Vec<_> = text.split("\n\n").map(|block| Unit(pairs(block))).collect();
    units.retain(|unit| !unit.name().is_empty());
    units.dedup();
    units
}

/// What `command` prints, if it succeeds within `patience`.
fn output(mut command: Command, patience: Duration) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let failed = |error: io::Error| format!("{name}: {error}");
    let (pipe, end) = io::pipe().map_err(failed)?;
    command.stdin(Stdio::null()).stdout(end.try_clone().map_err(failed)?).stderr(end);
    let mut child = command.spawn().map_err(failed)?;
    // Its own ends of the pipe.
    drop(command);
    let read = read_all(pipe, Instant::now() + patience);
    if !matches!(read, Ok(Some(_))) {
        let _ = child.kill();
    }
    let status = child.wait().map_err(failed)?;
    match read.map_err(failed)? {
        None => Err(format!("{name} did not answer within {} s", patience.as_secs())),
        Some(text) if status.success() => Ok(text),
        Some(text) => {
            Err(format!("{name}: {} ({status})", text.lines().next().unwrap_or("failed")))
        }
    }
}

/// All that comes through `pipe`; `None` if it has not ended at `deadline`.
fn read_all(mut pipe: PipeReader, deadline: Instant) -> io::Result<Option<String>> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 8192]);
    loop {
        if !is_readable(&pipe, deadline.saturating_duration_since(Instant::now())) {
            return Ok(None);
        }
        match pipe.read(&mut buffer)? {
            0 => return Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            count => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}

/// Whether `pipe` has bytes, or has ended, within `patience`.
fn is_readable(pipe: impl AsFd, patience: Duration) -> bool {
    let Ok(patience) = Timespec::try_from(patience) else { return false };
    let mut fds = [PollFd::new(&pipe, PollFlags::IN)];
    poll(&mut fds, Some(&patience)).is_ok_and(|ready| ready > 0)
}
