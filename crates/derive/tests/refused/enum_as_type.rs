//! An enum, and a struct, as the type of a field.
use layout::Record;

#[derive(Clone, Copy)]
enum Mode {
    Off,
    On,
}

#[repr(C)]
#[derive(Clone, Copy, Record)]
#[record(crate = layout)]
struct Motor {
    mode: Mode,
}

fn main() {}
