//! A precision is for floats.
use layout::Record;

#[repr(C)]
#[derive(Clone, Copy, Record)]
#[record(crate = layout, line = "{a:.1}")]
struct Motor {
    a: u8,
}

fn main() {}
