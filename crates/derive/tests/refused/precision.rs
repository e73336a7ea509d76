//! Placeholders that a line cannot have.
use layout::Record;

#[repr(C)]
#[derive(Clone, Copy, Record)]
#[record(crate = layout, line = "{a:1}")]
struct Other {
    a: f32,
}

#[repr(C)]
#[derive(Clone, Copy, Record)]
#[record(crate = layout, line = "{a:.1} {a.b}")]
struct Path {
    a: f32,
}

fn main() {}
