//! One byte of padding too much makes a struct longer.
use layout::Record;

#[repr(C)]
#[derive(Clone, Copy, Record)]
#[record(crate = layout)]
struct Motor {
    a: u32,
    b: u8,
    #[record(padding)]
    reserved: [u8; 7],
}

fn main() {}
