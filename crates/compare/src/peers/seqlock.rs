//! `seqlock`: one cell within one process.

use crate::Failure;
use crate::library::{Channel, Library, Publish, Read, Work};
use crate::record::Payload;
use ::seqlock::SeqLock;
use std::sync::Arc;

/// A cell that both ends share.
#[derive(Debug)]
pub(crate) struct Cell;

/// Either end.
pub(crate) struct End<R>(Arc<SeqLock<R>>);

const ONE_PROCESS: &str = "works within one process only";

impl Library for Cell {
    const NAME: &'static str = "seqlock (one process)";
    const WORKS: &'static [Work] = &[Work::Publish, Work::Latest];
    type Writer<R: Payload> = End<R>;
    type Reader<R: Payload> = End<R>;

    fn writer<R: Payload>(_: &Channel) -> Result<End<R>, Failure> {
        Err(ONE_PROCESS.into())
    }

    fn reader<R: Payload>(_: &Channel) -> Result<End<R>, Failure> {
        Err(ONE_PROCESS.into())
    }

    fn both<R: Payload>(_: &Channel) -> Result<(End<R>, End<R>), Failure> {
        let cell = Arc::new(SeqLock::new(R::numbered(0)));
        Ok((End(Arc::clone(&cell)), End(cell)))
    }
}

impl<R: Payload> Publish<R> for End<R> {
    #[inline(always)]
    fn publish(&mut self, record: &R) -> Result<(), Failure> {
        *self.0.lock_write() = *record;
        Ok(())
    }
}

impl<R: Payload> Read<R> for End<R> {
    #[inline(always)]
    fn latest<T>(&mut self, see: impl FnOnce(&R) -> T) -> Result<Option<T>, Failure> {
        Ok(Some(see(&self.0.read())))
    }
}
