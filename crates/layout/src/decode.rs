//! Decodes a schema from bytes that another process wrote.
//!
//! Invariant: any input results in a [`Schema`] or in a [`DecodeError`] that names the byte,
//! without a panic, and without an allocation larger than a small multiple of the input. A decoded
//! schema encodes to exactly the same bytes.
//!
//! Price: the fields are laid out and checked again through the builder, once per attach.

use crate::ctype::{CType, Scalar};
use crate::error::DecodeError;
use crate::field::FieldSpec;
use crate::limits::{MAX_FIELDS, MAX_LABELS, MAX_SCHEMA};
use crate::schema::Schema;
use crate::text::counted;

impl Schema {
    /// Decodes `bytes`, which must be the whole encoding of a schema.
    ///
    /// # Errors
    /// [`DecodeError::Schema`].
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut input = Input { bytes, at: 0 };
        let len = bytes.len();
        if len > MAX_SCHEMA as usize {
            return refuse(
                0,
                format!("{}, at most {MAX_SCHEMA} are possible", counted(len, "byte")),
            );
        }
        let (size, align) = (input.u32()?, input.u32()?);
        let count = input.u32()? as usize;
        check_count(8, "fields", count, MAX_FIELDS)?;
        let mut builder = Self::builder(input.text()?);
        let line = input.text()?;
        if !line.is_empty() {
            builder = builder.line(line);
        }
        for _ in 0..count {
            builder = builder.field(input.field()?);
        }
        let left = len - input.at;
        if left != 0 {
            return refuse(
                input.at,
                format!("{} left after the last field", counted(left, "byte")),
            );
        }
        let schema = builder.build().or_else(|err| refuse(0, err.to_string()))?;
        check_sum(0, "size", size, schema.size)?;
        check_sum(4, "alignment", align, schema.align)?;
        Ok(schema)
    }
}

fn refuse<T>(at: usize, what: impl Into<String>) -> Result<T, DecodeError> {
    Err(DecodeError::Schema { at, what: what.into() })
}

/// Checked before anything is allocated for them.
fn check_count(at: usize, what: &str, count: usize, max: usize) -> Result<(), DecodeError> {
    if count <= max {
        return Ok(());
    }
    refuse(at, format!("{count} {what}, at most {max} are possible"))
}

fn check_sum(at: usize, what: &str, found: u32, computed: u32) -> Result<(), DecodeError> {
    if found == computed {
        return Ok(());
    }
    refuse(at, format!("{what} is {found}, the fields make it {computed}"))
}

/// The bytes and the read position. `at <= bytes.len()` always.
struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Input<'a> {
    fn take(&mut self, want: usize) -> Result<&'a [u8], DecodeError> {
        let rest = &self.bytes[self.at..];
        let Some(taken) = rest.get(..want) else {
            let want = counted(want, "more byte");
            return refuse(self.at, format!("{want} expected, {} left", rest.len()));
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
        core::str::from_utf8(self.take(len)?).or_else(|_| refuse(at, "text that is not UTF-8"))
    }

    fn ctype(&mut self) -> Result<CType, DecodeError> {
        let at = self.at;
        let count = self.u32()?;
        let [code, zero] = self.array()?;
        if zero != 0 {
            return refuse(at, "a reserved byte is not zero");
        }
        let Some(scalar) = Scalar::from_code(code) else {
            return refuse(at, format!("scalar code {code} is unknown"));
        };
        if count == 0 {
            return Ok(CType::scalar(scalar));
        }
        CType::array(scalar, count).or_else(|err| refuse(at, err.to_string()))
    }

    fn field(&mut self) -> Result<FieldSpec, DecodeError> {
        let offset = self.u32()?;
        let ctype = self.ctype()?;
        let at = self.at;
        let labels = self.u16()?.into();
        check_count(at, "labels", labels, MAX_LABELS)?;
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
