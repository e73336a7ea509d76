//! A line that names no field.
use layout::Record;

#[repr(C)]
#[derive(Clone, Copy, Record)]
#[record(crate = layout, line = "{two:.2}")]
struct Load {
    one: f32,
}

fn main() {}
