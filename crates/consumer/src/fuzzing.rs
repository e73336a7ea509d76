//! An entry point for the project's own fuzzer (crate `fuzz`) only.

use std::io::{self, Write};

use layout::{RecordView, Schema};

use crate::cli::Format;
use crate::reading::Reading;
use crate::render::Renderer;

/// Writes what a consumer prints of `record`, with the header that CSV has before its first row.
///
/// # Panics
/// If the size of `record` is not the schema's.
pub fn write_line(
    schema: &Schema,
    record: &[u8],
    format: Format,
    out: &mut impl Write,
) -> io::Result<()> {
    let record = RecordView::new(schema, record).expect("a record of this schema");
    Renderer::new(format).render(&Reading { record, origin: None }, out)
}
