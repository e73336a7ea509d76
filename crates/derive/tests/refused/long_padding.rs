//! More padding than C has.
use layout::Record;

#[repr(C)]
#[derive(Clone, Copy, Record)]
#[record(crate = layout)]
struct Reading {
    value: f64,
    #[record(padding)]
    reserved: [u8; 16],
}

fn main() {}
