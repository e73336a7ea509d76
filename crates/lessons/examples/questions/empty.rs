//! Question 1: an empty file cannot be mapped, and a new one is never seen empty.

use crate::tell;
use lessons::Failure;
use shared::Shared;
use std::fs::File;
use std::path::Path;

pub(crate) fn in_rust() -> Result<(), Failure> {
    File::create_new("./empty")?;
    tell("open an empty file", Shared::<u32>::open(Path::new("./empty")), "mapped");
    // Made aside, given its length and room on the disk, and only then its name.
    let new = Shared::<u32>::create(Path::new("./my_test"), 1)?;
    new.set(0, 2000);
    println!("Rust  create one with 1 number: it holds {}", new.get(0));
    Ok(())
}
