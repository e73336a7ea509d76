//! Limits on the parts of a schema, for the builder and the decoder.

/// Largest record, in bytes: 16 MiB.
pub const MAX_RECORD: u32 = 16 << 20;

/// Largest encoded schema, in bytes: 1 MiB.
pub const MAX_SCHEMA: u32 = 1 << 20;

/// Most fields in one record.
pub const MAX_FIELDS: usize = 4096;

/// Most labels on one field.
pub const MAX_LABELS: usize = 256;

/// Longest record or field name, in bytes.
pub const MAX_NAME: usize = 64;

/// Longest unit, in bytes.
pub const MAX_UNIT: usize = 64;

/// Longest help text, label text or line template, in bytes.
pub const MAX_TEXT: usize = 1024;

/// Most digits behind the point that a template can ask for.
pub const MAX_PRECISION: usize = 32;
