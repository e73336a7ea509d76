//! Snapshots: copies of a region that hold one record, whole, and are regions themselves.

use super::*;
use layout::header::{Header, offset};
use region::{Origin, Refreshed, RegionErrorKind as Kind, State, Why};
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, symlink};
use std::path::Path;

impl Place {
    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}

fn publish(writer: &mut DynWriter, ids: impl IntoIterator<Item = i32>) {
    for id in ids {
        writer.publish(&stu(id)).expect("published");
    }
}

fn mode(path: &Path) -> u32 {
    path.metadata().expect("a file").mode() & 0o7777
}

#[track_caller]
fn refusal(reader: &mut DynReader, path: &Path) -> String {
    let err = reader.snapshot(path).expect_err("in the way");
    assert!(matches!(err.kind(), Kind::InTheWay(_) | Kind::NotAFile(_)), "{err}");
    err.to_string()
}

#[test]
fn a_snapshot_is_the_newest_record_with_its_name_and_time_and_closed() {
    let place = Place::new();
    let copy = place.file("copy");
    drop(place.writer());
    let mut writer = place.writer();
    publish(&mut writer, 1..=20);
    let mut reader = place.reader();
    let taken = reader.snapshot(&copy).expect("a snapshot").expect("a record");
    assert_eq!((taken.sequence, taken.lineage()), (20, writer.lineage()));
    writer.publish(&stu(21)).expect("published");

    let mut snapshot = DynReader::open(&copy).expect("a region");
    let mut record = [0; 28];
    let found = snapshot.latest(&mut record).expect("whole").expect("a record");
    assert_eq!((found, id_of(&record)), (taken, 20));
    assert_eq!(snapshot.schema(), reader.schema());
    assert_eq!((snapshot.epoch(), snapshot.lineage()), (2, writer.lineage()));
    assert_eq!((snapshot.state(), reader.state()), (State::Closed, State::Live));
    assert_eq!(snapshot.writer_pid(), u64::from(std::process::id()));
    let (there, here) = (snapshot.wall_time(&found), reader.wall_time(&found));
    let apart = there.duration_since(here).unwrap_or_else(|err| err.duration());
    assert!(apart < Duration::from_secs(1), "the wall clock of the same moment: {apart:?}");
    assert!(matches!(snapshot.next(&mut record), Ok(region::Step::Record(next)) if next == taken));
    assert!(matches!(snapshot.next(&mut record), Ok(region::Step::Pending)));
    assert_eq!(place.files(), 2);
}

#[test]
fn a_writer_continues_a_snapshot_in_a_lineage_of_its_own() {
    let place = Place::new();
    let copy = place.file("copy");
    let mut writer = place.writer();
    publish(&mut writer, 1..=5);
    place.reader().snapshot(&copy).expect("a snapshot");
    let mut next = DynWriter::open_with(&copy, &Stu::schema(), &Options::new()).expect("a writer");
    let copied = Origin::Replaced(Why::Copied);
    assert_eq!((next.origin(), next.epoch(), next.sequence()), (&copied, 2, 5));
    assert!(next.lineage() > writer.lineage());
    assert_eq!(latest_id(&mut DynReader::open(&copy).expect("a region")), Some(5));
    assert_eq!(next.publish(&stu(6)).expect("published"), 6);
    assert_eq!(latest_id(&mut DynReader::open(&copy).expect("a region")), Some(6));
}

#[test]
fn before_the_first_record_there_is_no_snapshot_and_no_file() {
    let place = Place::new();
    let _writer = place.writer();
    assert_eq!(place.reader().snapshot(place.file("copy")).expect("no error"), None);
    assert_eq!(place.files(), 1);
}

#[test]
fn an_earlier_snapshot_is_replaced_in_one_step_and_its_readers_find_the_new_one() {
    let place = Place::new();
    let copy = place.file("copy");
    let mut writer = place.writer();
    writer.publish(&stu(1)).expect("published");
    let mut reader = place.reader();
    reader.snapshot(&copy).expect("a snapshot");
    let mut of_copy = DynReader::open(&copy).expect("a region");
    writer.publish(&stu(2)).expect("published");
    reader.snapshot(&copy).expect("a snapshot");
    assert_eq!(latest_id(&mut of_copy), Some(1), "the old one is as it was");
    assert_eq!(of_copy.refresh().expect("a region"), Refreshed::Reattached);
    assert_eq!(latest_id(&mut of_copy), Some(2));
    assert_eq!(place.files(), 2);
}

#[test]
fn only_a_region_without_a_lock_is_replaced() {
    let place = Place::new();
    let mut writer = place.writer();
    writer.publish(&stu(1)).expect("published");
    let mut reader = place.reader();
    let [letter, link, dir, other] =
        ["letter", "link", "dir", "other"].map(|name| place.file(name));
    fs::write(&letter, "a letter").expect("written");
    symlink(&letter, &link).expect("a link");
    fs::create_dir(&dir).expect("a directory");
    let mut busy = DynWriter::open_with(&other, &Stu::schema(), &Options::new()).expect("a writer");

    assert!(refusal(&mut reader, &letter).contains("is a file that is not a region"));
    assert!(refusal(&mut reader, &link).contains("is a symbolic link"));
    assert!(refusal(&mut reader, &dir).contains("is a directory"));
    assert!(refusal(&mut reader, &other).contains("is a region that another process holds"));
    let own = refusal(&mut reader, &place.path);
    assert!(own.contains("is the region itself, which a snapshot does not replace"), "{own}");

    assert_eq!(fs::read_to_string(&letter).expect("text"), "a letter");
    busy.publish(&stu(7)).expect("published");
    assert_eq!(latest_id(&mut DynReader::open(&other).expect("a region")), Some(7));
    assert_eq!(place.files(), 5, "and nothing is left behind");
}

#[test]
fn a_snapshot_grants_no_access_that_its_region_does_not() {
    let place = Place::new();
    let mut writer = place.writer();
    writer.publish(&stu(1)).expect("published");
    let mut reader = place.reader();
    let copy = place.file("copy");
    // The umask, which is the test's own, may take away more.
    for (given, most) in [(0o640, 0o640), (0o600, 0o600), (0o444, 0o644), (0o6755, 0o644)] {
        fs::set_permissions(&place.path, Permissions::from_mode(given)).expect("chmod");
        reader.snapshot(&copy).expect("a snapshot");
        let found = mode(&copy);
        assert!(found & !most == 0 && found & 0o600 == 0o600, "of {given:o}: {found:o}");
    }
    fs::set_permissions(&place.path, Permissions::from_mode(0o644)).expect("chmod");
    fs::remove_file(&place.path).expect("a region without a name");
    reader.snapshot(&copy).expect("a snapshot");
    assert_eq!(mode(&copy), 0o600);
}

#[test]
#[allow(clippy::print_stderr, reason = "says what an ordinary user cannot try")]
fn a_snapshot_has_the_group_of_its_region_or_no_group_may_read_it() {
    let place = Place::new();
    let mut writer = place.writer();
    writer.publish(&stu(1)).expect("published");
    if std::os::unix::fs::chown(&place.path, None, Some(12345)).is_err() {
        eprintln!("not tried: only root can give a file to a strange group");
        return;
    }
    fs::set_permissions(&place.path, Permissions::from_mode(0o640)).expect("chmod");
    let copy = place.file("copy");
    place.reader().snapshot(&copy).expect("a snapshot");
    assert_eq!((copy.metadata().expect("a file").gid(), mode(&copy) & 0o007), (12345, 0));
}

#[test]
fn a_region_that_claims_more_slots_than_its_file_has_room_for_gets_a_small_snapshot() {
    let place = Place::new();
    let schema = large_schema();
    let mut writer = DynWriter::open_with(&place.path, &schema, &Options::new()).expect("a writer");
    writer.publish(&vec![7; 1 << 20]).expect("published");
    drop(writer);
    claim_slots(&place.path, &schema, 1 << 14);
    let copy = place.file("copy");
    let taken = place.reader().snapshot(&copy).expect("a snapshot").expect("a record");
    assert_eq!(taken.sequence, 1);
    assert!(copy.metadata().expect("a file").len() <= 65 << 20);
    let mut record = vec![0; 1 << 20];
    DynReader::open(&copy).expect("a region").latest(&mut record).expect("whole");
    assert!(record.iter().all(|&byte| byte == 7));
}

/// A record of 1 MiB.
fn large_schema() -> Schema {
    let bytes = layout::CType::array(layout::Scalar::U8, 1 << 20).expect("an array");
    Schema::builder("LARGE").field(layout::FieldSpec::new("a", bytes)).build().expect("a schema")
}

/// Makes the region a sparse one of so many slots.
fn claim_slots(path: &Path, schema: &Schema, slots: u32) {
    let file = File::options().read(true).write(true).open(path).expect("a region");
    let mut bytes = [0; offset::HEADER_LEN];
    file.read_exact_at(&mut bytes, 0).expect("a header");
    let old = Header::decode(&bytes).expect("a header");
    let plan = Header::plan(schema, slots).expect("possible");
    let header =
        Header { file_len: plan.file_len, slots, schema_offset: plan.schema_offset, ..old };
    file.set_len(header.file_len).expect("sparse");
    file.write_all_at(&header.encode(), 0).expect("written");
    file.write_all_at(&schema.encode(), header.schema_offset).expect("written");
    let mark = layout::header::END_MARK.to_le_bytes();
    file.write_all_at(&mark, header.end_mark_offset()).expect("written");
}
