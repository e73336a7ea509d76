//! Seed, "IPC through a file" (its exercise `fork_shared_fd.c`): a parent and its child share an
//! open file, and with it one offset; an unrelated process that opens the file has its own.
//!
//! ```text
//!   parent, descriptor 3 --+
//!                          +--> open file, OFFSET --> the file's bytes
//!   child, descriptor 3  --+                               ^
//!   unrelated, descriptor 3 --> open file, OFFSET ---------+
//! ```
#![allow(clippy::print_stdout, reason = "a lesson speaks")]

use lessons::{Failure, Place, ended_well, text};
use shared::{Child, Shared};
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;

fn main() -> Result<(), Failure> {
    if let Some(path) = std::env::args().nth(1) {
        return unrelated(Path::new(&path));
    }
    let _place = Place::enter()?;
    let path = Path::new("./note.txt");
    let mut file = File::options().read(true).write(true).create_new(true).open(path)?;

    file.write_all(b"from the parent\n")?;
    println!("parent wrote 16 bytes; the offset is {}", file.stream_position()?);
    write_in_a_child(&file)?;
    println!("parent finds the offset at {}: there is one, for both", file.stream_position()?);

    let mut line = [0; 16];
    let read = file.read(&mut line)?;
    println!("parent reads on from there: {read} bytes");
    file.read_exact_at(&mut line, 16)?; // pread: it says where, and moves nothing
    println!("parent asks for byte 16 itself: {:?}", text(&line));

    let own = std::env::current_exe()?;
    ended_well("the unrelated process", Command::new(own).arg(path).status()?)?;
    println!("parent finds the offset at {} still", file.stream_position()?);
    without_an_offset(file, path)
}

fn write_in_a_child(mut file: &File) -> Result<(), Failure> {
    let mut child = Child::fork(|| {
        let written = file.write_all(b"from the child!\n").and_then(|()| file.stream_position());
        match written {
            Ok(offset) => println!("child  wrote 16 bytes; the offset is {offset}"),
            Err(err) => println!("child  {err}"),
        }
        0
    })?;
    ended_well("the child", child.wait()?) // not sleep(1): its end is what is waited for
}

/// Another program, as far as the kernel is concerned: nothing was inherited.
fn unrelated(path: &Path) -> Result<(), Failure> {
    let mut file = File::open(path)?;
    let before = file.stream_position()?;
    let mut all = String::new();
    file.read_to_string(&mut all)?;
    println!("unrelated process opens it: its offset is {before}, it reads {all:?}");
    Ok(())
}

/// The same descriptor handed over, but mapped: each side says which byte it means.
fn without_an_offset(file: File, path: &Path) -> Result<(), Failure> {
    let bytes = Shared::<u8>::from_file(file, path)?;
    let mut child = Child::fork(|| {
        bytes.set(0, b'F');
        0
    })?;
    ended_well("the child", child.wait()?)?;
    let line: Vec<u8> = (0..16).map(|at| bytes.get(at)).collect();
    println!("mapped, it has no offset: the child set byte 0, the parent has {:?}", text(&line));
    Ok(())
}
