//! A variant that is more than a number.
use layout::Labels;

#[repr(u8)]
#[derive(Clone, Copy, Labels)]
#[record(crate = layout)]
enum Mode {
    Off,
    At(u8),
}

fn main() {}
