//! Seed, "anonymous mapping", second half: `/dev/zero`, for systems without `MAP_ANONYMOUS`.
#![allow(clippy::print_stdout, reason = "a lesson speaks")]

use lessons::{Failure, ended_well};
use shared::{Child, Shared};

fn main() -> Result<(), Failure> {
    let p = Shared::<i32>::dev_zero(1)?;
    let other = Shared::<i32>::dev_zero(1)?; // the same device, opened once more
    println!("parent's *p = {}", p.get(0));

    let mut child = Child::fork(|| {
        p.set(0, 2000);
        println!("child's *p = {}", p.get(0));
        0
    })?;
    ended_well("the child", child.wait()?)?;
    println!("parent's *p = {}", p.get(0));
    println!("the other mapping of /dev/zero has {}: it is other memory", other.get(0));
    println!("a descriptor to hand on: {}", if p.file().is_some() { "yes" } else { "no" });

    let anonymous = Shared::<i32>::anonymous(1)?;
    let file = anonymous.file().ok_or("an anonymous mapping has a descriptor")?;
    let cut = file.set_len(0).is_err();
    println!(
        "Shared::anonymous has one, and cutting it is {}",
        if cut { "refused" } else { "done" }
    );
    Ok(())
}
