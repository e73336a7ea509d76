//! What a person asks of a record: a field or an element by name, a number computed from fields, a
//! condition.
//!
//! Invariant: what was parsed for a schema names only fields that the schema has, and every operator has
//! operands of its kind. With a record of another schema it gives NaN or `false`, and never panics.
//!
//! ```text
//!   velocity[0]                               FieldRef
//!   100 * (total - free) / total              Expr, a number: `expr` of a configuration
//!   temperature > 80 and mode == "auto"       Condition: `--where`
//! ```
//!
//! Price: a look at each step of an expression, and a stack for each evaluation.
//!
//! ```
//! use layout::{FieldSpec, RecordBuf, Scalar, Schema, Value};
//! use query::{Condition, Expr};
//! use std::sync::Arc;
//!
//! let schema = Schema::builder("R")
//!     .field(FieldSpec::new("speed", Scalar::F64))
//!     .field(FieldSpec::new("mode", Scalar::U8).label(1, "auto"))
//!     .build()?;
//! let fast = Condition::parse("speed > 80 and mode == \"auto\"", &schema)?;
//! let half = Expr::parse("speed / 2", &schema)?;
//! let error = Condition::parse("sped > 80", &schema).unwrap_err();
//! assert_eq!(error.to_string(), "\"sped\" is no field; did you mean speed?");
//!
//! let mut record = RecordBuf::new(Arc::new(schema));
//! record.set_by_name("speed", &Value::F64(92.6))?;
//! record.set_by_name("mode", &Value::from("auto"))?;
//! assert!(fast.holds(record.view()));
//! assert_eq!(half.evaluate(record.view()), 46.3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

mod cursor;
mod error;
mod expr;
mod field_ref;
mod literal;
mod nearest;
mod number;
mod operand;
mod parse;
mod program;
mod word;

pub use error::QueryError;
pub use expr::{Condition, Expr};
pub use field_ref::FieldRef;
pub use nearest::{instead_of, instead_of_shown, nearest};
