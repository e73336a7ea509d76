//! An address is of one process.
use layout::Record;

#[repr(C)]
#[derive(Clone, Copy, Record)]
#[record(crate = layout)]
struct Name {
    name: &'static str,
}

fn main() {}
