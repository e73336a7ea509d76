//! The bytes of a region: the record, its schema and the header in front of it.
//!
//! Invariant: this crate only converts between bytes and values. It opens no file, starts no thread
//! and uses no atomic, so everything here can be tested with plain slices. Bytes from another
//! process are untrusted: decoding returns an error that names the byte, never panics and never
//! allocates more than a small multiple of the input.
//!
//! ```text
//!   Stu, any Pod struct --Record--> Schema <--SchemaBuilder-- a configuration file
//!                                     |  \
//!                    encode / decode  |   \  RecordView (read), RecordBuf (write), Template (print)
//!                                     v    v
//!   file:  | Header | writer and head lines | slots: record bytes | encoded schema |
//! ```
//!
//! Price: a schema is some hundred bytes of heap; reading one value through it is a bounds check
//! and a match on the scalar type. `docs/format.md` has the same layout with byte rulers.
//!
//! ```
//! use layout::{RecordBuf, Schema, FieldSpec, Scalar, Value};
//! use std::sync::Arc;
//!
//! let schema = Schema::builder("POINT")
//!     .field(FieldSpec::new("x", Scalar::F32).unit("m"))
//!     .field(FieldSpec::new("label", "char[8]".parse::<layout::CType>()?))
//!     .line("{label} at {x:.2} m")
//!     .build()?;
//! let mut record = RecordBuf::new(Arc::new(schema));
//! record.set_by_name("x", &Value::F64(1.5))?;
//! record.set_by_name("label", &Value::from("dock"))?;
//! assert_eq!(record.view().line().to_string(), "dock at 1.50 m");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

#[cfg(not(target_endian = "little"))]
compile_error!("regions are little-endian, and `Record` structs are shared as they lie in memory");

mod builder;
mod ctype;
mod decode;
#[doc(hidden)]
pub mod derive_support;
mod digits;
mod encode;
mod error;
mod field;
mod field_type;
mod fingerprint;
pub mod header;
mod instance_name;
mod limits;
mod line;
mod record;
mod record_buf;
mod schema;
mod store;
mod stu;
mod template;
mod template_part;
pub mod text;
mod value;
mod view;

pub use builder::SchemaBuilder;
pub use ctype::{CType, Scalar};
/// Makes a fieldless enum the [`Labels`] of an integer field.
pub use derive::Labels;
/// Makes a `#[repr(C)]` struct a [`Record`].
pub use derive::Record;
pub use digits::Digits;
pub use error::{DecodeError, SchemaError, SchemaPart, ValueError, ValueErrorKind, WrongLength};
pub use field::{Field, FieldSpec, Label};
pub use field_type::{BoolType, FieldType, Labels, Number, TextType, UnknownValue};
pub use header::Header;
pub use instance_name::{BadInstanceName, InstanceName, MAX_INSTANCE_NAME};
pub use limits::{
    MAX_FIELDS, MAX_LABELS, MAX_NAME, MAX_PRECISION, MAX_RECORD, MAX_SCHEMA, MAX_TEXT, MAX_UNIT,
};
pub use line::{Line, Shown};
pub use record::Record;
pub use record_buf::{Elements, RecordBuf};
pub use schema::Schema;
pub use stu::Stu;
pub use template::Template;
pub use template_part::TemplatePart;
pub use value::{Literal, Value};
pub use view::RecordView;
