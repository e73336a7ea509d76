//! Seed, "the mmap function" (its program `mmap.c`): a file gets its length, is mapped, and what is
//! stored in memory is in the file.
#![allow(clippy::print_stdout, reason = "a lesson speaks")]

use lessons::{Failure, Place, text};
use shared::Shared;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;

fn main() -> Result<(), Failure> {
    let _place = Place::enter()?;
    let path = Path::new("./my_test");

    // open(O_CREAT), ftruncate, mmap, in this order and with every result looked at.
    let bytes = Shared::<u8>::create(path, 4)?;
    println!("created with {} bytes: {:?}", path.metadata()?.len(), fs::read(path)?);

    for (at, byte) in b"abc".iter().enumerate() {
        bytes.set(at, *byte); // strcpy(p, "abc")
    }
    println!("stored \"abc\"; read() finds {:?} in the file", fs::read(path)?);

    File::options().write(true).open(path)?.write_all_at(b"X", 1)?;
    let seen: Vec<u8> = (0..bytes.len()).map(|at| bytes.get(at)).collect();
    println!("write() put X at byte 1; the mapping has {:?}", text(&seen));

    if let Err(refused) = Shared::<u8>::create(path, 4) {
        println!("created again: {refused}");
    }
    drop(bytes); // munmap, with the right address and length; and close
    println!("unmapped; the file has {:?}", text(&fs::read(path)?));
    Ok(())
}
