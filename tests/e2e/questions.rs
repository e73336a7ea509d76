//! The eight questions that the tutorial asks about `mmap`, and their answers here: a named error,
//! or code that does not compile.
//!
//! | question | answer | test |
//! |---|---|---|
//! | 1. Can a fresh `O_CREAT` file be mapped? | Not while it is empty: a region is made aside, with all its bytes, before it has its name; an empty file is `TooShort` | `an_incomplete_region_is_never_visible`, `an_empty_file_is_an_error_and_stays_empty` |
//! | 2. `O_RDONLY`, then `PROT_WRITE`? | A reader has no way to write, and its mapping is `r--s`; a file that may not be written is `Io` with `PermissionDenied` | `a_file_opened_for_reading_is_mapped_for_reading`, `a_file_that_may_not_be_written_is_an_error_to_a_writer`; [`e2e::compile_fail`] |
//! | 3. The descriptor closed before the mapping is used? | The mapping stays; nobody can close ours alone | `a_mapping_needs_neither_the_name_nor_the_writers_descriptor`; [`e2e::compile_fail`] |
//! | 4. An offset of 1000? | No function takes one; a header that asks for one is `Damaged` | `an_offset_of_1000_is_a_damaged_header`; [`e2e::compile_fail`] |
//! | 5. Access out of bounds? | A buffer of another size is `WrongSize`, a header that leads outside is `Damaged`, a file cut under its readers is `Truncated`; no signal | `a_record_of_another_size_copies_no_byte`, `slots_outside_the_file_are_never_read`, `a_file_cut_under_both_sides_is_an_error_and_not_a_signal` |
//! | 6. `munmap` of a pointer that was moved? | No pointer is given out; the owner may move, the mapping is freed once | `a_moved_mapping_is_freed_once`; [`e2e::compile_fail`] |
//! | 7. When else does `mmap` fail? | No file, no regular file, no right, no memory, no room: each an error with its own kind | `every_other_failure_has_its_own_kind`, `too_little_address_space_is_an_error_of_mmap`; `bad_input::place` |
//! | 8. The result not checked? | It is no reader until it is; programs end with exit code 1 | `a_failure_reaches_the_exit_code`; [`e2e::compile_fail`] |

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::time::Duration;

use e2e::{Daemon, Place, Unprivileged, proc};
use layout::header::{END_MARK, offset};
use layout::{CType, FieldSpec, Header, Record, Scalar, Schema, Stu};
use region::{
    BareReader, BareWriter, DynReader, DynWriter, Options, Reader, RegionError,
    RegionErrorKind as Kind, Writer,
};

use crate::{consumer, producer};

/// A region with one record, and its writer.
fn publish_one(path: &Path) -> Writer<Stu> {
    let mut writer = Writer::open_with(path, &Options::new()).expect("a region");
    writer.publish(&Stu::new(10, "xiaoming", 'm')).expect("a publish");
    writer
}

fn attach(path: &Path) -> Reader<Stu> {
    Reader::open(path).expect("a region")
}

/// Changes the header of the region at `path` and its checksum.
fn change_header(path: &Path, change: impl FnOnce(&mut Header)) {
    let file = File::options().read(true).write(true).open(path).expect("a region");
    let mut bytes = [0; offset::HEADER_LEN];
    file.read_exact_at(&mut bytes, 0).expect("a header");
    let mut header = Header::decode(&bytes).expect("a header");
    change(&mut header);
    file.write_all_at(&header.encode(), 0).expect("written");
}

/// Asserts that `result` is an error for which `is` returns true.
#[track_caller]
fn refused<T>(result: Result<T, RegionError>, is: impl FnOnce(&Kind) -> bool) -> RegionError {
    let Err(error) = result else { panic!("it worked") };
    assert!(is(error.kind()), "another error: {error}");
    error
}

// 1. Can a file that open(O_CREAT) has just made be mapped?

#[test]
fn an_incomplete_region_is_never_visible() {
    let place = Place::new();
    let path = place.path("stu.region");
    std::thread::scope(|scope| {
        let creator = scope.spawn(|| {
            for _ in 0..200 {
                drop(publish_one(&path));
                fs::remove_file(&path).expect("removed");
            }
        });
        let mut attached = 0;
        while !creator.is_finished() || attached == 0 {
            match Reader::<Stu>::open(&path) {
                Ok(_) => attached += 1,
                Err(error) => assert!(error.is_not_there(), "{error}"),
            }
            if creator.is_finished() {
                drop(publish_one(&path)); // so that one attach works whatever the scheduler did
            }
        }
    });
}

#[test]
fn an_empty_file_is_an_error_and_stays_empty() {
    let place = Place::new();
    let path = place.write("stu.region", "");
    refused(Reader::<Stu>::open(&path), |kind| matches!(kind, Kind::TooShort(0)));
    let options = Options::new();
    refused(Writer::<Stu>::open_with(&path, &options), |kind| matches!(kind, Kind::TooShort(0)));
    let is_too_short =
        |kind: &Kind| matches!(kind, Kind::NotThisRecord { want: 28, count: 1, have: 0 });
    refused(BareReader::open(&path, &Stu::schema()), is_too_short);
    refused(BareWriter::open(&path, &Stu::schema(), &options), is_too_short);
    assert_eq!(fs::metadata(&path).expect("still there").len(), 0);
}

// 2. What if open says O_RDONLY and mmap PROT_READ | PROT_WRITE?

#[test]
fn a_file_opened_for_reading_is_mapped_for_reading() {
    let place = Place::new();
    let (path, bare) = (place.path("stu.region"), place.path("stu.bin"));
    drop(publish_one(&path));
    drop(BareWriter::open(&bare, &Stu::schema(), &Options::new()).expect("a bare file"));
    let _readers = (attach(&path), BareReader::open(&bare, &Stu::schema()).expect("attached"));
    for file in [&path, &bare] {
        assert_eq!(proc::mappings(std::process::id(), file), ["r--s"]);
        assert_eq!(proc::open_modes(std::process::id(), file), ["O_RDONLY"]);
    }
}

#[test]
fn a_file_that_may_not_be_written_is_an_error_to_a_writer() {
    let place = Place::new().open_to_all();
    let path = place.path("stu.region");
    drop(publish_one(&path));
    fs::set_permissions(&path, Permissions::from_mode(0o444)).expect("chmod");
    let mut command = Unprivileged::new(&producer()).command(&place);
    let mut producer = Daemon::start("producer", command.args(["--region", "./stu.region"]));
    assert_eq!(producer.exit_code(), 1);
    producer.says("./stu.region: open: Permission denied");
}

// 3. Does it matter to the mapping that the descriptor is closed first?

#[test]
fn a_mapping_needs_neither_the_name_nor_the_writers_descriptor() {
    let place = Place::new();
    let path = place.path("stu.region");
    let writer = publish_one(&path);
    let mut reader = attach(&path);
    drop(writer); // closes the writer's descriptor and mapping
    fs::remove_file(&path).expect("removed");
    let sample = reader.latest().expect("mapped still").expect("a record");
    assert_eq!(sample.record, Stu::new(10, "xiaoming", 'm'));
}

#[test]
fn closing_another_descriptor_does_not_release_the_writers_lock() {
    let place = Place::new();
    let path = place.path("stu.region");
    let _writer = publish_one(&path);
    drop(File::options().read(true).write(true).open(&path).expect("another descriptor"));
    drop(attach(&path));
    let second = Writer::<Stu>::open_with(&path, &Options::new());
    refused(second, |kind| matches!(kind, Kind::Busy { .. }));
}

// 4. What if the offset is 1000?

#[test]
fn an_offset_of_1000_is_a_damaged_header() {
    let place = Place::new();
    for change in [
        |header: &mut Header| header.slots_offset = 1000,
        |header: &mut Header| header.schema_offset = 1000,
    ] {
        let path = place.path("stu.region");
        drop(publish_one(&path));
        change_header(&path, change);
        refused(Reader::<Stu>::open(&path), |kind| matches!(kind, Kind::Damaged(_)));
        fs::remove_file(path).expect("removed");
    }
}

// 5. What does access out of bounds do?

#[test]
fn a_record_of_another_size_copies_no_byte() {
    let place = Place::new();
    let path = place.path("stu.region");
    let options = Options::new();
    let mut writer = DynWriter::open_with(&path, &Stu::schema(), &options).expect("a region");
    writer.publish(&[7; 28]).expect("a publish");
    let mut reader = DynReader::open(&path).expect("a region");
    for len in [0, 27, 29, 64, 1 << 20] {
        let is_wrong =
            |kind: &Kind| matches!(kind, Kind::WrongSize { want: 28, have } if *have == len);
        let mut record = vec![9; len];
        refused(writer.publish(&record), is_wrong);
        refused(reader.latest(&mut record), is_wrong);
        refused(reader.next(&mut record), is_wrong);
        assert!(record.iter().all(|byte| *byte == 9), "bytes were copied all the same");
    }
    let mut record = [0; 28];
    let newest = reader.latest(&mut record).expect("whole").expect("a record");
    assert_eq!((newest.sequence, record), (1, [7; 28]));
}

#[test]
fn slots_outside_the_file_are_never_read() {
    let place = Place::new();
    let path = place.path("stu.region");
    drop(publish_one(&path));
    let whole = fs::read(&path).expect("a region");
    for change in [
        |header: &mut Header| header.slots = 65_536,
        |header: &mut Header| header.slot_stride = 1 << 30,
        |header: &mut Header| header.slots_offset = u64::MAX - 63,
        |header: &mut Header| header.schema_offset = 1 << 40,
    ] {
        change_header(&path, change);
        refused(DynReader::open(&path), |kind| matches!(kind, Kind::Damaged(_)));
        fs::write(&path, &whole).expect("restored");
    }
    change_header(&path, |header| header.file_len += 64);
    refused(DynReader::open(&path), |kind| matches!(kind, Kind::Truncated { .. }));
}

#[test]
fn a_file_cut_under_both_sides_is_an_error_and_not_a_signal() {
    let place = Place::new();
    let path = place.path("stu.region");
    drop(publish_one(&path));
    let options = Options::new().check_every(Duration::MAX); // else it makes a new file
    let mut writer = Writer::<Stu>::open_with(&path, &options).expect("a writer");
    let mut reader = attach(&path);
    File::options().write(true).open(&path).expect("a region").set_len(0).expect("cut");
    let is_cut = |kind: &Kind| matches!(kind, Kind::Truncated { have: 0, .. });
    refused(reader.latest(), is_cut);
    refused(writer.publish(&Stu::new(11, "xiaoming", 'm')), is_cut);
}

// 6. Does munmap work on a pointer that was moved?

#[test]
fn a_moved_mapping_is_freed_once() {
    let place = Place::new();
    let path = place.path("stu.region");
    drop(publish_one(&path));
    let mapped = || proc::mappings(std::process::id(), &path).len();
    assert_eq!(mapped(), 0, "the writer's went with it");

    let mut readers: Vec<_> = (0..8).map(|_| Box::new(attach(&path))).collect();
    assert_eq!(mapped(), 8);
    readers.rotate_left(3);
    let moved = std::thread::spawn(move || readers.drain(2..7).map(|reader| *reader).collect());
    let mut kept: Vec<Reader<Stu>> = moved.join().expect("no panic");
    assert_eq!(mapped(), 5, "three were dropped by the thread");
    assert!(kept.iter_mut().all(|reader| reader.latest().expect("mapped").is_some()));
    drop(kept);
    assert_eq!(mapped(), 0);
}

// 7. When else does mmap fail?

#[test]
fn every_other_failure_has_its_own_kind() {
    let place = Place::new();
    let path = place.path("stu.region");
    refused(DynReader::open(&path), |kind| matches!(kind, Kind::NotThere));
    refused(DynReader::open(place.dir()), |kind| matches!(kind, Kind::NotAFile("a directory")));
    let link = place.path("link");
    symlink(&path, &link).expect("symlink");
    refused(DynReader::open(&link), |kind| matches!(kind, Kind::NotAFile("a symbolic link")));
    let device = Path::new("/dev/zero");
    refused(DynReader::open(device), |kind| matches!(kind, Kind::NotAFile(_)));
    let nowhere = place.path("none/stu.region");
    let opened = Writer::<Stu>::open_with(&nowhere, &Options::new());
    refused(opened, |kind| matches!(kind, Kind::NoDirectory));
    drop(publish_one(&path));
    let error = refused(BareReader::open(&path, &Stu::schema()), |kind| {
        matches!(kind, Kind::NotThisRecord { want: 28, .. })
    });
    assert_eq!(error.path(), path, "every error knows its file");
}

#[test]
fn too_little_address_space_is_an_error_of_mmap() {
    let place = Place::new();
    write_sparse_region(&place.path("large.region"));
    let limited = |kib: u64| {
        let mut command = consumer().command_after(&format!("ulimit -v {kib}"), &place);
        Daemon::start("consumer", command.args(["./large.region", "--once"]))
    };
    let mut consumer = limited(4 << 20); // 4 GiB for a region of 64
    assert_eq!(consumer.exit_code(), 1);
    consumer.says("./large.region: mmap: Cannot allocate memory");
    assert_eq!(consumer.err().len(), 1);
}

/// A sparse region of 64 GiB: a hole except for header, schema and end mark.
fn write_sparse_region(path: &Path) {
    let bytes = CType::array(Scalar::U8, 16 << 20).expect("16 MiB");
    let schema = Schema::builder("LARGE").field(FieldSpec::new("bytes", bytes)).build();
    let schema = schema.expect("a schema");
    let mut header = Header::plan(&schema, 4096).expect("a plan");
    let file = File::create(path).expect("created");
    (header.lineage, header.first_lineage) = (1, 1);
    header.inode = file.metadata().expect("a file").ino();
    file.set_len(header.file_len).expect("a hole");
    file.write_all_at(&header.encode(), 0).expect("written");
    file.write_all_at(&schema.encode(), header.schema_offset).expect("written");
    file.write_all_at(&END_MARK.to_le_bytes(), header.end_mark_offset()).expect("written");
}

// 8. What if the result of mmap is not checked?

#[test]
fn a_failure_reaches_the_exit_code() {
    let place = Place::new();
    place.write("text.region", "no region");
    for (argument, code) in [("./text.region", 1), ("./none.region", 3), ("--unchecked", 2)] {
        let mut consumer = consumer().start(&place, &format!("{argument} --once"));
        assert_eq!(consumer.exit_code(), code, "{argument}: {:?}", consumer.err());
        assert!(consumer.out().is_empty(), "nothing is printed as if it were a record");
    }
}
