//! Question 7: each failure is an error that names the file and the fact.

use crate::tell;
use lessons::Failure;
use shared::{Shared, SharedView};
use std::fs::File;
use std::path::Path;

pub(crate) fn in_rust() -> Result<(), Failure> {
    let path = Path::new("./my_test");
    drop(Shared::<u8>::create(path, 6)?);
    let view = |path: &str| SharedView::<u32>::open(Path::new(path));
    tell("no numbers", Shared::<u32>::anonymous(0), "mapped");
    tell("numbers of 4 in a file of 6", view("./my_test"), "mapped");
    tell("a file that is not there", view("./nothing"), "mapped");
    tell("a directory", view("."), "mapped");
    tell("a device", view("/dev/null"), "mapped");
    tell("more than there are addresses", Shared::<u8>::anonymous(1 << 50), "mapped");
    let past_its_end = SharedView::<u8>::of_range(&File::open(path)?, path, 0, 7);
    tell("7 bytes of a file of 6", past_its_end, "mapped");
    Ok(())
}
