//! C puts bytes between the fields.
use layout::Record;

#[repr(C)]
#[derive(Clone, Copy, Record)]
#[record(crate = layout)]
struct Reading {
    sensor: u8,
    value: f64,
}

fn main() {}
