//! Question 3: a mapping needs neither its descriptor nor its name; it has both as long as it wants.

use lessons::Failure;
use shared::Shared;
use std::fs::{self, File};
use std::path::Path;

pub(crate) fn in_rust() -> Result<(), Failure> {
    let path = Path::new("./my_test");
    drop(Shared::<u8>::create(path, 4)?);
    let file = File::options().read(true).write(true).open(path)?;
    let bytes = Shared::<u8>::of_range(&file, path, 0, 4)?;
    drop(file);
    fs::remove_file(path)?;
    bytes.set(0, b'a');
    println!("Rust  file dropped, name removed: byte 0 is {:?} still", char::from(bytes.get(0)));
    Ok(())
}
