//! Question 6: no pointer is given out, so none can be moved; what is moved is the owner.

use lessons::{Failure, mappings};
use shared::Shared;
use std::path::Path;

pub(crate) fn in_rust() -> Result<(), Failure> {
    let path = Path::new("./my_test");
    let mut owners = vec![Shared::<u8>::create(path, 4)?, Shared::open(path)?, Shared::open(path)?];
    println!("Rust  three mappings: {} in the kernel's list", mappings(path)?);
    owners.rotate_left(1);
    let moved = Box::new(owners.remove(0));
    drop(owners);
    println!("Rust  one moved, two dropped: {} in the list", mappings(path)?);
    moved.set(0, b'a');
    drop(moved);
    println!("Rust  the last one dropped: {} in the list", mappings(path)?);
    Ok(())
}
