//! An array of arrays.
use layout::Record;

#[repr(C)]
#[derive(Clone, Copy, Record)]
#[record(crate = layout)]
struct Rotation {
    matrix: [[f32; 3]; 3],
}

fn main() {}
