//! Question 4: an offset is a multiple of the page size, or an error that says so.

use crate::tell;
use lessons::Failure;
use shared::SharedView;
use std::fs::File;
use std::path::Path;

const PAGES: u64 = 1 << 16; // a multiple of every page size there is

pub(crate) fn in_rust() -> Result<(), Failure> {
    let path = Path::new("./my_test");
    File::create_new(path)?.set_len(2 * PAGES)?;
    let file = File::open(path)?;
    let from = |at| SharedView::<u8>::of_range(&file, path, at, 4);
    tell("4 bytes from byte 1000 on", from(1000), "mapped");
    tell("4 bytes from byte 65536 on", from(PAGES), "mapped");
    tell("4 bytes from the file's end on", from(2 * PAGES), "mapped");
    Ok(())
}
