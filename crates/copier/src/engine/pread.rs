//! Copies and compares through buffers: the engine that works everywhere, and whose errors name the file
//! and the byte.

use std::fs::File;
use std::ops::ControlFlow;

use rustix::io::{Errno, pread, pwrite};
use xxhash_rust::xxh3::xxh3_64;

use super::Pair;
use crate::fault::{Fault, FaultKind};
use crate::plan::Part;

/// Bytes of one read or write. Fewer take more calls. With more, ext4 allocates folios as large, which
/// are often not available: docs/copier.md has the figures.
const CHUNK: usize = 128 << 10;

/// Memory of one process, made when it is first needed.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    first: Vec<u8>,
    second: Vec<u8>,
}

impl Buffer {
    fn one(&mut self, len: usize) -> &mut [u8] {
        grown(&mut self.first, len)
    }

    fn two(&mut self, len: usize) -> (&mut [u8], &mut [u8]) {
        (grown(&mut self.first, len), grown(&mut self.second, len))
    }
}

fn grown(bytes: &mut Vec<u8>, len: usize) -> &mut [u8] {
    if bytes.len() < len {
        bytes.resize(len, 0);
    }
    &mut bytes[..len]
}

/// The stretches of at most [`CHUNK`] bytes of `part`: where each begins, and how long it is.
fn chunks(part: Part) -> impl Iterator<Item = (u64, usize)> {
    (part.at..part.end())
        .step_by(CHUNK)
        .map(move |at| (at, usize::try_from(part.end() - at).unwrap_or(CHUNK).min(CHUNK)))
}

pub(super) fn copy(pair: Pair<'_>, part: Part, buffer: &mut Buffer) -> Result<(), Fault> {
    for (at, len) in chunks(part) {
        let bytes = buffer.one(len);
        read_whole(pair.source, bytes, at)?;
        write_whole(pair.dest, bytes, at)?;
    }
    Ok(())
}

pub(super) fn copy_to_the_end(
    pair: Pair<'_>,
    buffer: &mut Buffer,
    mut advance: impl FnMut(u64) -> ControlFlow<()>,
) -> Result<u64, Fault> {
    let mut at = 0;
    loop {
        let bytes = buffer.one(CHUNK);
        let read = read_some(pair.source, bytes, at)?;
        write_whole(pair.dest, &bytes[..read], at)?;
        at += read as u64;
        if read == 0 || advance(at).is_break() {
            return Ok(at);
        }
    }
}

pub(super) fn compare(
    pair: Pair<'_>,
    part: Part,
    buffer: &mut Buffer,
    mut go_on: impl FnMut() -> ControlFlow<()>,
) -> Result<(), Fault> {
    for (at, len) in chunks(part) {
        if go_on().is_break() {
            break;
        }
        let (from, to) = buffer.two(len);
        read_whole(pair.source, from, at)?;
        read_whole(pair.dest, to, at)?;
        if xxh3_64(from) != xxh3_64(to) {
            return Err(Fault::new(FaultKind::Mismatch, at));
        }
    }
    Ok(())
}

fn read_whole(file: &File, bytes: &mut [u8], at: u64) -> Result<(), Fault> {
    let mut done = 0;
    while done < bytes.len() {
        let here = at + done as u64;
        match read_some(file, &mut bytes[done..], here)? {
            0 => return Err(Fault::new(FaultKind::Shrunk, here)),
            read => done += read,
        }
    }
    Ok(())
}

fn read_some(file: &File, bytes: &mut [u8], at: u64) -> Result<usize, Fault> {
    loop {
        match pread(file, &mut *bytes, at) {
            Ok(read) => return Ok(read),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(Fault::new(FaultKind::Read(errno), at)),
        }
    }
}

fn write_whole(file: &File, bytes: &[u8], at: u64) -> Result<(), Fault> {
    let mut done = 0;
    while done < bytes.len() {
        let here = at + done as u64;
        match pwrite(file, &bytes[done..], here) {
            Ok(0) => return Err(Fault::new(FaultKind::Write(Errno::NOSPC), here)),
            Ok(written) => done += written,
            Err(Errno::INTR) => {}
            Err(errno) => return Err(Fault::new(FaultKind::Write(errno), here)),
        }
    }
    Ok(())
}
