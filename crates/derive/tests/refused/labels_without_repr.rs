//! An enum whose integer Rust may choose.
use layout::Labels;

#[derive(Clone, Copy, Labels)]
#[record(crate = layout)]
enum Mode {
    Off,
    On,
}

fn main() {}
