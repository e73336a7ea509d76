//! The programs that are compared, and how each is called.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tools::{Fallible, cargo, done, target_directory, tool};

/// The other programs, from the registry, in the versions that were tested.
const XCP: &str = "0.24.9";
const FCP: &str = "0.2.2";
/// As many as the targets are for.
const JOBS: &str = "2";

/// A program to be timed.
#[derive(Clone, Debug)]
pub(super) struct Contender {
    pub(super) name: &'static str,
    program: PathBuf,
    options: &'static [&'static str],
    /// Whether it copies, or only starts and exits.
    pub(super) copies: bool,
}

impl Contender {
    pub(super) fn command(&self, source: &Path, dest: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.args(self.options);
        if self.copies {
            command.args([source, dest]);
        }
        command
    }
}

/// Ours first. `quick` leaves out those that have to be built.
pub(super) fn contenders(quick: bool) -> Fallible<Vec<Contender>> {
    done(cargo().args(["build", "--release", "--quiet", "--package", "copier"]))?;
    let copier = target_directory()?.join("release/copier");
    let ours = |name, options| Contender { name, program: copier.clone(), options, copies: true };
    let mut all = vec![
        ours("copier", &["--jobs", JOBS]),
        ours("copier, mmap", &["--jobs", JOBS, "--engine", "mmap"]),
        ours("copier, pread", &["--jobs", JOBS, "--engine", "pread"]),
        ours("copier, copy-range", &["--jobs", JOBS, "--engine", "copy-range"]),
        cp(),
        start_up(),
    ];
    if !quick {
        let rival = |name, version| -> Fallible<Contender> {
            Ok(Contender { name, program: tool(name, version)?, options: &[], copies: true })
        };
        all.push(rival("xcp", XCP)?);
        all.push(rival("fcp", FCP)?);
    }
    Ok(all)
}

pub(super) fn cp() -> Contender {
    Contender { name: "cp", program: "cp".into(), options: &["--reflink=never"], copies: true }
}

/// One that exits with 0 without copying.
#[cfg(test)]
pub(super) fn liar() -> Contender {
    Contender { copies: true, ..start_up() }
}

/// What it takes to start a process that does nothing.
pub(super) fn start_up() -> Contender {
    Contender { name: "true (start only)", program: "true".into(), options: &[], copies: false }
}
