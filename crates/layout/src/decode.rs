//! A schema out of bytes that somebody else wrote.
//!
//! Invariant: any input answers with a [`Schema`] or with a [`DecodeError`] that names the byte; no
//! panic, and no allocation larger than a small multiple of the input. What comes out encodes to
//! exactly the bytes that went in.
//!
//! Price: the fields are laid out and checked again through the builder, once per attach.

use core::fmt;

use crate::builder::SchemaBuilder;
use crate::ctype::{CType, CTypeError, Scalar};
use crate::error::SchemaError;
use crate::field::FieldSpec;
use crate::limits::{MAX_FIELDS, MAX_LABELS, MAX_SCHEMA};
use crate::schema::Schema;

/// Why [`Schema::decode`] refused bytes, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    at: usize,
    kind: DecodeErrorKind,
}

impl DecodeError {
    /// The byte, counted from the start of the encoded schema, where the part begins that was refused.
    pub const fn at(&self) -> usize {
        self.at
    }

    /// What is wrong there.
    pub const fn kind(&self) -> &DecodeErrorKind {
        &self.kind
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, kind } = self;
        write!(
            f,
            "byte {at} of the schema: {kind}; the file is damaged or not a region, start its producer again"
        )
    }
}

impl std::error::Error for DecodeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // The kind is part of this Display; its cause would only be said twice.
        None
    }
}

/// What [`Schema::decode`] found wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The schema is longer than [`MAX_SCHEMA`].
    #[error("{len} bytes, at most {MAX_SCHEMA} are possible")]
    TooLong {
        /// Bytes given.
        len: usize,
    },
    /// The bytes end inside a part.
    #[error("{want} more bytes expected, {have} left")]
    Truncated {
        /// Bytes the part needs.
        want: usize,
        /// Bytes that are left.
        have: usize,
    },
    /// Bytes are left behind the last field.
    #[error("{left} bytes left behind the last field")]
    Trailing {
        /// How many.
        left: usize,
    },
    /// A text is not UTF-8.
    #[error("text that is not UTF-8")]
    NotUtf8,
    /// No scalar has this code.
    #[error("scalar code {code} is unknown")]
    UnknownScalar {
        /// The code.
        code: u8,
    },
    /// A byte that must be zero is not.
    #[error("a reserved byte is not zero")]
    NotZero,
    /// More fields or labels than are possible.
    #[error("{count} {what}, at most {max} are possible")]
    TooMany {
        /// "fields" or "labels".
        what: &'static str,
        /// How many the bytes promise.
        count: usize,
        /// How many are possible.
        max: usize,
    },
    /// The size or alignment is not what the fields add up to.
    #[error("{what} is {found}, the fields make it {computed}")]
    Sum {
        /// "size" or "alignment".
        what: &'static str,
        /// What the bytes say.
        found: u32,
        /// What the fields say.
        computed: u32,
    },
    /// A field's type is impossible.
    #[error(transparent)]
    Type(CTypeError),
    /// The parts can be read, but together they make no schema.
    #[error(transparent)]
    Schema(SchemaError),
}

impl Schema {
    /// The schema that `bytes` are the encoding of.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut input = Input { bytes, at: 0 };
        if bytes.len() > MAX_SCHEMA as usize {
            return Err(input.error(DecodeErrorKind::TooLong { len: bytes.len() }));
        }
        let (size, align) = (input.u32()?, input.u32()?);
        let count = input.u32()? as usize;
        check_count("fields", count, MAX_FIELDS).map_err(|kind| DecodeError { at: 8, kind })?;
        let name = input.text()?;
        let line = input.text()?;
        let mut builder = SchemaBuilder::new(name.to_owned());
        for _ in 0..count {
            builder = builder.field(input.field()?);
        }
        let left = bytes.len() - input.at;
        if left != 0 {
            return Err(input.error(DecodeErrorKind::Trailing { left }));
        }
        if !line.is_empty() {
            builder = builder.line(line);
        }
        let whole = |kind| DecodeError { at: 0, kind };
        let schema = builder.build().map_err(|error| whole(DecodeErrorKind::Schema(error)))?;
        check_sum("size", size, schema.size).map_err(whole)?;
        check_sum("alignment", align, schema.align).map_err(|kind| DecodeError { at: 4, kind })?;
        Ok(schema)
    }
}

fn check_count(what: &'static str, count: usize, max: usize) -> Result<(), DecodeErrorKind> {
    if count > max { Err(DecodeErrorKind::TooMany { what, count, max }) } else { Ok(()) }
}

fn check_sum(what: &'static str, found: u32, computed: u32) -> Result<(), DecodeErrorKind> {
    if found == computed { Ok(()) } else { Err(DecodeErrorKind::Sum { what, found, computed }) }
}

/// The bytes and how far they have been read. `at <= bytes.len()` always.
struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Input<'a> {
    fn error(&self, kind: DecodeErrorKind) -> DecodeError {
        DecodeError { at: self.at, kind }
    }

    fn take(&mut self, want: usize) -> Result<&'a [u8], DecodeError> {
        let rest = &self.bytes[self.at..];
        let Some(taken) = rest.get(..want) else {
            return Err(self.error(DecodeErrorKind::Truncated { want, have: rest.len() }));
        };
        self.at += want;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn u16(&mut self) -> Result<u16, DecodeError> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, DecodeError> {
        self.array().map(u32::from_le_bytes)
    }

    fn i64(&mut self) -> Result<i64, DecodeError> {
        self.array().map(i64::from_le_bytes)
    }

    fn text(&mut self) -> Result<&'a str, DecodeError> {
        let at = self.at;
        let len = self.u16()?.into();
        core::str::from_utf8(self.take(len)?)
            .map_err(|_| DecodeError { at, kind: DecodeErrorKind::NotUtf8 })
    }

    fn ctype(&mut self) -> Result<CType, DecodeError> {
        let at = self.at;
        let count = self.u32()?;
        let [code, zero] = self.array()?;
        let error = |kind| DecodeError { at, kind };
        if zero != 0 {
            return Err(error(DecodeErrorKind::NotZero));
        }
        let scalar =
            Scalar::from_code(code).ok_or(error(DecodeErrorKind::UnknownScalar { code }))?;
        if count == 0 {
            return Ok(CType::scalar(scalar));
        }
        CType::array(scalar, count).map_err(|cause| error(DecodeErrorKind::Type(cause)))
    }

    fn field(&mut self) -> Result<FieldSpec, DecodeError> {
        let offset = self.u32()?;
        let ctype = self.ctype()?;
        let at = self.at;
        let labels = self.u16()?.into();
        check_count("labels", labels, MAX_LABELS).map_err(|kind| DecodeError { at, kind })?;
        let mut field = FieldSpec::new(self.text()?, ctype)
            .offset(offset)
            .unit(self.text()?)
            .help(self.text()?);
        for _ in 0..labels {
            field = field.label(self.i64()?, self.text()?);
        }
        Ok(field)
    }
}
