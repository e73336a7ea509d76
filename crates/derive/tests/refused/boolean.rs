//! A bool is two of 256 bytes.
use layout::Record;

#[repr(C)]
#[derive(Clone, Copy, Record)]
#[record(crate = layout)]
struct Motor {
    on: bool,
}

fn main() {}
