//! A file of any content, opened by a writer: by its path, or as a descriptor.

use std::fs::File;
use std::path::Path;

use layout::{Record, Stu};
use region::{DynReader, DynWriter, Options, RegionError, RegionErrorKind as Kind};

use crate::image::{self, Image};

pub(super) fn run(input: &[u8]) {
    let Some(image) = Image::of(input) else { return };
    let passed = image.script.first().is_some_and(|step| step & 1 == 1);
    let slots = if image.script.first().is_some_and(|step| step & 2 == 2) { 8 } else { 4 };
    let options = Options::new().slots(slots);
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("a.region");
    let file = File::create_new(&path).expect("a new file");
    image.write_to(&file);
    let schema = Stu::schema();
    let opened = if passed {
        let file = File::options().read(true).write(true).open(&path).expect("open");
        DynWriter::open_file(file, &path, &schema, &options)
    } else {
        DynWriter::open_with(&path, &schema, &options)
    };
    match opened {
        Ok(writer) => publish(writer, &path),
        Err(error) => assert_refusal(&error, passed),
    }
}

/// A writer that could open a region has a region, whatever was there before.
fn publish(mut writer: DynWriter, path: &Path) {
    let before = writer.sequence();
    for id in 1..=3 {
        let sequence = writer.publish(bytemuck::bytes_of(&Stu::new(id, "a", 'm')));
        let id = u64::try_from(id).expect("small");
        assert_eq!(sequence.expect("published"), before + id);
    }
    let mut reader = DynReader::open(path).expect("what a writer publishes to can be read");
    let mut record = [0; size_of::<Stu>()];
    let publication = reader.latest(&mut record).expect("read").expect("published");
    assert_eq!((publication.sequence, publication.lineage()), (before + 3, writer.lineage()));
    assert_eq!(record, bytemuck::bytes_of(&Stu::new(3, "a", 'm')));
    writer.heartbeat().expect("a sign of life");
    writer.check().expect("a look at its file");
}

/// What a writer may say of a file that is not its own.
fn assert_refusal(error: &RegionError, passed: bool) {
    assert!(super::is_harmless(&error.to_string()), "{error}");
    match error.kind() {
        Kind::NotARegion
        | Kind::TooShort(_)
        | Kind::UnsupportedVersion(_)
        | Kind::UnsupportedFeatures(_) => {}
        Kind::CannotReplace(_) => assert!(passed, "{error}"),
        Kind::Io { call, .. } => {
            assert_eq!(*call, "mmap", "larger than anything that can be mapped");
        }
        kind => panic!("{kind:?}"),
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    [0, 1, 2, 3].into_iter().flat_map(|step| image::seeds(&[step])).collect()
}
