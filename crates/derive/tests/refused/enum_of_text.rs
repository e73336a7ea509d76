//! Labels of an enum are of numbers.
use layout::Record;

use layout::Labels;

#[repr(u8)]
#[derive(Clone, Copy, Labels)]
#[record(crate = layout)]
enum Mode {
    Off,
    On = 2,
}

#[repr(C)]
#[derive(Clone, Copy, Record)]
#[record(crate = layout)]
struct Motor {
    #[record(text, labels = Mode)]
    mode: u8,
}

#[repr(C)]
#[derive(Clone, Copy, Record)]
#[record(crate = layout)]
struct Switch {
    #[record(bool, labels = Mode)]
    mode: u8,
}

fn main() {}
