//! A file of any content, read as a region of instances; and changed while it is read.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use layout::RecordView;
use region::{DynInstanceReader, Instance, InstanceChange, Step};

use crate::changing::Changing;
use crate::image::{self, Image};

/// More instances take longer than an input may.
const MOST: usize = 1 << 10;

pub(super) fn run(input: &[u8]) {
    let Some(image) = Image::of(input) else { return };
    let changing = Changing::of(&image);
    let reader = match DynInstanceReader::open_file(changing.file, Path::new("fuzz")) {
        Ok(reader) => reader,
        Err(error) => {
            assert!(super::is_harmless(&error.to_string()), "{error}");
            return;
        }
    };
    if reader.max() > MOST {
        return;
    }
    let record = vec![0; reader.schema().size() as usize];
    let mut stage = Stage { changing, reader, record, newest: HashMap::new() };
    let mut script = image.script.iter().copied();
    while let Some(step) = script.next() {
        stage.take(step, &mut script);
    }
    if image.script.is_empty() {
        (0..8).for_each(|_| stage.next());
        stage.all();
    }
}

/// A reader, and the file that changes under it.
struct Stage {
    changing: Changing,
    reader: DynInstanceReader,
    record: Vec<u8>,
    /// The newest number that `next` has given of each.
    newest: HashMap<Instance, u64>,
}

impl Stage {
    fn take(&mut self, step: u8, script: &mut impl Iterator<Item = u8>) {
        match step & 7 {
            0 => self.latest(),
            1 => self.next(),
            2 => self.all(),
            3 => self.changing.poke(script),
            4 => self.changing.cut(script),
            5 => self.changing.grow(),
            6 => drop(self.reader.wait(Duration::from_micros(1))),
            _ => (0..8).for_each(|_| self.next()),
        }
    }

    /// Names are what a writer could have given.
    fn all(&mut self) {
        for (instance, name) in self.reader.all() {
            assert!((1..=64).contains(&name.len()) && super::is_harmless(&name), "{name:?}");
            drop(self.reader.wait_for(instance, Duration::ZERO));
        }
        let found = self.reader.all().next();
        assert_eq!(found.is_some(), self.reader.all().count() > 0);
    }

    fn latest(&mut self) {
        let schema = self.reader.schema().clone();
        let looked = self.reader.latest_all(&mut self.record, |name, publication, record| {
            assert!(super::is_harmless(name));
            assert_ne!(publication.sequence, 0);
            let view = RecordView::new(&schema, record).expect("the schema's size");
            if record.len() < 1 << 16 {
                assert!(super::is_harmless(&view.line().to_string()));
            }
        });
        if let Err(error) = looked {
            assert!(super::is_harmless(&error.to_string()), "{error}");
        }
    }

    /// The numbers of an instance rise until it is retired.
    fn next(&mut self) {
        let event = match self.reader.next(&mut self.record) {
            Ok(Step::Record(event)) => event,
            Ok(Step::Missed(missed)) => return assert_ne!(missed, 0),
            _ => return,
        };
        assert!(super::is_harmless(&event.name));
        match event.what {
            InstanceChange::Record(publication) => {
                let before = self.newest.insert(event.instance, publication.sequence);
                assert!(before.is_none_or(|before| before < publication.sequence), "went back");
            }
            InstanceChange::Missed(missed) => assert_ne!(missed, 0),
            InstanceChange::Retired => drop(self.newest.remove(&event.instance)),
            _ => {}
        }
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let script = [7, 0, 2, 1, 3, 0x28, 0, 130, 7, 0, 2, 4, 128, 0, 1, 5, 1, 0, 2, 6];
    let mut seeds = image::instance_seeds(&[]);
    seeds.extend(image::instance_seeds(&script));
    seeds
}
