//! A record with a parameter.
use layout::Record;

#[repr(C)]
#[derive(Clone, Copy, Record)]
#[record(crate = layout)]
struct Pair<T> {
    one: T,
}

fn main() {}
