//! A source: a region that a test writes, of a number and bytes that follow from it.

use std::time::{Duration, Instant};

use layout::{CType, FieldSpec, Scalar, Schema, SchemaBuilder};
use region::DynWriter;

use crate::net::Host;

/// A number, and so many bytes behind it.
pub(crate) fn schema(bytes: u32) -> Schema {
    let bytes: CType = format!("u8[{bytes}]").parse().expect("a type");
    let fields = [FieldSpec::new("number", Scalar::U64), FieldSpec::new("bytes", bytes)];
    let builder = fields.into_iter().fold(Schema::builder("NUMBER"), SchemaBuilder::field);
    builder.build().expect("a schema")
}

/// The record of this number.
pub(crate) fn record(number: u64, size: usize) -> Vec<u8> {
    let mut record = vec![number.to_le_bytes()[0]; size];
    record[..8].copy_from_slice(&number.to_le_bytes());
    record
}

/// The number of a record.
///
/// # Panics
/// If it is none that [`record`] makes: torn, or of somebody else.
#[track_caller]
pub(crate) fn number_of(bytes: &[u8]) -> u64 {
    let number = u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes"));
    assert!(bytes[8..].iter().all(|byte| *byte == number.to_le_bytes()[0]), "torn: {number}");
    number
}

pub(crate) struct Source {
    writer: DynWriter,
    size: usize,
    /// The number of the newest record.
    pub(crate) number: u64,
    /// The longest time that a publish took.
    pub(crate) slowest: Duration,
}

impl Source {
    /// The source `name` on this host; the region continues if it is there.
    pub(crate) fn new(host: &Host, name: &str, bytes: u32) -> Self {
        let schema = schema(bytes);
        let writer = DynWriter::open(host.region(name), &schema).expect("a writer");
        Self { writer, size: schema.size() as usize, number: 0, slowest: Duration::ZERO }
    }

    /// The same, whose next number is behind `number`.
    pub(crate) fn after(number: u64, host: &Host, name: &str, bytes: u32) -> Self {
        Self { number, ..Self::new(host, name, bytes) }
    }

    pub(crate) fn publish(&mut self) {
        self.number += 1;
        let record = record(self.number, self.size);
        let start = Instant::now();
        self.writer.publish(&record).expect("published");
        self.slowest = self.slowest.max(start.elapsed());
    }

    pub(crate) fn publish_for(&mut self, time: Duration, every: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.publish();
            std::thread::sleep(every);
        }
    }
}
