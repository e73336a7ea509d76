//! A key that there is not.
use layout::Record;

#[repr(C)]
#[derive(Clone, Copy, Record)]
#[record(crate = layout)]
struct Load {
    #[record(units = "1")]
    one: f32,
}

fn main() {}
