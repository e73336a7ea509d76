//! Seed, "exercise: copy with several processes": five processes, each with a part of the file that
//! begins on a page; every one of them is waited for, and every result is looked at.
//!
//! ```text
//!   copy_by_processes                       a file of its own, to show the parts
//!   copy_by_processes SOURCE DEST           DEST must not be there yet
//!   ... --abort 3                           process 3 dies at work: what becomes of DEST?
//! ```
#![allow(clippy::print_stdout, reason = "a lesson speaks")]

use lessons::{Failure, Place, ended};
use shared::{Child, Shared, SharedError, SharedView};
use std::fs::{self, File};
use std::path::Path;
use tempfile::NamedTempFile;

const PROCESSES: u64 = 5;
/// Every part begins with a multiple of it, as mmap demands: a multiple of every page size.
const PAGE: u64 = 1 << 16;

/// Bytes `at..at + len` of the file.
#[derive(Clone, Copy)]
struct Part {
    at: u64,
    len: u64,
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => show(0),
        ["--abort", number] => show(number.parse()?),
        [source, dest] => copy(Path::new(source), Path::new(dest), 0),
        [source, dest, "--abort", number] => {
            copy(Path::new(source), Path::new(dest), number.parse()?)
        }
        _ => Err("usage: copy_by_processes [SOURCE DEST] [--abort NUMBER]".into()),
    }
}

/// Copies two million bytes, and compares.
fn show(abort: usize) -> Result<(), Failure> {
    let _place = Place::enter()?;
    let (source, dest) = (Path::new("./dict.txt"), Path::new("./copy.txt"));
    fs::write(source, "mapcast ".repeat(250_000))?;
    let copied = copy(source, dest, abort);
    match fs::read(dest) {
        Ok(bytes) if bytes == fs::read(source)? => println!("the two files are equal"),
        Ok(_) => println!("the two files are not equal"),
        Err(_) => println!("there is no {}, not even half of one", dest.display()),
    }
    copied
}

fn copy(source: &Path, dest: &Path, abort: usize) -> Result<(), Failure> {
    let from = File::open(source)?;
    let len = from.metadata()?.len();
    // Made under a temporary name: DEST is complete as soon as it exists. An error below removes
    // it.
    let folder = dest.parent().filter(|folder| !folder.as_os_str().is_empty());
    let to = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    to.as_file().set_len(len)?;

    let parts = parts_of(len);
    let mut children = Vec::new();
    for (part, number) in parts.iter().zip(1..) {
        let work = || worker(*part, (&from, source), (to.as_file(), dest), number == abort);
        children.push(Child::fork(work)?); // on an error the others are dropped: ended and reaped
    }
    // All of them, whatever the first one says.
    let mut failed = 0;
    for (number, (child, part)) in (1..).zip(children.iter_mut().zip(&parts)) {
        let status = child.wait()?;
        println!("process {number}: {} bytes from {}: {}", part.len, part.at, ended(status));
        failed += usize::from(!status.success());
    }
    if failed > 0 {
        return Err(format!("{failed} of {} processes failed: no copy", parts.len()).into());
    }
    to.persist_noclobber(dest)?;
    println!("copied {len} bytes with {} processes", parts.len());
    Ok(())
}

/// Equal parts of whole pages; the last one ends with the file. None for an empty file.
fn parts_of(len: u64) -> Vec<Part> {
    let each = len.div_ceil(PROCESSES).next_multiple_of(PAGE);
    let starts = (0..PROCESSES).map(|number| number * each).take_while(|at| *at < len);
    starts.map(|at| Part { at, len: each.min(len - at) }).collect()
}

/// What one process does; its answer is the exit code.
fn worker(part: Part, from: (&File, &Path), to: (&File, &Path), abort: bool) -> u8 {
    if abort {
        std::process::abort();
    }
    match copy_part(part, from, to) {
        Ok(()) => 0,
        Err(err) => {
            println!("{err}");
            1
        }
    }
}

fn copy_part(part: Part, from: (&File, &Path), to: (&File, &Path)) -> Result<(), SharedError> {
    let len = usize::try_from(part.len).unwrap_or(usize::MAX);
    let source = SharedView::<u8>::of_range(from.0, from.1, part.at, len)?;
    let dest = Shared::<u8>::of_range(to.0, to.1, part.at, len)?;
    dest.prefault()?; // a full disk is an error here, not SIGBUS in the middle
    dest.copy_from(&source)
}
