//! Question 5: an index is compared with the length, and a page that is gone is an error.

use crate::tell;
use lessons::{Failure, panic_of};
use shared::Shared;
use std::path::Path;

pub(crate) fn in_rust() -> Result<(), Failure> {
    let path = Path::new("./my_test");
    let bytes = Shared::<u8>::create(path, 4)?;
    let said = panic_of(|| bytes.set(5, b'a')).ok_or("byte 5 of 4 was written")?;
    println!("Rust  byte 5 of a mapping of 4: panic: {said}");

    bytes.set(0, b'a');
    drop(bytes);
    let bytes = Shared::<u8>::open(path)?;
    bytes.file().ok_or("it has a file")?.set_len(0)?; // somebody cuts the file
    tell("the file is cut; bring its pages", bytes.prefault(), "they are there");
    println!("Rust  byte 0 is {}, is_cut is {}; no SIGBUS", bytes.get(0), bytes.is_cut());
    Ok(())
}
