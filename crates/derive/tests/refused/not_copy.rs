//! A record is copied.
use layout::Record;

#[repr(C)]
#[derive(Record)]
#[record(crate = layout)]
struct Motor {
    a: u32,
}

fn main() {}
