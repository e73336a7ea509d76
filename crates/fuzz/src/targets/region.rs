//! A file of any content, read as a region; and changed while it is read.

use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use layout::header::{Header, offset};
use layout::{MAX_RECORD, RecordView};
use region::{DynReader, Publication, Step};

use crate::changing::Changing;
use crate::image::{self, Image};

pub(super) fn run(input: &[u8]) {
    let Some(image) = Image::of(input) else { return };
    let changing = Changing::of(&image);
    let reader = match DynReader::open_file(changing.file, Path::new("fuzz")) {
        Ok(reader) => reader,
        Err(error) => {
            assert!(super::is_harmless(&error.to_string()), "{error}");
            return;
        }
    };
    let schema = reader.schema();
    assert!((1..=MAX_RECORD).contains(&schema.size()));
    let record = vec![0; schema.size() as usize];
    // One input in sixteen, whatever else is in it.
    let is_patient = input.len().is_multiple_of(16);
    let newest = (0, 0);
    let mut stage = Stage { changing, reader, record, newest, is_patient };
    let mut script = image.script.iter().copied();
    while let Some(step) = script.next() {
        stage.take(step, &mut script);
    }
    if image.script.is_empty() {
        stage.latest();
        stage.next();
    }
}

/// A reader, and the file that changes under it.
struct Stage {
    changing: Changing,
    reader: DynReader,
    record: Vec<u8>,
    /// The newest number that `latest` and `next` have given.
    newest: (u64, u64),
    /// Thousands of attempts are made at a record that never holds still, which takes a hundred
    /// times as long as all the rest: this input may have one such look.
    is_patient: bool,
}

impl Stage {
    fn take(&mut self, step: u8, script: &mut impl Iterator<Item = u8>) {
        match step & 7 {
            0 => self.latest(),
            1 => self.next(),
            2 => self.ask(),
            3 => self.changing.poke(script),
            4 => self.changing.cut(script),
            5 => self.changing.grow(),
            6 => drop(self.reader.wait(Duration::from_micros(1))),
            _ => (0..8).for_each(|_| self.next()),
        }
    }

    fn latest(&mut self) {
        if !self.is_settled() && !std::mem::take(&mut self.is_patient) {
            return;
        }
        if let Ok(Some(publication)) = self.reader.latest(&mut self.record) {
            assert!(publication.sequence >= self.newest.0, "latest went back");
            self.newest.0 = publication.sequence;
            self.look(&publication);
        }
    }

    /// Does head name a complete slot, or one that was never used?
    fn is_settled(&self) -> bool {
        let mut bytes = [0; offset::HEAD + 8];
        let word =
            |bytes: &[u8]| bytes.last_chunk::<8>().map_or(0, |word| u64::from_le_bytes(*word));
        if self.changing.file.read_exact_at(&mut bytes, 0).is_err() {
            return false;
        }
        let (head, Ok(header)) = (word(&bytes), Header::decode(&bytes)) else { return false };
        let slot = u32::try_from(head % u64::from(header.slots)).expect("below the slots");
        let mut stamp = [0; 8];
        let read = self.changing.file.read_exact_at(&mut stamp, header.slot_offset(slot));
        read.is_ok() && [0, head.wrapping_mul(2)].contains(&word(&stamp))
    }

    fn next(&mut self) {
        match self.reader.next(&mut self.record) {
            Ok(Step::Record(publication)) => {
                assert!(publication.sequence > self.newest.1, "next went back");
                self.newest.1 = publication.sequence;
                self.look(&publication);
            }
            Ok(Step::Missed(missed)) => assert_ne!(missed, 0),
            _ => {}
        }
    }

    /// A record is bytes like any other by now.
    fn look(&self, publication: &Publication) {
        let view = RecordView::new(self.reader.schema(), &self.record).expect("the schema's size");
        if self.record.len() < 1 << 16 {
            assert!(super::is_harmless(&view.line().to_string()));
        }
        let _ = (self.reader.age(publication), self.reader.wall_time(publication));
    }

    fn ask(&mut self) {
        let reader = &mut self.reader;
        let _ = (reader.state(), reader.epoch(), reader.writer_pid(), reader.period());
        let _ = (reader.heartbeat().elapsed(), reader.refresh());
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let head = [0x28, 0, 130];
    let cut = [4, 128, 0, 1, 5, 1, 0];
    let script = [&[0, 1, 1, 2, 6, 3][..], &head, &[0, 7, 2], &cut].concat();
    let mut seeds = image::seeds(&[]);
    seeds.extend(image::seeds(&script));
    seeds
}
