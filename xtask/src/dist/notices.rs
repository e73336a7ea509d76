//! The notices of the libraries inside the programs, which their licences require.
//!
//! cargo-about does the same, but each machine that makes the package would have to build it first
//! (deps.rs has the price).
//!
//! Read from the sources that the programs were built from: every library that is linked (no build
//! scripts, no macros), with the licence files in its folder. Equal texts are printed once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::tools::{Fallible, cargo, metadata, printed};

/// How the names of licence files begin.
const BEGINNINGS: [&str; 6] = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"];

/// What is in a program beside libraries: its name and licence, and where the text is.
pub(super) const FILES: [(&str, &str, &str); 1] =
    [("uPlot 1.6.32", "MIT", "crates/tool/src/export/page/uplot/LICENSE")];

/// The file NOTICES, for what these packages of the workspace build and the files that are in it.
pub(super) fn text(of: &[&str], files: &[(&str, &str, &str)]) -> Fallible<String> {
    let linked = linked(of)?;
    let packages = metadata(&["--locked"])?.packages.into_iter().filter(|package| {
        package.source.is_some()
            && linked.contains(&(package.name.clone(), package.version.to_string()))
    });
    let mut list = String::new();
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in packages {
        let name = format!("{} {}", package.name, package.version);
        let licence = package.license.as_deref().unwrap_or("see below");
        let _ = writeln!(list, "  {name}: {licence}");
        let folder = package.manifest_path.parent().unwrap_or(Path::new("."));
        for text in licences(folder)? {
            texts.entry(text).or_default().push(name.clone());
        }
    }
    for (name, licence, file) in files {
        let _ = writeln!(list, "  {name}: {licence}");
        let text = fs::read_to_string(super::root().join(file))?;
        texts.entry(text.trim().to_owned()).or_default().push((*name).to_owned());
    }
    let mut all = format!("This package contains these libraries:\n\n{list}");
    for (text, names) in texts {
        let _ = writeln!(all, "\n{}\n{}:\n\n{text}", "-".repeat(80), names.join(", "));
    }
    Ok(all)
}

/// Name and version of every library that is linked into what these packages build.
fn linked(of: &[&str]) -> Fallible<BTreeSet<(String, String)>> {
    let mut tree = cargo();
    tree.args(["tree", "--locked"])
        .args(of.iter().flat_map(|package| ["--package", package]))
        .args(["--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}"]);
    Ok(printed(&mut tree)?.lines().filter_map(name_and_version).collect())
}

/// Of a line such as `libc v0.2.177` or `region v0.1.0 (/path)`.
fn name_and_version(line: &str) -> Option<(String, String)> {
    let mut words = line.split_whitespace();
    let name = words.next()?;
    let version = words.next()?.strip_prefix('v')?;
    Some((name.to_owned(), version.to_owned()))
}

/// The licence texts in `folder`. Of several to choose from, MIT is chosen: it is the shortest.
fn licences(folder: &Path) -> Fallible<Vec<String>> {
    let mut files: Vec<(String, PathBuf)> = fs::read_dir(folder)?
        .flatten()
        .map(|entry| (entry.file_name().to_string_lossy().to_uppercase(), entry.path()))
        .filter(|(name, path)| {
            path.is_file() && BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
        })
        .collect();
    files.sort();
    let is_choice = |name: &str| name.starts_with("LICEN") && name.contains('-');
    if files.iter().any(|(name, _)| name.ends_with("-MIT")) {
        files.retain(|(name, _)| !is_choice(name) || name.ends_with("-MIT"));
    }
    let read = files.iter().map(|(_, path)| fs::read(path));
    let texts = read.map(|bytes| Ok(String::from_utf8_lossy(&bytes?).trim().to_owned()));
    texts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_cargo_tree_is_a_name_and_a_version() {
        let pair = |name: &str, version: &str| Some((name.to_owned(), version.to_owned()));
        assert_eq!(name_and_version("libc v0.2.177"), pair("libc", "0.2.177"));
        assert_eq!(name_and_version("region v0.1.0 (/x y) (*)"), pair("region", "0.1.0"));
        assert_eq!(name_and_version(""), None);
    }

    #[test]
    fn every_library_that_is_linked_is_named_with_its_licence() {
        let text = text(&super::super::packages(), &FILES).expect("the notices");
        for library in [
            "clap_builder",
            "hyper",
            "libc",
            "memmap2",
            "ratatui",
            "rustix",
            "toml",
            "tracing",
            "uPlot",
        ] {
            assert!(text.contains(&format!("\n  {library} ")), "{library} is not named");
        }
        for other in ["\n  clap_derive ", "\n  loom ", "\n  criterion ", "\n  region "] {
            assert!(!text.contains(other), "{other:?} is not linked, or is ours");
        }
        assert!(text.contains("Permission is hereby granted"), "no licence text");
    }

    #[test]
    fn the_library_has_the_notices_of_what_is_in_it_alone() {
        let text = text(&["mapcast-capi"], &[]).expect("the notices");
        assert!(text.contains("\n  memmap2 ") && text.contains("\n  rustix "), "{text}");
        assert!(
            !text.contains("\n  clap")
                && !text.contains("\n  cbindgen ")
                && !text.contains("uPlot")
        );
    }

    #[test]
    fn of_two_licences_the_shorter_is_passed_on_and_a_notice_always() {
        let folder = std::env::temp_dir().join(format!("mapcast-notices-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        for name in ["LICENSE-APACHE", "LICENSE-MIT", "NOTICE", "README.md"] {
            fs::write(folder.join(name), name).expect("a file");
        }
        let texts = licences(&folder);
        fs::remove_dir_all(&folder).expect("cleaned up");
        assert_eq!(texts.expect("texts"), ["LICENSE-MIT", "NOTICE"]);
    }
}
