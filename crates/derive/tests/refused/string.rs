//! Text lies elsewhere.
use layout::Record;

#[repr(C)]
#[derive(Clone, Copy, Record)]
#[record(crate = layout)]
struct Name {
    name: String,
}

fn main() {}
