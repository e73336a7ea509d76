//! What could drive a terminal, in every text of a record.
use layout::Record;

#[repr(C)]
#[derive(Clone, Copy, Record)]
#[record(crate = layout)]
struct Motor {
    #[record(unit = "m\n")]
    a: u8,
    #[record(help = "a\nb")]
    b: u8,
    #[doc = "a\u{1b}b"]
    c: u8,
}

#[repr(C)]
#[derive(Clone, Copy, Record)]
#[record(crate = layout, line = "\x1b[2J")]
struct Clear {
    a: u8,
}

fn main() {}
