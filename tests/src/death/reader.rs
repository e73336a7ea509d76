//! A reader that judges every record it is given: whole, in order, and by the one who wrote it.

use region::{DynReader, Publication, Step};

use super::route::{Deed, Route, Writer};
use crate::torn::{self, Verdict};

/// A broken promise, in words.
pub(super) type Judged<T> = Result<T, String>;

/// Who wrote the records of a route.
#[derive(Clone, Copy, Debug)]
pub(super) struct Authors {
    pub(super) route: Route,
    /// The successor's record; `None`: there is none yet.
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

    /// Is `bytes` record number `sequence`, all of it and of its one author?
    pub(super) fn judge(self, bytes: &[u8], sequence: u64) -> Judged<()> {
        let author = self.of(sequence);
        match torn::judge(bytes, torn::signed(sequence, author.signature())) {
            Verdict::Whole => Ok(()),
            verdict => Err(format!("record {sequence}, of the {author:?}, is {verdict:?}")),
        }
    }
}

/// A reader, and what it was given.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) inner: DynReader,
    buffer: Vec<u8>,
    /// The newest of all that it was given; 0: nothing.
    pub(super) newest: u64,
    /// The last that it was given by `next`; 0: nothing.
    followed: u64,
}

impl Reader {
    pub(super) fn over(inner: DynReader) -> Self {
        let buffer = vec![0; inner.schema().size() as usize];
        Self { inner, buffer, newest: 0, followed: 0 }
    }

    /// Every record there is, one after the other.
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
        expect(publication.retries == 0, || "latest needed a second look".to_owned())?;
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

/// `complaint`, unless it holds.
pub(super) fn expect(holds: bool, complaint: impl FnOnce() -> String) -> Judged<()> {
    if holds { Ok(()) } else { Err(complaint()) }
}
