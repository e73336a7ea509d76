//! The workspace with one line of the protocol weakened: what mutants are built from.
//!
//! Invariant: the sources of the project hold no mutant and are not changed. A mutant lives in
//! `target/mutant/workspace`, where everything but `crates/channel` is a link to the original;
//! that is a copy with one patch. A patch whose text does not occur exactly once is an error.
//!
//! ```text
//!   target/mutant/workspace/   Cargo.toml ... tests -> ../../..      links
//!                              crates/region ...    -> ../../../..   links
//!                              crates/channel/                       a copy, patched
//! ```
//!
//! Price: a copy of some 20 small files; crates above channel are built once more for it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::tools::{Fallible, target_directory};

/// The crate that mutants are of, from the root of the workspace.
pub(crate) const CHANNEL: &str = "crates/channel";

/// A line of the protocol, and how it is weakened.
#[derive(Debug)]
pub(crate) struct Patch {
    /// As in `SYNC W1` or `CHOICE L1`.
    pub(crate) name: &'static str,
    /// In `crates/channel/src`.
    pub(crate) file: &'static str,
    /// Occurs exactly once in the file.
    pub(crate) from: &'static str,
    /// What takes its place.
    pub(crate) to: &'static str,
}

impl Patch {
    /// `source` with this line weakened.
    pub(crate) fn apply(&self, source: &str) -> Fallible<String> {
        match source.matches(self.from).count() {
            1 => Ok(source.replacen(self.from, self.to, 1)),
            count => {
                let Self { name, file, from, .. } = self;
                Err(format!("{name}: {from:?} occurs {count} times in {CHANNEL}/src/{file}").into())
            }
        }
    }
}

/// The workspace with `patch` applied; a target directory for it lies beside it.
pub(crate) fn workspace(patch: &Patch) -> Fallible<PathBuf> {
    let (real, mirror) = (root(), directory()?.join("workspace"));
    let _ = fs::remove_dir_all(&mirror);
    fs::create_dir_all(mirror.join("crates"))?;
    link_all(&real, &mirror, &["target", "crates", ".git"])?;
    link_all(&real.join("crates"), &mirror.join("crates"), &["channel"])?;
    weakened_copy(patch, &mirror.join(CHANNEL))?;
    Ok(mirror)
}

/// Writes the crate with `patch` applied into the directory `to`.
pub(crate) fn weakened_copy(patch: &Patch, to: &Path) -> Fallible<()> {
    copy_all(&root().join(CHANNEL), to)?;
    let file = to.join("src").join(patch.file);
    fs::write(&file, patch.apply(&fs::read_to_string(&file)?)?)?;
    Ok(())
}

/// Where mutants are built: apart from the project's own builds, which then stay as they are.
pub(crate) fn target() -> Fallible<PathBuf> {
    Ok(directory()?.join("build"))
}

fn directory() -> Fallible<PathBuf> {
    Ok(target_directory()?.join("mutant"))
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the root").to_owned()
}

fn link_all(from: &Path, to: &Path, but: &[&str]) -> Fallible<()> {
    for entry in fs::read_dir(from)? {
        let name = entry?.file_name();
        if !but.iter().any(|other| name == *other) {
            symlink(from.join(&name), to.join(&name))?;
        }
    }
    Ok(())
}

fn copy_all(from: &Path, to: &Path) -> Fallible<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_all(&path, &copy)?;
        } else {
            fs::copy(&path, &copy)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_that_fits_nowhere_or_twice_is_an_error() {
        let patch = Patch { name: "W9", file: "x.rs", from: "fence();", to: "" };
        assert_eq!(patch.apply("a fence(); b").expect("once"), "a  b");
        let err = patch.apply("fence(); fence();").expect_err("twice").to_string();
        assert_eq!(err, "W9: \"fence();\" occurs 2 times in crates/channel/src/x.rs");
        assert!(patch.apply("nothing of it").is_err());
    }
}
