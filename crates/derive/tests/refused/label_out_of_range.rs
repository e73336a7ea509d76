//! A label that no value has.
use layout::Record;

#[repr(C)]
#[derive(Clone, Copy, Record)]
#[record(crate = layout)]
struct Motor {
    #[record(labels(0 = "off", 256 = "on"))]
    mode: u8,
}

fn main() {}
