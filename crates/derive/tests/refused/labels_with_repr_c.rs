//! C's choice of an integer for an enum is the compiler's.
use layout::Labels;

#[repr(C)]
#[derive(Clone, Copy, Labels)]
#[record(crate = layout)]
enum Mode {
    Off,
    On,
}

fn main() {}
