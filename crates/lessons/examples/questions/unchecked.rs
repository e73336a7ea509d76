//! Question 8: what is not checked is not a mapping yet.

use lessons::{Failure, ended};
use shared::{Child, Shared};
use std::path::Path;

pub(crate) fn in_rust() -> Result<(), Failure> {
    // There is no value to use before the error has been looked at. `?` hands it on ...
    let handed_on = || -> Result<u32, shared::SharedError> {
        let numbers = Shared::<u32>::open(Path::new("./nothing"))?;
        Ok(numbers.get(0))
    };
    let mut child = Child::fork(|| u8::from(handed_on().is_err()))?;
    println!("Rust  with `?`, up to main: {}", ended(child.wait()?));
    // ... and who does not want to look ends the process, by a panic and not by chance.
    let mut child = Child::fork(|| {
        std::panic::set_hook(Box::new(|_| {})); // its message would be on stderr
        let numbers = Shared::<u32>::open(Path::new("./nothing")).expect("it is there");
        u8::from(numbers.get(0) == 0)
    })?;
    println!("Rust  with `expect`, at once: {}", ended(child.wait()?));
    Ok(())
}
