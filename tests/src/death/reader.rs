//! A reader that checks every record: whole, in order, and by the right writer.

use region::{DynReader, Publication, Step};

use super::route::{Deed, Route, Writer};
use crate::torn::{self, Verdict};

/// A violated guarantee, as a message.
pub(super) type Judged<T> = Result<T, String>;

/// The authors of the records of a route.
#[derive(Clone, Copy, Debug)]
pub(super) struct Authors {
    pub(super) route: Route,
    /// The number of the successor's record, if there is one yet.
    pub(super) successors: Option<u64>,
}

impl Authors {
    fn of(self, sequence: u64) -> Writer {
        let before = sequence <= self.route.newest_before();
        match self.route.deed {
            _ if self.successors == Some(sequence) => Writer::Successor,
            Deed::TakeOver(_) | Deed::Replace if before => Writer::Former,
            _ => Writer::Doomed,
        }
    }

    /// Checks that `bytes` is record number `sequence`, whole and by its author.
    pub(super) fn judge(self, bytes: &[u8], sequence: u64) -> Judged<()> {
        let author = self.of(sequence);
        match torn::judge(bytes, torn::signed(sequence, author.signature())) {
            Verdict::Whole => Ok(()),
            verdict => Err(format!("record {sequence}, of the {author:?}, is {verdict:?}")),
        }
    }
}

/// A reader and the numbers it has read.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) inner: DynReader,
    buffer: Vec<u8>,
    /// The newest number that it has read; 0 before the first.
    pub(super) newest: u64,
    /// The last number that `next` returned; 0 before the first.
    followed: u64,
}

impl Reader {
    pub(super) fn over(inner: DynReader) -> Self {
        let buffer = vec![0; inner.schema().size() as usize];
        Self { inner, buffer, newest: 0, followed: 0 }
    }

    /// Reads all records in order.
    pub(super) fn follow(&mut self, authors: Authors) -> Judged<()> {
        loop {
            match self.inner.next(&mut self.buffer).map_err(|err| err.to_string())? {
                Step::Record(publication) => {
                    let (sequence, last) = (publication.sequence, self.followed);
                    let in_order = last == 0 || sequence == last + 1;
                    expect(in_order, || format!("record {sequence} follows {last}"))?;
                    self.followed = sequence;
                    self.given(publication, authors)?;
                }
                Step::Pending => return Ok(()),
                Step::Missed(missed) => return Err(format!("{missed} records were missed")),
            }
        }
    }

    /// The newest record; 0 if there is none.
    pub(super) fn latest(&mut self, authors: Authors) -> Judged<u64> {
        let latest = self.inner.latest(&mut self.buffer).map_err(|err| err.to_string())?;
        let Some(publication) = latest else { return Ok(0) };
        expect(self.inner.retries() == 0, || "latest needed a second attempt".to_owned())?;
        expect(publication.sequence >= self.newest, || {
            format!("latest went back to {} from {}", publication.sequence, self.newest)
        })?;
        self.given(publication, authors)?;
        Ok(publication.sequence)
    }

    fn given(&mut self, publication: Publication, authors: Authors) -> Judged<()> {
        self.newest = self.newest.max(publication.sequence);
        authors.judge(&self.buffer, publication.sequence)
    }
}

/// Returns `complaint` as an error unless `holds`.
pub(super) fn expect(holds: bool, complaint: impl FnOnce() -> String) -> Judged<()> {
    if holds { Ok(()) } else { Err(complaint()) }
}
