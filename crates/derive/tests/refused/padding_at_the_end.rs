//! C puts bytes behind the last field.
use layout::Record;

#[repr(C)]
#[derive(Clone, Copy, Record)]
#[record(crate = layout)]
struct Reading {
    value: f64,
    sensor: u8,
}

fn main() {}
