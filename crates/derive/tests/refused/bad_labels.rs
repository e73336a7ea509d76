//! Labels that a schema cannot have.
use layout::Record;

#[repr(C)]
#[derive(Clone, Copy, Record)]
#[record(crate = layout)]
struct Motor {
    #[record(labels(0 = "off", 0 = "on"))]
    a: u8,
    #[record(labels(0 = "off", 1 = "off"))]
    b: u8,
    #[record(labels(0 = ""))]
    c: u8,
    #[record(labels(0 = "o\tff"))]
    d: u8,
    #[record(labels(0 = off))]
    e: u8,
    #[record(labels = "Mode")]
    f: u8,
    #[record(labels)]
    g: u8,
}

fn main() {}
