//! Each engine on real files: exact at every length, and honest about a file that was cut.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::*;
use crate::fault::FaultKind;
use crate::plan::{PART, parts};

struct Files {
    _dir: tempfile::TempDir,
    source: File,
    dest: File,
    paths: [PathBuf; 2],
}

impl Files {
    /// A source of `len` bytes that are nowhere alike, and a destination of as many holes.
    fn new(len: u64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let paths = ["source", "dest"].map(|name| dir.path().join(name));
        let open = |path: &Path| {
            File::options().read(true).write(true).create_new(true).open(path).unwrap()
        };
        let (source, dest) = (open(&paths[0]), open(&paths[1]));
        source.write_all_at(&noise(len), 0).unwrap();
        dest.set_len(len).unwrap();
        Self { _dir: dir, source, dest, paths }
    }

    fn pair(&self) -> Pair<'_> {
        let [source_path, dest_path] = &self.paths;
        Pair { source: &self.source, source_path, dest: &self.dest, dest_path }
    }

    fn dest_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        File::open(&self.paths[1]).unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    }
}

fn noise(len: u64) -> Vec<u8> {
    (0..len).map(|i| (i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56).to_le_bytes()[0]).collect()
}

#[test]
fn every_engine_copies_every_length_exactly() {
    for engine in Engine::ALL {
        for len in [1, 7, 8, 4095, 4096, 4097, 3 * 4096 + 5, PART + 4096 + 3] {
            let files = Files::new(len);
            let mut engines = Engines::new(files.pair());
            for part in parts(&files.source, len).unwrap() {
                engines.copy(engine, part).unwrap();
                engines.compare(part).unwrap();
            }
            assert!(files.dest_bytes() == noise(len), "{engine}, {len} bytes");
        }
    }
}

/// The mmap engine would die of SIGBUS here without the guard and its look at each page.
#[test]
fn a_source_that_became_shorter_is_said_by_every_engine_with_the_byte() {
    let len = 5 * 4096;
    for engine in Engine::ALL {
        for cut in [0, 1, 4096, 2 * 4096 + 7, len - 1] {
            let files = Files::new(len);
            files.source.set_len(cut).unwrap();
            let part = Part { at: 0, len };
            let fault = Engines::new(files.pair()).copy(engine, part).unwrap_err();
            assert_eq!(fault, Fault::new(FaultKind::Shrunk, cut), "{engine}");
        }
    }
}

#[test]
fn a_descriptor_that_cannot_be_written_is_said_by_every_engine() {
    for engine in Engine::ALL {
        let files = Files::new(4096);
        let read_only = File::open(&files.paths[1]).unwrap();
        let pair = Pair { dest: &read_only, ..files.pair() };
        let fault = Engines::new(pair).copy(engine, Part { at: 0, len: 4096 }).unwrap_err();
        assert!(
            !matches!(fault.kind, FaultKind::Shrunk | FaultKind::Mismatch),
            "{engine}: {fault}"
        );
    }
}

#[test]
fn a_byte_that_differs_is_found() {
    let files = Files::new(PART);
    let part = Part { at: 0, len: PART };
    let mut engines = Engines::new(files.pair());
    engines.copy(Engine::Pread, part).unwrap();
    engines.compare(part).unwrap();
    let at = PART - 1;
    let mut byte = [0];
    files.dest.read_exact_at(&mut byte, at).unwrap();
    files.dest.write_all_at(&[byte[0] ^ 1], at).unwrap();
    let fault = engines.compare(part).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Mismatch);
    assert!(fault.at <= at && at < fault.at + (1 << 20), "{fault}");
}

#[test]
fn a_source_without_a_length_is_copied_to_its_end() {
    let files = Files::new(0);
    let source = File::open("/proc/self/status").unwrap();
    let pair = Pair { source: &source, ..files.pair() };
    let copied = Engines::new(pair).copy_to_the_end(|_| ControlFlow::Continue(())).unwrap();
    assert_eq!(copied, files.dest_bytes().len() as u64);
    assert!(files.dest_bytes().starts_with(b"Name:"));
}

#[test]
fn a_comparison_of_such_a_source_can_be_broken_off() {
    let files = Files::new(PART);
    let mut turns = 0;
    let thrice = || {
        turns += 1;
        if turns == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    // Alike at first: the holes of both.
    files.source.write_all_at(&vec![0; 1 << 20], 0).unwrap();
    let part = Part { at: 0, len: PART };
    assert_eq!(Engines::new(files.pair()).compare_while(part, thrice), Ok(()));
    assert_eq!(turns, 3);
    let fault = Engines::new(files.pair()).compare(part).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Mismatch);
}

/// Some files of `/proc` have no end at all.
#[test]
fn a_copy_to_the_end_can_be_broken_off() {
    let files = Files::new(0);
    let source = File::open("/dev/zero").unwrap();
    let pair = Pair { source: &source, ..files.pair() };
    let mut calls = 0;
    let copied = Engines::new(pair).copy_to_the_end(|_| {
        calls += 1;
        if calls < 3 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    assert_eq!(copied.unwrap(), files.dest_bytes().len() as u64);
    assert_eq!(calls, 3);
}
