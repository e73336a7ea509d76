//! The public interface, tested with real files: one binary, one module per topic.

mod anonymous;
mod bare;
mod begin;
mod copies;
mod cursor;
mod events;
mod field;
mod follow;
mod hostile;
mod instances;
mod life;
mod lineage;
mod lineage_copies;
mod locked;
mod loss;
mod messages;
mod passed;
mod race;
mod retyped;
mod rights;
mod snapshot;
mod standby;
mod unattended;
mod watch;

use layout::{Record, Schema, Stu};
use region::{DynReader, DynWriter, Options};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Far beyond what a busy machine takes.
const DEADLINE: Duration = Duration::from_mins(1);

/// A directory of this test's own and the path of a region in it.
struct Place {
    dir: TempDir,
    path: PathBuf,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        // As the kernel calls it, wherever a link may lead to it.
        let path = dir.path().canonicalize().expect("a path").join("stu.region");
        Self { dir, path }
    }

    /// In memory if this machine has such a place: no disk is waited for.
    fn in_memory() -> Self {
        let Ok(dir) = tempfile::tempdir_in("/dev/shm") else { return Self::new() };
        let path = dir.path().join("stu.region");
        Self { dir, path }
    }

    fn writer(&self) -> DynWriter {
        DynWriter::open_with(&self.path, &Stu::schema(), &Options::new()).expect("a writer")
    }

    fn reader(&self) -> DynReader {
        DynReader::open(&self.path).expect("a reader")
    }

    /// A writer and a reader that check the file only when the test calls for it.
    fn both_by_hand(&self, schema: &Schema, options: &Options) -> (DynWriter, DynReader) {
        let options = options.clone().check_every(Duration::MAX);
        let writer = DynWriter::open_with(&self.path, schema, &options).expect("a writer");
        let mut reader = self.reader();
        reader.refresh_every(Duration::MAX);
        (writer, reader)
    }

    /// How many files stand in the directory.
    fn files(&self) -> usize {
        std::fs::read_dir(self.dir.path()).expect("the directory").count()
    }
}

/// The bytes of a record whose id is `id`.
fn stu(id: i32) -> [u8; 28] {
    bytemuck::cast(Stu::new(id, "xiaoming", 'm'))
}

fn id_of(record: &[u8; 28]) -> i32 {
    bytemuck::cast::<_, Stu>(*record).id
}

/// The id of the newest record, if there is one.
fn latest_id(reader: &mut DynReader) -> Option<i32> {
    let mut record = [0; 28];
    reader.latest(&mut record).expect("a whole region").map(|_| id_of(&record))
}

/// A record of another shape than `Stu`.
fn other_schema() -> Schema {
    Schema::builder("OTHER")
        .field(layout::FieldSpec::new("x", layout::Scalar::F64))
        .build()
        .expect("a schema")
}

/// Lets a writer die without closing: it is dropped by a panic, which closes its descriptor.
fn die(writer: DynWriter) {
    let died = std::thread::spawn(move || {
        let _writer = writer;
        std::panic::resume_unwind(Box::new("killed"));
    })
    .join();
    assert!(died.is_err());
}

#[track_caller]
fn wait_until(what: &str, mut ready: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !ready() {
        assert!(Instant::now() < deadline, "not within {DEADLINE:?}: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}
