//! What was found, as text and JSON.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use daemon::plain;
use serde::Serialize;

use super::id::Id;
use crate::cli::Format;

/// One thing that is wrong: a line of fact, and a line of what to type.
#[derive(Debug, Serialize)]
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
    path: PathBuf,
    readers: String,
}

/// Everything that was found.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    findings: Vec<Finding>,
    regions: Vec<Examined>,
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
        let (fact, step) = (fact.into(), step.into());
        self.findings.push(Finding { id, about: about.to_owned(), fact, step });
    }

    /// Adds an error of the library as a finding.
    pub(super) fn add_error(&mut self, id: Id, error: &mapcast::Error) {
        let (text, fact) = (daemon::with_next_step(error), error.kind().to_string());
        let step = text.strip_prefix(&format!("{error}; ")).unwrap_or_default();
        self.add(id, error.path(), fact, step);
    }

    /// Adds a region that was looked at.
    pub(super) fn examined(&mut self, path: &Path, readers: String) {
        self.regions.push(Examined { path: path.to_owned(), readers });
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
            Format::Json => serde_json::to_string(self).expect("strings") + "\n",
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for region in &self.regions {
            let path = plain(&region.path.to_string_lossy());
            let _ = writeln!(text, "{path}: may be read by {}", region.readers);
        }
        for Finding { id, about, fact, step } in &self.findings {
            let (about, fact, step) = (plain(about), plain(fact), plain(step));
            let _ = writeln!(text, "{}: {about}: {fact}\n    type: {step}", id.name());
        }
        for what in &self.unchecked {
            let _ = writeln!(text, "not checked: {}", plain(what));
        }
        if self.findings.is_empty() {
            text.push_str("all is well\n");
        }
        text
    }
}

/// `path` as a shell reads it.
pub(super) fn shell_word(path: &Path) -> String {
    let text = path.to_string_lossy();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-@+:,%=".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.into_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::shell_word;

    #[test]
    fn a_path_is_quoted_if_a_shell_would_read_it_otherwise() {
        for (path, want) in [
            (
                "/run/mapcast/.stu.region.7-9.mapcast-new",
                "/run/mapcast/.stu.region.7-9.mapcast-new",
            ),
            ("/a b/$x", "'/a b/$x'"),
            ("/it's", r"'/it'\''s'"),
        ] {
            assert_eq!(shell_word(Path::new(path)), want);
        }
    }
}
