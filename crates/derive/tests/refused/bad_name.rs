//! A name that C does not know.
use layout::Record;

#[repr(C)]
#[derive(Clone, Copy, Record)]
#[record(crate = layout)]
struct Load {
    #[record(name = "1 minute")]
    one: f32,
}

fn main() {}
