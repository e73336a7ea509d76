//! The condition of a region that can be read: its writer, its newest record, its clock.

use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::{Duration, SystemTime};

use layout::header::MAGIC_BYTES;
use mapcast::dynamic::Reader;
use mapcast::{ErrorKind, Publication, State};

use super::examine::Chosen;
use super::id::Id;
use super::report::{Report, shell_word};
use crate::age::age_text;
use crate::observed::Observed;

/// A smaller difference of wall clocks is no step: no time service makes one.
const STEP: Duration = Duration::from_millis(100);

/// The process that writes a region, if it has a writer.
pub(super) fn writer_of(region: &Reader) -> Option<u64> {
    let has_writer = matches!(region.state(), State::Live | State::Stalled);
    has_writer.then(|| region.writer_pid()).filter(|pid| *pid != 0)
}

/// What to type about the writer of a region.
#[derive(Debug)]
pub(super) struct Steps {
    /// Starts it.
    pub(super) start: String,
    /// Shows what it has logged, if it is a unit.
    pub(super) journal: Option<String>,
}

/// Reports what is wrong with the writer of `region` and its records. One that was asked for is reported also if it is
/// closed.
pub(super) fn check(region: &mut Observed, chosen: Chosen, steps: &Steps, report: &mut Report) {
    let seen = region.look();
    let has_instances = matches!(region, Observed::Many(_));
    let reader = region.reader();
    let state = reader.state();
    writer(reader, state, chosen, steps, report);
    let is_empty = has_instances && seen.as_ref().is_ok_and(|seen| seen.instances.is_empty());
    match seen.map(|seen| seen.publication) {
        Ok(None) if matches!(state, State::Live | State::Stalled) => {
            no_record(reader, is_empty, steps, report);
        }
        Ok(Some(newest)) if state != State::Stale => clock(reader, &newest, report),
        Ok(_) => {}
        Err(error) => failed(&error, steps, report),
    }
}

/// Reports that there is no record; `is_empty`: because there is no instance, or none any more, which no
/// view of the process would explain.
fn no_record(region: &Reader, is_empty: bool, steps: &Steps, report: &mut Report) {
    let (fact, step) = if is_empty {
        ("it has no instances now", daemon::NO_INSTANCES_STEP.to_owned())
    } else {
        ("its writer has published nothing yet", process_step(region.writer_pid()))
    };
    let step = steps.journal.clone().unwrap_or(step);
    report.add(Id::NoRecord, region.path(), fact, step);
}

/// Reports an error of the library about a region.
pub(super) fn failed(error: &mapcast::Error, steps: &Steps, report: &mut Report) {
    let (kind, path) = (error.kind(), error.path());
    if let (ErrorKind::TooShort(have), Id::Damaged) = (kind, id_of(error)) {
        let have = daemon::counted(*have, "byte");
        let fact = format!("it was cut short: it has {have}, fewer than its header");
        return report.add(Id::Damaged, path, fact, steps.start.clone());
    }
    match step_of(kind, path, steps) {
        Some(step) => report.add(id_of(error), path, kind.to_string(), step),
        None => report.add_error(id_of(error), error),
    }
}

/// The id of a finding that a library's error makes.
pub(super) fn id_of(error: &mapcast::Error) -> Id {
    match error.kind() {
        ErrorKind::TooShort(_) if was_region(error.path()) => Id::Damaged,
        ErrorKind::NotThere | ErrorKind::NoDirectory | ErrorKind::BadName(_) => Id::NoRegion,
        ErrorKind::RelativeDirectory(_) => Id::RelativeDirectory,
        ErrorKind::UnsafeDirectory(_) | ErrorKind::NotOurs(_) => Id::UnsafeDirectory,
        ErrorKind::NotAFile(_) | ErrorKind::NotARegion | ErrorKind::TooShort(_) => Id::NotARegion,
        ErrorKind::UnsupportedVersion(_) | ErrorKind::UnsupportedFeatures(_) => Id::OtherVersion,
        ErrorKind::Damaged(_) | ErrorKind::Truncated { .. } | ErrorKind::Unstable => Id::Damaged,
        _ => Id::Unreadable,
    }
}

/// Whether the file at `path`, which is too short for a region, begins as one.
fn was_region(path: &Path) -> bool {
    // It was opened as a region before, so this waits for no other program.
    fs::read(path).is_ok_and(|bytes| bytes.starts_with(&MAGIC_BYTES))
}

/// What to type about an error of the file at `path`; `None`: what the library says will do.
fn step_of(kind: &ErrorKind, path: &Path, steps: &Steps) -> Option<String> {
    let file = shell_word(path);
    Some(match kind {
        ErrorKind::NotAFile("a symbolic link") => format!("readlink -f {file}, and give that path"),
        ErrorKind::NotAFile(_) => format!("ls -ld {file}, and give the path of a region"),
        ErrorKind::NotARegion | ErrorKind::TooShort(_) => {
            format!(
                "file {file}, and give another path, or for a bare file its configuration (.toml)"
            )
        }
        ErrorKind::Damaged(_) | ErrorKind::Truncated { .. } => steps.start.clone(),
        _ => return None,
    })
}

fn writer(region: &Reader, state: State, chosen: Chosen, steps: &Steps, report: &mut Report) {
    let (path, pid, start) = (region.path(), region.writer_pid(), &*steps.start);
    let silence = age_text(region.heartbeat().elapsed());
    match state {
        State::Dead => {
            let fact = format!(
                "process {pid} ended without closing it; its last heartbeat was {silence} ago"
            );
            report.add(Id::Dead, path, fact, start);
        }
        State::Stalled => {
            let promise = region.period().map_or_else(String::new, |period| {
                format!("; it promises one every {}", age_text(period))
            });
            let stopped = if is_stopped(pid) { ", and is stopped" } else { "" };
            let fact =
                format!("process {pid} has sent no heartbeat for {silence}{stopped}{promise}");
            let step = if stopped.is_empty() {
                steps.journal.clone().unwrap_or_else(|| process_step(pid))
            } else {
                format!("kill -CONT {pid}")
            };
            report.add(Id::Stalled, path, fact, step);
        }
        State::Stale => {
            report.add(Id::Stale, path, "it is from an earlier boot of the machine", start);
        }
        State::Closed if chosen == Chosen::Named => {
            let fact = format!("its writer closed it; the last heartbeat was {silence} ago");
            report.add(Id::Closed, path, fact, start);
        }
        State::Retired => {
            let fact = "it was given up for another region, which has not taken its name";
            report.add(Id::Retired, path, fact, start);
        }
        _ => {}
    }
}

/// Reports that the wall clock has been set since `newest` was published.
fn clock(region: &Reader, newest: &Publication, report: &mut Report) {
    // This process may lose the processor between two of these.
    let (Some(youngest), now, Some(oldest)) = (newest.age(), SystemTime::now(), newest.age())
    else {
        return;
    };
    let (step, direction) = step(region.wall_time(newest), now - oldest..=now - youngest);
    if step >= STEP {
        let fact = format!(
            "the wall clock was set {direction} by {} since record {}",
            age_text(step),
            newest.sequence
        );
        report.add(
            Id::ClockStep,
            region.path(),
            fact,
            "timedatectl timesync-status, or chronyc tracking",
        );
    }
}

/// How far, at least, a clock was set that showed `then` at a moment that lies in `by_now` as it shows now.
fn step(then: SystemTime, by_now: RangeInclusive<SystemTime>) -> (Duration, &'static str) {
    match by_now.start().duration_since(then) {
        Ok(step) => (step, "forward"),
        Err(_) => (then.duration_since(*by_now.end()).unwrap_or_default(), "back"),
    }
}

/// Shows what a process does.
fn process_step(pid: u64) -> String {
    format!("ps -o pid,stat,wchan:20,etime,args -p {pid}")
}

/// Whether a process is stopped by a signal or a debugger.
fn is_stopped(pid: u64) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    matches!(state, Some('T' | 't'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    #[test]
    fn a_pause_between_two_looks_at_the_clocks_is_no_step() {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let step = |then| step(at(then), at(100)..=at(107));
        assert_eq!(step(97), (Duration::from_secs(3), "forward"));
        for then in [100, 104, 107] {
            assert_eq!(step(then).0, Duration::ZERO);
        }
        assert_eq!(step(112), (Duration::from_secs(5), "back"));
    }
}
