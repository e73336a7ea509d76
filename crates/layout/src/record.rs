//! Structs that are records: the trait, and what `#[derive(Record)]` takes.

use crate::schema::Schema;

/// A `#[repr(C)]` struct whose bytes may be shared, with its schema.
///
/// [`Pod`](bytemuck::Pod) promises that every bit pattern is a value and that there is no hidden
/// padding; the schema says where the fields lie. `#[derive(Record)]` checks the first and
/// generates the second:
///
/// ```
/// use layout::Record;
///
/// #[repr(C)]
/// #[derive(Clone, Copy, Record)]
/// # #[record(crate = layout)]
/// struct Load {
///     /// load average over 1 minute
///     #[record(unit = "1")]
///     one: f32,
///     five: f32,
/// }
///
/// let schema = Load::schema();
/// assert_eq!(schema.field("one").unwrap().help(), "load average over 1 minute");
/// assert_eq!(schema.field("five").unwrap().offset(), 4);
/// ```
///
/// | on the struct: `#[record(..)]` | |
/// |---|---|
/// | `name = "LOAD"` | the record's name, if not the struct's |
/// | `line = "{one:.2}"` | how a record is printed as one line: see [`Template`](crate::Template) |
/// | `crate = path` | where the macro finds this crate, if not at `::mapcast` |
///
/// | on a field | |
/// |---|---|
/// | a doc comment, or `help = ".."` | its help: the first paragraph, at most 1,024 bytes |
/// | `unit = "m/s"`, `name = ".."` | its unit; its name, if not the field's |
/// | `text` | `u8` and `[u8; N]` are text, NUL-padded |
/// | `bool` | `u8` and `[u8; N]` are true or false: any number but 0 is true |
/// | `labels(0 = "off", 1 = "on")` | names for values |
/// | `labels = Mode` | the same from an enum: see [`Labels`](crate::Labels) |
/// | `padding` | `[u8; N]` that keeps the place of C's padding, and is no field |
///
/// Fields are numbers from `i8` to `u64`, `f32`, `f64`, arrays of them, and other types that are a
/// [`FieldType`](crate::FieldType). Everything else is refused, and the error says what to write
/// instead: `bool`, `char`, `usize`, `Option`, references, `String`, nested arrays, a struct
/// without `#[repr(C)]`, and padding without a name:
///
/// ```compile_fail,E0080
/// # use layout::Record;
/// #[repr(C)]
/// #[derive(Clone, Copy, Record)]
/// # #[record(crate = layout)]
/// struct Padded {
///     id: i32,
///     sex: u8, // 3 bytes of padding behind `sex`; give them a name there: ..
/// }
/// ```
///
/// A type that is not a [`FieldType`](crate::FieldType), and an enum of another width than its
/// field:
///
/// ```compile_fail,E0277
/// # use layout::Record;
/// #[derive(Clone, Copy)]
/// struct Meters(f32);
/// #[repr(C)]
/// #[derive(Clone, Copy, Record)]
/// # #[record(crate = layout)]
/// struct Height {
///     height: Meters,
/// }
/// ```
///
/// ```compile_fail,E0271
/// # use layout::{Labels, Record};
/// #[repr(u16)]
/// #[derive(Clone, Copy, Labels)]
/// # #[record(crate = layout)]
/// enum Mode { Off, On }
/// #[repr(C)]
/// #[derive(Clone, Copy, Record)]
/// # #[record(crate = layout)]
/// struct Motor {
///     #[record(labels = Mode)]
///     mode: u8,
/// }
/// ```
///
/// Written by hand, `size_of::<Self>()` must equal the schema's size and `align_of::<Self>()` be at
/// least its alignment, which every mapping of a region checks; the offsets are the implementor's
/// responsibility.
pub trait Record: bytemuck::Pod {
    /// The schema of this struct, the same at every call.
    fn schema() -> Schema;
}
