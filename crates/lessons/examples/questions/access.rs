//! Question 2: what is open for reading is a `SharedView`, which has no way to write.

use crate::tell;
use lessons::Failure;
use shared::{Shared, SharedView};
use std::fs::File;
use std::path::Path;

pub(crate) fn in_rust() -> Result<(), Failure> {
    let path = Path::new("./my_test");
    drop(Shared::<u32>::create(path, 1)?);
    let read_only = || File::open(path);
    let write_only = File::options().write(true).open(path)?;
    tell("Shared of O_RDONLY", Shared::<u32>::from_file(read_only()?, path), "mapped");
    tell("SharedView of O_WRONLY", SharedView::<u32>::from_file(write_only, path), "mapped");
    let view = SharedView::<u32>::from_file(read_only()?, path)?;
    println!("Rust  SharedView of O_RDONLY: get gives {}; there is no set", view.get(0));
    Ok(())
}
