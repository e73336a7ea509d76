//! STU, the student record of the tutorial that the project started from, byte for byte.
//!
//! ```text
//!   0        4                                        24  25      28
//!   | id i32 | name, NUL-padded                       |sex|reserved|
//! ```

use core::mem::offset_of;
use std::borrow::Cow;

use crate::Record;
use crate::text::until_nul;

/// The C struct `struct STU { int id; char name[20]; char sex; }`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Record)]
#[record(crate = crate, name = "STU", line = "id={id}\tname={name}\t{sex}")]
pub struct Stu {
    /// student number
    pub id: i32,
    /// name, NUL-padded
    #[record(text)]
    pub name: [u8; 20],
    /// `b'm'` or `b'f'`.
    #[record(text, help = "m or f")]
    pub sex: u8,
    /// C's padding at the end, with a name. Zero.
    #[record(padding)]
    pub reserved: [u8; 3],
}

const _: () = {
    assert!(size_of::<Stu>() == 28 && align_of::<Stu>() == 4);
    assert!(offset_of!(Stu, id) == 0 && offset_of!(Stu, name) == 4);
    assert!(offset_of!(Stu, sex) == 24 && offset_of!(Stu, reserved) == 25);
};

impl Stu {
    /// A student. Like a C string, `name` ends at its first NUL; a name longer than 19 bytes is cut
    /// at a character. A `sex` that is not ASCII becomes 0.
    pub fn new(id: i32, name: &str, sex: char) -> Self {
        let mut stu = Self { id, name: [0; 20], sex: 0, reserved: [0; 3] };
        let name = name.split('\0').next().unwrap_or("");
        let len = name.floor_char_boundary(stu.name.len() - 1);
        stu.name[..len].copy_from_slice(&name.as_bytes()[..len]);
        stu.sex = u8::try_from(sex).ok().filter(u8::is_ascii).unwrap_or(0);
        stu
    }

    /// The name up to its first NUL; bytes that are not UTF-8 become U+FFFD.
    pub fn name_str(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(until_nul(&self.name))
    }
}
