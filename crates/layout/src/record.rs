//! Structs that carry their own description.

use crate::schema::Schema;

/// A `#[repr(C)]` struct whose bytes may be shared, together with what they mean.
///
/// [`Pod`](bytemuck::Pod) promises that every bit pattern is a value and that there is no hidden
/// padding; the schema says where the fields lie. `size_of::<Self>()` must equal the schema's size
/// and `align_of::<Self>()` be at least its alignment; whoever maps a region checks both.
///
/// ```
/// use layout::{FieldSpec, Record, Scalar, Schema};
///
/// #[repr(C)]
/// #[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
/// struct Load {
///     one: f32,
///     five: f32,
/// }
///
/// impl Record for Load {
///     fn schema() -> Schema {
///         Schema::builder("LOAD")
///             .field(FieldSpec::new("one", Scalar::F32))
///             .field(FieldSpec::new("five", Scalar::F32))
///             .build()
///             .expect("two floats make a record")
///     }
/// }
/// assert_eq!(Load::schema().size() as usize, size_of::<Load>());
/// ```
///
/// A struct with padding nobody named does not compile:
///
/// ```compile_fail,E0512
/// #[repr(C)]
/// #[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
/// struct Padded {
///     id: i32,
///     sex: u8,
/// }
/// ```
pub trait Record: bytemuck::Pod {
    /// The description of this struct. The same at every call.
    fn schema() -> Schema;
}
