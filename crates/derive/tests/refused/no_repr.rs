//! Rust may reorder the fields of this struct.
use layout::Record;

#[derive(Clone, Copy, Record)]
#[record(crate = layout)]
struct Load {
    one: f32,
}

fn main() {}
