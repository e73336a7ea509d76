//! `mmap-sync`: two copies of the record in files, and a word that says which is current.
//!
//! A reader sees the record in place and counts itself in the state file meanwhile.
//!
//! # Safety
//! One operation: the library's `read`, which trusts the files.
#![allow(unsafe_code)]

use crate::Failure;
use crate::library::{Channel, Library, Publish, Read, Work};
use crate::record::Payload;
use ::mmap_sync::synchronizer::Synchronizer;
use std::time::Duration;

/// How long a write waits for readers of the copy that it replaces: as in the library's example.
const GRACE: Duration = Duration::from_secs(1);

/// The files.
#[derive(Debug)]
pub(crate) struct Files;

/// Either end.
pub(crate) struct End(Synchronizer);

impl Library for Files {
    const NAME: &'static str = "mmap-sync";
    const WORKS: &'static [Work] = &[Work::Publish, Work::Latest, Work::Contended, Work::Spinning];
    type Writer<R: Payload> = End;
    type Reader<R: Payload> = End;

    fn writer<R: Payload>(channel: &Channel) -> Result<End, Failure> {
        let mut end = End(Synchronizer::new(channel.file("mmap-sync").as_os_str()));
        // A reader refuses files without a record.
        end.publish(&R::numbered(0))?;
        Ok(end)
    }

    fn reader<R: Payload>(channel: &Channel) -> Result<End, Failure> {
        Ok(End(Synchronizer::new(channel.file("mmap-sync").as_os_str())))
    }
}

impl<R: Payload> Publish<R> for End {
    #[inline(always)]
    fn publish(&mut self, record: &R) -> Result<(), Failure> {
        // The record is its own archive: nothing has to be serialized.
        self.0.write_raw::<R>(bytemuck::bytes_of(record), GRACE)?;
        Ok(())
    }
}

impl<R: Payload> Read<R> for End {
    #[inline(always)]
    fn latest<T>(&mut self, see: impl FnOnce(&R) -> T) -> Result<Option<T>, Failure> {
        // SAFETY: the files are this measurement's own and hold archives of `R`, which is its own
        // archived form and valid with any bytes.
        let found = unsafe { self.0.read::<R>(false) };
        Ok(Some(see(&*found?)))
    }
}
