//! Instances that are looked for in the file system.
//!
//! Price: a search reads the folders of its patterns: 20 us for a folder of 10 in /sys.

use std::collections::BTreeSet;
use std::path::Path;

use layout::InstanceName;
use settings::GlobInstances;

use super::changes::list;
use crate::sources::matches;

/// What a search has found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// The names, in their order.
    pub(crate) names: BTreeSet<InstanceName>,
    /// The first name that cannot be one of an instance, and why.
    pub(crate) bad: Option<String>,
}

/// Searches for the paths that the patterns match.
pub(crate) fn search(glob: &GlobInstances) -> Found {
    let mut found = Found::default();
    for path in glob.patterns.iter().flat_map(|pattern| matches(pattern)) {
        match name_of(&path) {
            Ok(name) => {
                found.names.insert(name);
            }
            Err(why) => found.bad = found.bad.or(Some(why)),
        }
    }
    found
}

/// The last component of a path, which is UTF-8, as a name.
fn name_of(path: &Path) -> Result<InstanceName, String> {
    let component = path.file_name().unwrap_or_default();
    InstanceName::new(&component.to_string_lossy()).map_err(|error| error.to_string())
}

/// What is wrong with what a search has found, if anything.
pub(super) fn complaint(
    glob: &GlobInstances,
    left_out: &[InstanceName],
    bad: Option<String>,
    is_empty: bool,
) -> Option<String> {
    if !left_out.is_empty() {
        let count = daemon::counted(left_out.len() as u64, "more instance");
        let max = glob.max;
        return Some(format!("{count} found than max = {max}: {}; raise max", list(left_out)));
    }
    if let Some(bad) = bad {
        return Some(format!("{bad}: it is left out; narrow the pattern"));
    }
    is_empty.then(|| {
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
    use std::ffi::OsStr;
    use std::fs;
    use std::os::unix::ffi::OsStrExt;
    use std::time::Duration;

    use settings::GlobInstances;

    use super::search;

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
        assert_eq!((names(&glob), search(&glob).bad), (vec!["eth0".into(), "eth1".into()], None));
        make(OsStr::from_bytes(b"eth\xff"));
        make(OsStr::new("eth\n"));
        let bad = search(&glob).bad.expect("a bad name");
        assert_eq!(bad, "instance name \"eth\\n\" has a control character");
        assert_eq!(names(&glob), ["eth0", "eth1"]);
        glob.patterns = vec![dir.path().join("none*")];
        assert_eq!(names(&glob), [""; 0]);
    }
}
