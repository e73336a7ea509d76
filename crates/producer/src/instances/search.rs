//! Instances that are looked for in the file system.
//!
//! Price: a search reads the folders of its patterns: 20 us for a folder of 10 in /sys.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use layout::text::{counted, quote};
use layout::{BadInstanceName, InstanceName};
use settings::GlobInstances;

use crate::names::{list, listed};
use crate::sources::try_matches;

/// What a search has found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// The names, in their order.
    pub(crate) names: BTreeSet<InstanceName>,
    /// Those that cannot be names of instances, and why.
    bad: BTreeMap<String, BadInstanceName>,
    /// Why some folder could not be read at the moment.
    failure: Option<String>,
}

impl Found {
    /// Counts those that were `there` as found if a folder could not be read: they may be in it.
    pub(crate) fn keep(&mut self, there: &BTreeSet<InstanceName>) {
        if self.failure.is_some() {
            self.names.extend(there);
        }
    }

    /// Which names cannot be those of instances, if there are any.
    pub(crate) fn bad(&self) -> Option<String> {
        let bad = &self.bad;
        let first = bad.values().next()?;
        if bad.len() == 1 {
            return Some(format!("{first}: it is left out; narrow the pattern"));
        }
        let names = listed(bad.keys().map(|name| quote(name)));
        let count = counted(bad.len() as u64, "name");
        Some(format!(
            "{count} cannot be those of instances (1 to 64 bytes, no control characters): \
             {names}: they are left out; narrow the pattern"
        ))
    }
}

/// Searches for the paths that the patterns match.
pub(crate) fn search(glob: &GlobInstances) -> Found {
    let mut found = Found::default();
    for path in glob.patterns.iter().flat_map(|pattern| try_matches(pattern)) {
        let path = match path {
            Ok(path) => path,
            Err(error) => {
                found.failure = Some(error.to_string());
                continue;
            }
        };
        match name_of(&path) {
            Ok(name) => {
                found.names.insert(name);
            }
            Err((name, why)) => {
                found.bad.insert(name, why);
            }
        }
    }
    found
}

/// The last component of a path, which is UTF-8, as a name.
fn name_of(path: &Path) -> Result<InstanceName, (String, BadInstanceName)> {
    let component = path.file_name().unwrap_or_default().to_string_lossy();
    InstanceName::new(&component).map_err(|error| (component.into_owned(), error))
}

/// Which of the names found are instances.
#[derive(Debug, Default)]
pub(crate) struct Choice {
    /// These, at most as many as there can be.
    pub(crate) names: Vec<InstanceName>,
    /// What is wrong, if anything.
    pub(crate) complaint: Option<String>,
}

impl Choice {
    /// Those that are `there` already keep their places, before any other that was `found`.
    pub(crate) fn of(found: &Found, there: &BTreeSet<InstanceName>, glob: &GlobInstances) -> Self {
        let stay = there.intersection(&found.names);
        let mut names: Vec<_> = stay.chain(found.names.difference(there)).copied().collect();
        let left_out = names.split_off(names.len().min(glob.max as usize));
        let complaint = match &found.failure {
            Some(failure) => {
                let (patterns, rescan) = (patterns(glob), settings::duration_text(glob.rescan));
                Some(format!("cannot search for {patterns}: {failure}; again in {rescan}"))
            }
            None => complaint(glob, &names, &left_out, found.bad()),
        };
        Self { names, complaint }
    }
}

fn complaint(
    glob: &GlobInstances,
    names: &[InstanceName],
    left_out: &[InstanceName],
    bad: Option<String>,
) -> Option<String> {
    if !left_out.is_empty() {
        let count = daemon::counted(left_out.len() as u64, "more instance");
        let max = glob.max;
        let full = format!("{count} found than max = {max}: {}; raise max", list(left_out));
        return Some(match bad {
            Some(bad) => format!("{full}; {bad}"),
            None => full,
        });
    }
    if bad.is_some() {
        return bad;
    }
    names.is_empty().then(|| {
        let (patterns, rescan) = (patterns(glob), settings::duration_text(glob.rescan));
        format!("no path matches {patterns}: there is no instance yet; searching every {rescan}")
    })
}

/// The patterns, for messages.
pub(crate) fn patterns(glob: &GlobInstances) -> String {
    let patterns: Vec<_> = glob.patterns.iter().map(|path| path.display().to_string()).collect();
    patterns.join(" or ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::ffi::OsStr;
    use std::fs;
    use std::os::unix::ffi::OsStrExt;
    use std::time::Duration;

    use layout::InstanceName;
    use settings::GlobInstances;

    use super::{Choice, Found, search};

    #[test]
    fn a_folder_that_cannot_be_read_at_the_moment_takes_no_instance_away() {
        let name = |text: &str| InstanceName::new(text).expect("a name");
        let (there, names) = (BTreeSet::from([name("eth0")]), BTreeSet::from([name("lo")]));
        let glob = GlobInstances {
            patterns: vec!["/a/*".into(), "/b/*".into()],
            rescan: Duration::from_secs(1),
            max: 9,
        };
        let mut found = Found { names, ..Found::default() };
        found.keep(&there);
        assert!(!found.names.contains("eth0"), "it is gone");
        found.failure = Some("/a: Too many open files in system".to_owned());
        found.keep(&there);
        let choice = Choice::of(&found, &there, &glob);
        assert_eq!(choice.names, [name("eth0"), name("lo")]);
        let complaint = choice.complaint.expect("a complaint");
        let want = "cannot search for /a/* or /b/*: /a: Too many open files in system; again in 1s";
        assert_eq!(complaint, want);
    }

    #[test]
    fn names_are_the_last_components_of_all_matches_and_bad_ones_are_left_out() {
        let dir = tempfile::tempdir().expect("a directory");
        let make = |name: &OsStr| fs::write(dir.path().join(name), "").expect("write");
        for name in ["eth1", "eth0", "lo", "eth0.up"] {
            make(OsStr::new(name));
        }
        fs::create_dir(dir.path().join("b")).expect("directory");
        fs::write(dir.path().join("b/eth0"), "").expect("write");
        let patterns = ["eth?", "b/*"].map(|pattern| dir.path().join(pattern)).to_vec();
        let mut glob = GlobInstances { patterns, rescan: Duration::from_secs(1), max: 9 };
        let names = |glob: &GlobInstances| -> Vec<String> {
            search(glob).names.iter().map(ToString::to_string).collect()
        };
        assert_eq!((names(&glob), search(&glob).bad()), (vec!["eth0".into(), "eth1".into()], None));
        make(OsStr::from_bytes(b"eth\xff"));
        make(OsStr::new("eth\n"));
        let bad = search(&glob).bad().expect("a bad name");
        let left_out = "it is left out; narrow the pattern";
        assert_eq!(bad, format!("instance name \"eth\\n\" has a control character: {left_out}"));
        assert_eq!(names(&glob), ["eth0", "eth1"]);
        glob.patterns = vec![dir.path().join("none*")];
        assert_eq!(names(&glob), [""; 0]);
    }

    #[test]
    fn some_of_many_bad_names_are_listed_and_the_others_counted() {
        let dir = tempfile::tempdir().expect("a directory");
        for number in 0..10 {
            fs::write(dir.path().join(format!("{number}\t")), "").expect("write");
        }
        let patterns = vec![dir.path().join("*")];
        let glob = GlobInstances { patterns, rescan: Duration::from_secs(1), max: 9 };
        let bad = search(&glob).bad();
        let want = "10 names cannot be those of instances (1 to 64 bytes, no control characters): \
            \"0\\t\", \"1\\t\", \"2\\t\", \"3\\t\", \"4\\t\", \"5\\t\", \"6\\t\", \"7\\t\" \
            and 2 more: they are left out; narrow the pattern";
        assert_eq!(bad.as_deref(), Some(want));
        fs::write(dir.path().join("a"), "").expect("write");
        fs::write(dir.path().join("b"), "").expect("write");
        let glob = GlobInstances { max: 1, ..glob };
        let there = BTreeSet::from(["b".parse().expect("a name")]);
        let choice = Choice::of(&search(&glob), &there, &glob);
        let both = format!("1 more instance found than max = 1: a; raise max; {want}");
        assert_eq!((choice.complaint, choice.names), (Some(both), there.into_iter().collect()));
    }
}
