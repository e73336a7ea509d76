//! Padding is bytes.
use layout::Record;

#[repr(C)]
#[derive(Clone, Copy, Record)]
#[record(crate = layout)]
struct Motor {
    a: u32,
    #[record(padding)]
    d: u32,
}

fn main() {}
