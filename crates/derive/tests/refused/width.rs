//! A number as wide as the machine.
use layout::Record;

#[repr(C)]
#[derive(Clone, Copy, Record)]
#[record(crate = layout)]
struct Count {
    count: usize,
}

fn main() {}
