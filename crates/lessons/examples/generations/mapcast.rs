//! Third generation: mapcast. The newest complete record is never the one that is being written.

use crate::{Look, Seen};
use layout::Stu;
use lessons::Failure;
use region::{Options, Reader, Writer};
use std::path::Path;

pub(crate) fn write(file: &Path) -> Result<Box<dyn crate::Write>, Failure> {
    // No reader sleeps here, so none needs a wake.
    Ok(Box::new(Writer::<Stu>::open_with(file, &Options::new().wake(false))?))
}

pub(crate) fn read(file: &Path) -> Result<Box<dyn Look>, Failure> {
    Ok(Box::new(Reader::<Stu>::open(file)?))
}

impl crate::Write for Writer<Stu> {
    fn publish(&mut self, stu: &Stu) -> Result<(), Failure> {
        Writer::publish(self, stu)?;
        Ok(())
    }
}

impl Look for Reader<Stu> {
    fn latest(&mut self) -> Result<Seen, Failure> {
        let before = self.retries();
        let sample = Reader::latest(self)?;
        Ok(Seen { stu: sample.map(|sample| sample.record), retries: self.retries() - before })
    }
}
