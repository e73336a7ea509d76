//! A packed struct has no C layout.
use layout::Record;

#[repr(C, packed)]
#[derive(Clone, Copy, Record)]
#[record(crate = layout)]
struct Load {
    one: f32,
}

fn main() {}
