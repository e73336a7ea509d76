//! First generation: the file is the struct. Nothing tells a reader that it changed meanwhile.

use crate::{Look, Seen, Write};
use bytemuck::Zeroable;
use layout::{Record, Stu};
use lessons::Failure;
use region::{BareReader, BareWriter, Options};
use std::path::Path;

pub(crate) fn write(file: &Path) -> Result<Box<dyn Write>, Failure> {
    Ok(Box::new(BareWriter::open(file, &Stu::schema(), &Options::new())?))
}

pub(crate) fn read(file: &Path) -> Result<Box<dyn Look>, Failure> {
    Ok(Box::new(BareReader::open(file, &Stu::schema())?))
}

impl Write for BareWriter {
    fn publish(&mut self, stu: &Stu) -> Result<(), Failure> {
        Ok(BareWriter::publish(self, bytemuck::bytes_of(stu))?)
    }
}

impl Look for BareReader {
    fn latest(&mut self) -> Result<Seen, Failure> {
        let mut stu = Stu::zeroed();
        BareReader::latest(self, bytemuck::bytes_of_mut(&mut stu))?;
        Ok(Seen { stu: Some(stu), retries: 0 })
    }
}
