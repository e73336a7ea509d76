//! The region of a bridge: links that are down, hosts that are not heard of, and which regions are mirrors.
//!
//! Invariant: a row is read by the names of its fields, so that a bridge of another version can be looked at; a region of
//! another record is none of a bridge.

use std::path::Path;

use mapcast::State;
use mapcast::dynamic::{InstanceReader, RecordBuf};

use super::id::Id;
use super::path_walk::PathWalk;
use super::region_file::is_unsafe;
use super::report::Report;
use crate::observed::Observed;

/// The name of the record, and of the region where a bridge's configuration gives none.
const RECORD: &str = "BRIDGE";
const REGION: &str = "bridge";

/// What a bridge says of a mirror, an export or a link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Row {
    direction: String,
    host: String,
    name: String,
    link: String,
    why: String,
}

/// Reports what the bridge says of its links and hosts, if `region` is that of one that runs.
pub(super) fn check(region: &mut Observed, report: &mut Report) {
    let Observed::Many(reader) = region else { return };
    if reader.schema().name() != RECORD || reader.state() != State::Live {
        return;
    }
    let path = reader.path().to_owned();
    for row in rows(reader) {
        if let Some((fact, step)) = finding(&row) {
            report.add(Id::NoLink, &path, fact, step);
        }
    }
}

/// What to type about the region at `path`, which has no news, if it is a mirror: the bridge of its directory says so.
pub(super) fn step_of_mirror(path: &Path) -> Option<String> {
    let name = path.file_stem()?.to_str()?;
    let region = path.with_file_name(format!("{REGION}.region"));
    let walk = PathWalk::to(&region);
    if walk.file().is_none_or(|file| is_unsafe(&walk, file)) {
        return None;
    }
    let mut reader = InstanceReader::open(region.as_path()).ok()?;
    if reader.schema().name() != RECORD {
        return None;
    }
    let instance = reader.find(name)?;
    let is_running = reader.state() == State::Live;
    row(&mut reader, instance)
        .filter(|row| row.direction == "import")
        .map(|row| if is_running { row.step() } else { row.step_without_bridge() })
}

impl Row {
    /// What to type about a mirror whose bridge does not run.
    fn step_without_bridge(&self) -> String {
        let Self { host, name, .. } = self;
        format!(
            "mapcast doctor {REGION}: it is a mirror of {host}/{name}, and its bridge does not run"
        )
    }

    /// What to type about a mirror that has no news.
    fn step(&self) -> String {
        let Self { host, name, link, .. } = self;
        match &**link {
            "stalled" | "dead" | "closed" | "retired" | "stale" | "not there" => {
                format!("mapcast doctor {name}, on {host}, where it is {link}")
            }
            "not imported" => format!(
                "remove it, or import {host}/{name} again: it was a mirror of that, and no [[import]] has it"
            ),
            // A ring of hosts ends so, and is no finding.
            "loop" => format!("consumer {REGION} --once: it is a mirror of {host}/{name}, {link}"),
            _ => format!("mapcast doctor {REGION}: it is a mirror of {host}/{name}, {link}"),
        }
    }
}

fn rows(reader: &mut InstanceReader) -> Vec<Row> {
    let all: Vec<_> = reader.all().map(|(instance, _)| instance).collect();
    all.into_iter().filter_map(|instance| row(reader, instance)).collect()
}

fn row(reader: &mut InstanceReader, instance: mapcast::Instance) -> Option<Row> {
    let mut record = RecordBuf::new(reader.schema().clone());
    reader.latest(instance, record.bytes_mut()).ok()??;
    let text = |name: &str| {
        let field = record.schema().fields().iter().find(|field| field.name() == name);
        field.map_or_else(String::new, |field| record.view().shown(field, None).to_string())
    };
    Some(Row {
        direction: text("direction"),
        host: text("host"),
        name: text("name"),
        link: text("link"),
        why: text("why"),
    })
}

/// What is wrong by this row, and what to type.
fn finding(row: &Row) -> Option<(String, String)> {
    let Row { direction, host, name, link, why } = row;
    Some(match (&**direction, &**link) {
        ("connect", "link lost") => {
            let (fact, step) = why.split_once("; ").unwrap_or((why, "see the log of the bridge"));
            (format!("no link to {name}: {fact}"), step.to_owned())
        }
        ("import", "host lost") => {
            (format!("host {host} is not heard of"), format!("mapcast doctor {REGION}, on {host}"))
        }
        ("import", "link lost") => (
            format!("host {host} is not heard of: there is no link"),
            "see the other findings, or the bridges that are to connect to this one".to_owned(),
        ),
        ("import", "two hosts") => (
            format!("two bridges call themselves {host}"),
            "write another host in the [bridge] of one of them".to_owned(),
        ),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(direction: &str, link: &str, why: &str) -> Row {
        let [direction, link, why] = [direction, link, why].map(str::to_owned);
        Row { direction, host: "hostA".to_owned(), name: "stu".to_owned(), link, why }
    }

    #[test]
    fn a_link_that_is_lost_is_a_finding_with_its_cause_and_step_and_a_live_one_is_none() {
        let lost = finding(&row("connect", "link lost", "Connection refused; start the bridge"));
        let (fact, step) = lost.expect("a finding");
        assert_eq!((&*fact, &*step), ("no link to stu: Connection refused", "start the bridge"));
        for (direction, link) in [("connect", "live"), ("connect", "spare"), ("import", "closed")] {
            assert_eq!(finding(&row(direction, link, "")), None, "{direction} {link}");
        }
        for link in ["host lost", "link lost", "two hosts"] {
            assert!(
                finding(&row("import", link, "")).is_some_and(|(fact, _)| fact.contains("hostA"))
            );
        }
    }

    #[test]
    fn a_mirror_without_news_leads_to_its_source_or_to_the_bridge() {
        assert!(row("import", "not imported", "").step().contains("no [[import]] has it"));
        let step = |link| row("import", link, "").step();
        assert_eq!(step("dead"), "mapcast doctor stu, on hostA, where it is dead");
        assert_eq!(
            step("host lost"),
            "mapcast doctor bridge: it is a mirror of hostA/stu, host lost"
        );
        let without = row("import", "live", "").step_without_bridge();
        assert!(without.ends_with("it is a mirror of hostA/stu, and its bridge does not run"));
    }
}
