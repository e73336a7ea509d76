//! Regions in passed descriptors: of a supervisor that passes one file to a writer and to readers,
//! or of a service manager that keeps a memfd between two writers.

use super::*;
use region::{FileStatus, Origin, Refreshed, RegionErrorKind as Kind, State};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};
use std::fs::File;
use std::io::Write;
use std::path::Path;

/// Its name in messages.
const LABEL: &str = "fd:region";

fn memfd() -> File {
    memfd_create("test", MemfdFlags::CLOEXEC).expect("a memfd").into()
}

/// The same open file description, as a child inherits it.
fn inherited(file: &File) -> File {
    file.try_clone().expect("dup")
}

fn open(file: &File) -> Result<DynWriter, region::RegionError> {
    DynWriter::open_file(inherited(file), Path::new(LABEL), &Stu::schema(), &Options::new())
}

fn attach(file: &File) -> DynReader {
    DynReader::open_file(file, Path::new(LABEL)).expect("a reader")
}

fn open_memfd(kept: Option<&File>, schema: &Schema) -> DynWriter {
    let kept = kept.map(inherited);
    DynWriter::open_memfd(kept, Path::new(LABEL), schema, &Options::new()).expect("a writer")
}

#[test]
fn an_empty_descriptor_is_filled_and_resumed_by_the_next_writer() {
    let place = Place::new();
    let named = File::options().read(true).write(true).create_new(true).open(&place.path).unwrap();
    for file in [memfd(), named] {
        let mut writer = open(&file).unwrap();
        assert_eq!(*writer.origin(), Origin::Created);
        writer.publish(&stu(1)).unwrap();
        drop(writer);
        let mut reader = attach(&file);
        assert_eq!((latest_id(&mut reader), reader.state()), (Some(1), State::Closed));

        let mut writer = open(&file).unwrap();
        assert_eq!((writer.origin(), writer.epoch()), (&Origin::Resumed, 2));
        assert_eq!(writer.publish(&stu(2)).unwrap(), 2);
        assert_eq!((latest_id(&mut reader), reader.state()), (Some(2), State::Live));
        assert_eq!(reader.refresh().unwrap(), Refreshed::Same);
        assert_eq!(reader.path(), Path::new(LABEL));
    }
    assert_eq!(place.files(), 1, "nothing was made beside it");
}

#[test]
fn a_descriptor_sealed_against_writing_or_growing_is_refused() {
    let sealed = |len: u64, seals| {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let file = File::from(memfd_create("test", flags).unwrap());
        ftruncate(&file, len).unwrap();
        fcntl_add_seals(&file, seals).unwrap();
        file
    };
    let whole = layout::Header::plan(&Stu::schema(), 8).unwrap().file_len;
    for (len, seals, against) in [
        (0, SealFlags::WRITE, "writing"),
        (0, SealFlags::FUTURE_WRITE, "writing"),
        (whole, SealFlags::WRITE | SealFlags::SHRINK, "writing"),
        (whole, SealFlags::FUTURE_WRITE, "writing"),
        (0, SealFlags::GROW, "growing"),
    ] {
        let file = sealed(len, seals);
        let err = open(&file).unwrap_err();
        assert!(matches!(err.kind(), Kind::Sealed(what) if *what == against), "{seals:?}: {err}");
        let text = format!("{LABEL}: is sealed against {against}");
        assert_eq!(err.to_string(), text);
        assert_eq!(file.metadata().unwrap().len(), len, "it is as it was");
    }
    // One that has its length already need not grow.
    for seals in [SealFlags::GROW, SealFlags::SHRINK, SealFlags::SEAL] {
        assert_eq!(*open(&sealed(whole, seals)).unwrap().origin(), Origin::Created, "{seals:?}");
    }
    // A reader asks for nothing of it.
    let file = sealed(0, SealFlags::empty());
    drop(open(&file).unwrap());
    fcntl_add_seals(&file, SealFlags::GROW | SealFlags::SHRINK | SealFlags::WRITE).unwrap();
    assert_eq!(attach(&file).state(), State::Closed);
}

#[test]
fn a_descriptor_of_huge_pages_is_refused() {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::HUGETLB;
    let Ok(file) = memfd_create("test", flags) else { return };
    let err = open(&File::from(file)).unwrap_err();
    assert!(matches!(err.kind(), Kind::UnfitFileSystem { .. }), "{err}");
}

#[test]
fn an_unfilled_descriptor_is_not_a_region_yet() {
    let file = memfd();
    let early = || DynReader::open_file(&file, Path::new(LABEL)).unwrap_err();
    assert!(early().is_not_there());
    // A writer that was killed while it filled the file: room, but no magic number yet.
    let done = memfd();
    drop(open(&done).unwrap());
    file.set_len(done.metadata().unwrap().len()).unwrap();
    assert!(early().is_not_there());
    let writer = open(&file).unwrap();
    assert_eq!((writer.origin(), attach(&file).state()), (&Origin::Created, State::Live));
}

#[test]
fn the_writers_lock_does_not_belong_to_other_holders_of_the_descriptor() {
    let file = memfd();
    let writer = open(&file).unwrap();
    // Through the very open file description that the writer was given.
    assert_eq!(attach(&file).state(), State::Live);
    assert!(matches!(open(&file).unwrap_err().kind(), Kind::Busy { .. }));
    let reader = attach(&file);
    die(writer);
    assert_eq!(reader.state(), State::Dead, "though the descriptor is still open here");
    assert_eq!(open(&file).unwrap().epoch(), 2);
}

#[test]
fn a_descriptor_passed_with_its_lock_can_be_published_to() {
    let place = Place::new();
    drop(place.writer());
    let open_path = || File::options().read(true).write(true).open(&place.path).unwrap();
    let file = open_path();
    let whole = nix::libc::flock {
        l_type: i16::try_from(nix::libc::F_WRLCK).unwrap(),
        l_whence: 0,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    nix::fcntl::fcntl(&file, nix::fcntl::FcntlArg::F_OFD_SETLK(&whole)).unwrap();
    let writer = open(&file).unwrap();
    assert_eq!(writer.epoch(), 2);
    assert_eq!(attach(&file).state(), State::Live, "to one who was passed the same descriptor");
    drop(writer);
    assert!(matches!(open(&open_path()).unwrap_err().kind(), Kind::Busy { .. }));
}

#[test]
fn a_reader_maps_a_writable_descriptor_without_the_right_to_write() {
    let place = Place::new();
    let mut options = File::options();
    let file = options.read(true).write(true).create_new(true).open(&place.path).unwrap();
    drop(open(&file).unwrap());
    let _reader = attach(&file);
    let name = place.path.to_str().unwrap();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let rights: Vec<&str> = maps
        .lines()
        .filter(|line| line.ends_with(name))
        .filter_map(|line| line.split_whitespace().nth(1))
        .collect();
    assert_eq!(rights, ["r--s"]);
}

#[test]
fn a_descriptor_with_too_few_rights_is_refused() {
    let place = Place::new();
    drop(place.writer());
    let read_only = File::open(&place.path).unwrap();
    let err = open(&read_only).unwrap_err();
    assert!(matches!(err.kind(), Kind::WrongAccess("reading and writing")), "{err}");
    assert_eq!(attach(&read_only).state(), State::Closed);
    let write_only = File::options().write(true).open(&place.path).unwrap();
    let err = DynReader::open_file(&write_only, Path::new(LABEL)).unwrap_err();
    assert_eq!(err.to_string(), "fd:region: is not open for reading");
    let (pipe, _writer) = std::io::pipe().unwrap();
    let pipe = File::from(std::os::fd::OwnedFd::from(pipe));
    assert!(matches!(open(&pipe).unwrap_err().kind(), Kind::NotAFile("a named pipe")));
}

#[test]
fn other_content_of_a_passed_descriptor_is_left_unchanged() {
    let file = memfd();
    drop(open(&file).unwrap());
    let other =
        DynWriter::open_file(inherited(&file), Path::new(LABEL), &other_schema(), &Options::new());
    let err = other.unwrap_err();
    assert_eq!(
        err.to_string(),
        "fd:region: the old one holds another record, and a region that was passed as a descriptor \
         cannot be replaced"
    );
    assert_eq!(open(&file).unwrap().epoch(), 2, "it goes on for its own record");

    let mut letter = memfd();
    letter.write_all(b"somebody's letter").unwrap();
    assert!(matches!(open(&letter).unwrap_err().kind(), Kind::TooShort(17)));
    let zeros = memfd();
    zeros.set_len(100).unwrap();
    assert!(matches!(open(&zeros).unwrap_err().kind(), Kind::NotARegion), "of another length");
}

#[test]
fn a_passed_region_keeps_its_shape_and_reports_a_cut() {
    let file = memfd();
    let mut writer = open(&file).unwrap();
    let err = writer.change(&other_schema(), &Options::new()).unwrap_err();
    assert!(matches!(err.kind(), Kind::CannotReplace(_)), "{err}");
    writer.change(&Stu::schema(), &Options::new().mode(0o600)).unwrap();
    assert_eq!(writer.check().unwrap(), FileStatus::Named);
    file.set_len(0).unwrap();
    assert!(writer.publish(&stu(1)).unwrap_err().is_truncated());
    assert_eq!(writer.check().unwrap(), FileStatus::Truncated);
    assert!(matches!(writer.recreate().unwrap_err().kind(), Kind::CannotReplace(_)));
}

#[test]
fn a_kept_memfd_is_resumed_or_replaced_by_a_new_one() {
    let mut writer = open_memfd(None, &Stu::schema());
    let store = writer.share().unwrap();
    let mut reader = attach(&store);
    writer.publish(&stu(1)).unwrap();
    die(writer);
    assert_eq!((latest_id(&mut reader), reader.state()), (Some(1), State::Dead));

    let mut writer = open_memfd(Some(&store), &Stu::schema());
    assert_eq!((writer.epoch(), writer.publish(&stu(2)).unwrap()), (2, 2));
    assert_eq!((latest_id(&mut reader), reader.state()), (Some(2), State::Live));
    drop(writer);

    // Another record, at the start or while it runs: the old region is retired.
    let mut writer = open_memfd(Some(&store), &other_schema());
    assert_eq!((writer.epoch(), writer.sequence()), (3, 2));
    assert_eq!(reader.state(), State::Retired);
    let second = attach(&writer.share().unwrap());
    assert_eq!((second.schema().name(), second.state()), ("OTHER", State::Live));
    writer.change(&Stu::schema(), &Options::new()).unwrap();
    assert_eq!((second.state(), writer.epoch()), (State::Retired, 4));
    let mut third = attach(&writer.share().unwrap());
    assert_eq!((writer.publish(&stu(3)).unwrap(), latest_id(&mut third)), (3, Some(3)));
}

#[test]
fn a_kept_memfd_that_was_damaged_is_replaced() {
    let file = memfd();
    drop(open(&file).unwrap());
    std::os::unix::fs::FileExt::write_all_at(&file, &[0xff; 8], 0x20).unwrap();
    assert!(matches!(open(&file).unwrap_err().kind(), Kind::CannotReplace(_)));
    assert!(matches!(open_memfd(Some(&file), &Stu::schema()).origin(), Origin::Replaced(_)));
}
