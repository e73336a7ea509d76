//! Seed, "the munmap function" (its program `smalloc.c`): how should an interface look that makes a
//! shared mapping and gives it back? As a type: made by a function, given back by `Drop`.
#![allow(clippy::print_stdout, reason = "a lesson speaks")]

use lessons::{Failure, Place, ended, mappings};
use shared::{Child, Shared};
use std::fs;
use std::path::Path;

fn main() -> Result<(), Failure> {
    let _place = Place::enter()?;
    let path = Path::new("./number");

    let p = Shared::<i32>::create(path, 1)?; // smalloc(4, fd)
    println!("parent, *p = {}", p.get(0));

    let mut child = Child::fork(|| {
        p.set(0, 2000);
        println!("child,  *p = {}", p.get(0));
        0
    })?;
    let status = child.wait()?; // not sleep(1)
    println!("child ended with {}", ended(status));
    println!("parent, *p = {}; the file has {:?}", p.get(0), fs::read(path)?);

    println!("mapped {} time", mappings(path)?);
    let moved = p; // the owner may go where it likes: the mapping stays where it is
    println!("mapped {} time after the owner was moved", mappings(path)?);
    drop(moved); // sfree(p, 4)
    println!("mapped {} times after it was dropped", mappings(path)?);
    Ok(())
}
