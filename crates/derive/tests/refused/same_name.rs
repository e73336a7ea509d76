//! Two fields of one name.
use layout::Record;

#[repr(C)]
#[derive(Clone, Copy, Record)]
#[record(crate = layout)]
struct Motor {
    a: u8,
    #[record(name = "a")]
    z: u8,
}

fn main() {}
