//! All mistakes of a struct at once.
use layout::Record;

#[repr(C, align(64))]
#[derive(Clone, Copy, Record)]
#[record(crate = layout, nam = "x")]
struct Motor {
    #[record(unit = 5)]
    a: f32,
    #[record(unit)]
    b: f32,
    #[record(label(0 = "off"))]
    c: u8,
    d: [u8; 0],
    #[record(frequency)]
    e: [bool; 2],
}

fn main() {}
