//! The records that are published: one struct, and blobs of any size.

use crate::Failure;
use bytemuck::{Pod, Zeroable};
use layout::{CType, FieldSpec, Record, Scalar, Schema, Stu};

/// Private bytes that start a cache line.
///
/// On some processors memcpy of a few kilobytes takes twenty times as long when its two ends are
/// placed unluckily against each other. A bare limit must not be measured so, and not by chance.
#[derive(Clone, Debug)]
pub struct Buffer {
    lines: Vec<CacheLine>,
    len: usize,
}

#[repr(C, align(64))]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct CacheLine([u8; 64]);

impl Buffer {
    /// `len` zero bytes.
    pub fn new(len: usize) -> Self {
        let count = len.div_ceil(size_of::<CacheLine>());
        Self { lines: vec![CacheLine::zeroed(); count], len }
    }

    /// The bytes, to read.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.lines)[..self.len]
    }

    /// The bytes, to write.
    #[inline]
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut bytemuck::cast_slice_mut(&mut self.lines)[..self.len]
    }
}

/// A struct of so many words.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub struct Array<const WORDS: usize> {
    /// All of it.
    pub words: [u64; WORDS],
}

impl<const WORDS: usize> Record for Array<WORDS> {
    fn schema() -> Schema {
        let len = u32::try_from(WORDS).expect("a small number");
        let words = CType::array(Scalar::U64, len).expect("fewer elements than an array may have");
        let fields = Schema::builder("ARRAY").field(FieldSpec::new("words", words));
        fields.build().expect("one field")
    }
}

/// A schema of `size` bytes: one number and filler.
pub fn schema(size: usize) -> Result<Schema, Failure> {
    let filler = CType::array(Scalar::U8, u32::try_from(size - size_of::<u32>())?)?;
    let schema = Schema::builder("BLOB")
        .field(FieldSpec::new("number", Scalar::U32))
        .field(FieldSpec::new("filler", filler))
        .build()?;
    Ok(schema)
}

/// The record of `size` bytes with this number.
pub fn blob(size: usize, number: u8) -> Buffer {
    let mut blob = Buffer::new(size);
    blob.bytes_mut().fill(number.wrapping_mul(31));
    set_number(blob.bytes_mut(), number.into());
    blob
}

/// The struct with this number.
pub fn stu(number: u8) -> Stu {
    Stu::new(number.into(), "xiaoming", 'm')
}

/// Writes a record's number into it, as a program does that fills in a struct before it publishes.
#[inline]
pub fn set_number(record: &mut [u8], number: u32) {
    record[..size_of::<u32>()].copy_from_slice(&number.to_le_bytes());
}

/// The number in a record that came back.
#[inline]
pub fn number_of(record: &[u8]) -> u32 {
    record.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
}
