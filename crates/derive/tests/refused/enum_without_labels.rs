//! An enum whose texts nothing makes labels.
use layout::Record;

#[repr(u8)]
#[derive(Clone, Copy)]
enum Plain {
    Off,
    On,
}

#[repr(C)]
#[derive(Clone, Copy, Record)]
#[record(crate = layout)]
struct Motor {
    #[record(labels = Plain)]
    mode: u8,
}

fn main() {}
