//! Records as people and programs read them: a line of text, JSON or CSV.
//!
//! Invariant: none of the formats lets a control character out of a region reach a terminal, and a
//! record is one line, unless the template of the reader's own has line breaks. A line is written as it
//! is rendered: neither a long line nor an array is ever in memory as a whole.
//!
//! ```text
//!   View (what is asked for) --of a schema--> Renderer --a Reading--> a line
//!   Filter, Pace: which of the records that are read become a line
//! ```
//!
//! Price: names and templates are looked up once for each schema. JSON and CSV cost more than a
//! line of text: docs/performance.md#consumers has the figures.
//!
//! ```
//! use layout::{FieldSpec, RecordBuf, Scalar, Schema, Value};
//! use render::{Format, LineText, Reading, View};
//! use std::sync::Arc;
//!
//! let schema = Schema::builder("R").field(FieldSpec::new("x", Scalar::F64).unit("m")).build()?;
//! let mut record = RecordBuf::new(Arc::new(schema));
//! record.set_by_name("x", &Value::F64(1.5))?;
//! let reading = Reading { record: record.view(), instance: None, origin: None };
//! let line = |view: &View| -> Result<String, Box<dyn std::error::Error>> {
//!     let mut out = Vec::new();
//!     view.of(record.schema())?.render(&reading, &mut out)?;
//!     Ok(String::from_utf8(out)?)
//! };
//!
//! let text = View { line: Some(LineText::Literal("x is {x:>8.2} m".to_owned())), ..View::default() };
//! assert_eq!(line(&text)?, "x is     1.50 m\n");
//! let csv = View { format: Format::Csv, units: true, ..View::default() };
//! assert!(line(&csv)?.starts_with("lineage,sequence,published_at,age_ns,state,epoch,record.x [m]\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

mod columns;
mod csv;
mod duration;
mod filter;
mod json;
mod line;
mod option_error;
mod pace;
mod reading;
mod table;
mod text;
mod values;
mod view;
mod writer;

pub use duration::{duration_text, rounded};
pub use filter::Filter;
pub use json::write as write_json;
pub use layout::text::Escaped;
pub use line::{Line, LineError, LineText};
pub use option_error::OptionError;
pub use pace::{Held, Pace};
pub use reading::{Noted, Origin, Reading, Region};
pub use table::{Align, table};
pub use text::BROKEN_OFF;
pub use values::Values;
pub use view::{Format, Renderer, View, ViewError};
pub use writer::Writer;
