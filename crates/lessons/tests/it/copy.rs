//! The copy by processes: what it copies, and what becomes of DEST when it does not.

use crate::example::{printed, run};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

struct Pair {
    dir: TempDir,
}

impl Pair {
    fn new(source: &[u8]) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        fs::write(dir.path().join("source"), source).expect("written");
        Self { dir }
    }

    fn dest(&self) -> PathBuf {
        self.dir.path().join("dest")
    }

    /// Whether it says that it copied, and everything it said.
    fn copy(&self, more: &[&str]) -> (bool, String) {
        let source = self.dir.path().join("source");
        let paths = [source, self.dest()];
        let mut arguments: Vec<&str> = paths.iter().map(|path| text(path)).collect();
        arguments.extend(more);
        let output = run("copy_by_processes", &arguments);
        (output.status.success(), printed(&output))
    }

    fn files(&self) -> usize {
        fs::read_dir(self.dir.path()).expect("a directory").count()
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

#[test]
fn every_length_is_copied_to_the_byte() {
    const PART: usize = 1 << 16;
    for len in [0, 1, 7, 4095, 4096, PART, PART + 1, 5 * PART, 5 * PART + 1, 1_000_003] {
        let source: Vec<u8> = (0..=250_u8).cycle().take(len).collect();
        let pair = Pair::new(&source);
        let (copied, said) = pair.copy(&[]);
        assert!(copied, "{len} bytes: {said}");
        assert!(fs::read(pair.dest()).expect("a copy") == source, "{len} bytes differ");
        assert_eq!(pair.files(), 2, "nothing else is left");
    }
}

#[test]
fn a_process_that_dies_is_named_and_leaves_no_copy() {
    let pair = Pair::new(&vec![7; 2_000_000]);
    let (copied, said) = pair.copy(&["--abort", "2"]);
    assert!(
        !copied && said.contains("process 2: ") && said.contains("killed by SIGABRT"),
        "{said}"
    );
    assert!(said.contains("1 of 5 processes failed"), "{said}");
    assert_eq!(pair.files(), 1, "not even a part of DEST");
}

#[test]
fn what_is_there_already_is_left_alone() {
    let pair = Pair::new(b"new");
    fs::write(pair.dest(), "old").expect("written");
    let (copied, said) = pair.copy(&[]);
    assert!(!copied, "{said}");
    assert_eq!(fs::read(pair.dest()).expect("there"), b"old");
    assert_eq!(pair.files(), 2);
}
