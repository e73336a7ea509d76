//! A record whose fields are known at run time only, here from the command line.
//!
//! ```text
//!   cargo run --example dynamic -- NAME x:f64:m y:f64:m label:char[8]
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use mapcast::dynamic::{CType, FieldSpec, Reader, RecordBuf, Schema, Value, Writer};
use std::error::Error;
use std::sync::Arc;

/// `NAME:TYPE` or `NAME:TYPE:UNIT`.
fn field(text: &str) -> Result<FieldSpec, Box<dyn Error>> {
    let mut parts = text.split(':');
    let name = parts.next().unwrap_or_default();
    let ctype: CType = parts.next().ok_or("a field is NAME:TYPE or NAME:TYPE:UNIT")?.parse()?;
    Ok(FieldSpec::new(name, ctype).unit(parts.next().unwrap_or_default()))
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let at = arguments.next().ok_or("which region? give a name or path, then fields")?;
    let fields = arguments.map(|text| field(&text)).collect::<Result<Vec<_>, _>>()?;
    let schema = Schema::builder("POINT").fields(fields).build()?;

    let mut writer = Writer::open(&at, &schema)?;
    let mut record = RecordBuf::new(Arc::new(schema));
    for index in 0..record.schema().fields().len() {
        let is_text = record.schema().fields()[index].ctype().is_text();
        record.set(index, &if is_text { Value::from("dock") } else { Value::F64(1.5) })?;
    }
    writer.publish(record.bytes())?;

    let mut reader = Reader::open(&at)?;
    let mut record = RecordBuf::new(reader.schema().clone());
    reader.latest(record.bytes_mut())?.ok_or("nothing was published")?;
    println!("{}", record.view().line());
    Ok(())
}
