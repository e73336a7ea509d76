//! What was found, as text and JSON.
//!
//! Invariant: each finding is there once. As text, findings with the same step are together, and it follows once.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use daemon::plain;
use serde::Serialize;

use super::id::Id;
use crate::cli::Format;
use crate::json_line::{self, json_line};

/// One thing that is wrong: a line of fact, and a line of what to type.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
struct Finding {
    id: Id,
    /// The file, directory or unit.
    about: String,
    fact: String,
    step: String,
}

/// Who may read a region.
#[derive(Debug, Serialize)]
struct Examined {
    #[serde(serialize_with = "json_line::path")]
    path: PathBuf,
    readers: String,
}

/// Everything that was found.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    findings: Vec<Finding>,
    #[serde(skip)]
    known: HashSet<Finding>,
    regions: Vec<Examined>,
    /// The directories in which there is no region at all.
    #[serde(skip)]
    searched: Option<String>,
    /// What could not be looked at, and why.
    unchecked: Vec<String>,
}

impl Report {
    /// Adds a finding about the file or directory at `path`.
    pub(super) fn add(
        &mut self,
        id: Id,
        path: &Path,
        fact: impl Into<String>,
        step: impl Into<String>,
    ) {
        self.add_about(id, &path.to_string_lossy(), fact, step);
    }

    /// Adds a finding about a unit, or anything else that has no path.
    pub(super) fn add_about(
        &mut self,
        id: Id,
        about: &str,
        fact: impl Into<String>,
        step: impl Into<String>,
    ) {
        let finding = Finding { id, about: about.to_owned(), fact: fact.into(), step: step.into() };
        // A directory is looked at once for each of its regions.
        if self.known.insert(finding.clone()) {
            self.findings.push(finding);
        }
    }

    /// Adds an error of the library as a finding.
    pub(super) fn add_error(&mut self, id: Id, error: &mapcast::Error) {
        let text = daemon::with_next_step(error);
        let step = text.strip_prefix(&format!("{error}; ")).unwrap_or_default();
        self.add(id, error.path(), error.kind().to_string(), step);
    }

    /// Adds a region that was looked at.
    pub(super) fn examined(&mut self, path: &Path, readers: String) {
        self.regions.push(Examined { path: path.to_owned(), readers });
    }

    /// There is no region in these directories.
    pub(super) fn found_none(&mut self, searched: String) {
        self.searched = Some(searched);
    }

    /// Adds what could not be looked at.
    pub(super) fn unchecked(&mut self, what: impl Into<String>) {
        self.unchecked.push(what.into());
    }

    /// Leaves out the findings of these ids.
    pub(super) fn ignore(&mut self, ids: &[Id]) {
        self.findings.retain(|finding| !ids.contains(&finding.id));
    }

    /// How many findings there are.
    pub(super) fn count(&self) -> u64 {
        self.findings.len() as u64
    }

    pub(super) fn in_format(&self, format: Format) -> String {
        match format {
            Format::Text => self.text(),
            Format::Json => json_line(self),
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for (readers, paths) in grouped(&self.regions, |region| &region.readers) {
            let _ = writeln!(text, "{}: may be read by {readers}", regions(&paths));
        }
        if let Some(searched) = &self.searched {
            let _ = writeln!(text, "no regions in {}", plain(searched));
        }
        for (step, findings) in grouped(&self.findings, |finding| &finding.step) {
            for Finding { id, about, fact, .. } in findings {
                let _ = writeln!(text, "{}: {}: {}", id.name(), plain(about), plain(fact));
            }
            let _ = writeln!(text, "    type: {}", plain(step));
        }
        for what in &self.unchecked {
            let _ = writeln!(text, "not checked: {}", plain(what));
        }
        if self.findings.is_empty() {
            let is_none = self.searched.is_some();
            text.push_str(if is_none { "nothing else is wrong\n" } else { "all is well\n" });
        }
        text
    }
}

/// `items` with the same `key` together, in the order of the first of each.
fn grouped<'a, T>(items: &'a [T], key: impl Fn(&'a T) -> &'a str) -> Vec<(&'a str, Vec<&'a T>)> {
    let mut groups: Vec<(&str, Vec<&T>)> = Vec::new();
    let mut places = HashMap::new();
    for item in items {
        let key = key(item);
        let place = *places.entry(key).or_insert_with(|| {
            groups.push((key, Vec::new()));
            groups.len() - 1
        });
        groups[place].1.push(item);
    }
    groups
}

/// One region by its path, many by their number and their directories.
fn regions(regions: &[&Examined]) -> String {
    if let [one] = regions {
        return plain(&one.path.to_string_lossy());
    }
    let directories: BTreeSet<_> = regions.iter().filter_map(|one| one.path.parent()).collect();
    let directories = directories.into_iter().map(|path| plain(&path.to_string_lossy()));
    let directories: Vec<String> = directories.collect();
    format!("{} in {}", daemon::counted(regions.len() as u64, "region"), directories.join(", "))
}

/// `path` as a shell reads it.
pub(super) fn shell_word(path: &Path) -> String {
    daemon::cli::shell_path(path)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::id::Id;
    use super::{Report, shell_word};

    #[test]
    fn a_finding_is_said_once_and_what_to_type_once_for_all_that_it_mends() {
        let mut report = Report::default();
        for region in ["/run/a/1.region", "/run/a/2.region"] {
            report.examined(Path::new(region), "every user".into());
            report.add(Id::DiskBacked, Path::new("/run/a"), "on a disk", "move it");
            report.add(Id::Dead, Path::new(region), "it ended", "start it");
        }
        assert_eq!(
            report.text(),
            "2 regions in /run/a: may be read by every user\n\
             disk-backed: /run/a: on a disk\n    type: move it\n\
             dead: /run/a/1.region: it ended\ndead: /run/a/2.region: it ended\n    type: start it\n"
        );
        assert_eq!(report.count(), 3);
    }

    #[test]
    fn a_path_is_quoted_if_a_shell_would_read_it_otherwise() {
        for (path, want) in [
            (
                "/run/mapcast/.stu.region.7-9.mapcast-new",
                "/run/mapcast/.stu.region.7-9.mapcast-new",
            ),
            ("/a b/$x", "'/a b/$x'"),
            ("/it's", r#""/it's""#),
        ] {
            assert_eq!(shell_word(Path::new(path)), want);
        }
    }
}
